import { isUnknown, knownValue } from '../../../../base/known.ts';
import type { HostConsole, HostUse } from '../../../../facts/host-use.ts';
import { mayHaveInterfaces } from '../../network-view.ts';
import type { SafetyDevice } from '../../safety-fields.ts';
import {
  firstUnknown,
  listSome,
  type Observation,
  type SafetyRule,
  unknownFinding,
} from '../../safety-rule.ts';

export const console: SafetyRule = {
  name: 'console',
  title: 'a console of the host is on it',
  severity: 'refuses',
  meaning:
    'A framebuffer of it shows the text console, or a terminal of it is a kernel console: a serial port, a virtio console (`hvc0`), an interface of netconsole, a port of the kernel debugger (`kgdboc=`) or of early messages (`earlyprintk=`). It counts if this is so now, or from the next boot by `console=` on the kernel command line. The administrator can then no longer use that console.',
  remedy: 'free the console first, or accept it: --allow console',
  find: (device, view) => {
    const { address, class: deviceClass } = device;
    const { framebuffers, framebufferConsole, consoles } = view.host.use;
    const shown = (knownValue(framebuffers) ?? []).filter(
      (each) => each.function === address && mayShowConsole(device, view.host.use),
    );
    const all = knownValue(consoles) ?? [];
    const own = all.filter((each) => each.function === address);
    const observations: Observation[] = [];
    const screens = framebufferConsole === true ? shown : [];
    if (screens.length + own.length > 0) {
      observations.push({
        message: `has a console of the host: ${listSome([...screens, ...own].map(({ name }) => name))}`,
        evidence: [
          ...screens.map(({ name }) => `the text console is on framebuffers, and ${name} is one`),
          ...own.map(evidenceOf),
        ],
        remedy: [...(screens.length > 0 ? [SCREEN_REMEDY] : []), ...own.map(remedyOf)].join('; '),
      });
    }
    const code = knownValue(deviceClass)?.code ?? '';
    const unsure = own.length === 0 ? all.filter((each) => mayBeOn(each, device)) : [];
    if (unsure.length > 0) {
      const names = listSome(unsure.map(({ name }) => name));
      observations.push({
        message: `cannot be checked: the device of the console ${names} is unknown`,
        evidence: unsure.map(evidenceOf),
        remedy: unsure.map(remedyOf).join('; '),
        isUnknown: true,
      });
    }
    const unknown =
      (shown.length > 0 ? firstUnknown(framebufferConsole) : undefined) ??
      (code.startsWith('03') ? firstUnknown(framebuffers) : undefined) ??
      (mayHaveConsole(device) ? firstUnknown(consoles) : undefined);
    if (unknown !== undefined) observations.push(unknownFinding('consoles of the host', unknown));
    return observations;
  },
};

const SCREEN_REMEDY = 'unbind the console of the screen: echo 0 > /sys/class/vtconsole/vtcon1/bind';

/**
 * Whether the text console can be on its framebuffers. The kernel puts it on that of the boot display, or on the
 * first one, unless an argument selects another.
 */
function mayShowConsole(
  { address, bootVga }: SafetyDevice,
  { framebuffers, framebufferMap }: HostUse,
): boolean {
  const first = (knownValue(framebuffers) ?? []).find(({ name }) => name === 'fb0');
  const isElsewhere = first !== undefined && first.function !== address;
  return !isElsewhere || knownValue(bootVga) === true || isUnknown(bootVga) || framebufferMap !== null;
}

/** The kernel does not report which virtio console `hvc0` is, and through which card a bridge sends. */
function mayBeOn({ name, source, function: on }: HostConsole, device: SafetyDevice): boolean {
  if (on !== null || device.driver === null) return false;
  const code = knownValue(device.class)?.code ?? '';
  if (source === 'netconsole') return mayHaveInterfaces(device);
  if (source === 'early') return /^(0c03|$)/.test(code);
  const isVirtio = (knownValue(device.driver) ?? 'virtio').startsWith('virtio');
  return /^hvc\d/.test(name) && isVirtio && /^(0780|$)/.test(code);
}

/**
 * Controllers of serial ports, of USB, functions with serial ports of the board, and functions that netconsole can
 * send through.
 */
function mayHaveConsole(device: SafetyDevice): boolean {
  return mayHaveInterfaces(device) || /^(07|0c03|0c80|1180)/.test(knownValue(device.class)?.code ?? '');
}

const EVIDENCE: Readonly<Record<HostConsole['source'], (name: string) => string>> = {
  active: (name) => `/sys/class/tty/console/active: ${name}`,
  'command line': (name) => `kernel command line: console=${name}`,
  netconsole: (name) => `netconsole sends through ${name}`,
  debugger: (name) => `kgdboc: the kernel debugger uses ${name}`,
  early: (name) => `kernel command line: earlyprintk=${name},…,keep`,
};

function evidenceOf({ name, source }: HostConsole): string {
  return EVIDENCE[source](name);
}

function remedyOf({ name, source }: HostConsole): string {
  if (source === 'netconsole') {
    return `unload netconsole (modprobe -r netconsole), and remove it from the kernel command line if it is there`;
  }
  if (source === 'debugger') {
    return `echo > /sys/module/kgdboc/parameters/kgdboc, and remove kgdboc= from the kernel command line if it is there`;
  }
  const word = source === 'early' ? `earlyprintk=${name}` : `console=${name}`;
  return `remove ${word} from the kernel command line and reboot, or accept it: --allow console`;
}
