import { parseXml } from '../../../lib/libvirt/xml/xml-document.ts';
import { childOf, childrenOf, childText, type XmlElement } from '../../../lib/libvirt/xml/xml-element.ts';

// A definition of libvirt as the facts that a guest or a user notices: a line for each device and each setting. Names, paths,
// UUIDs, MAC and PCI addresses are not in them, because two programs choose different ones.

/** The facts of a domain, sorted; the same fact can be there several times. */
export function factsOf(text: string): readonly string[] {
  const { root } = parseXml(text, 'domain');
  return [...settingsOf(root), ...devicesOf(root)].sort();
}

/** The facts that only one of two lists has: those that are missing in ours, and those that only ours has. */
export function factDifferences(ours: readonly string[], theirs: readonly string[]): readonly string[] {
  const without = (some: readonly string[], others: readonly string[]): readonly string[] => {
    const left = [...others];
    return some.filter((fact) => {
      const at = left.indexOf(fact);
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
  };
  return [
    ...without(theirs, ours).map((fact) => `virt-install: ${fact}`),
    ...without(ours, theirs).map((fact) => `portal: ${fact}`),
  ];
}

const attribute = (element: XmlElement | undefined, name: string): string | undefined =>
  element?.attributes.get(name);
const within = (element: XmlElement, child: string, name: string): string | undefined =>
  attribute(childOf(element, child), name);
const words = (...parts: readonly (string | false | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== false && part !== '').join(' ');
const childrenIn = (parent: XmlElement, section: string): readonly XmlElement[] =>
  childOf(parent, section)?.children ?? [];

function settingsOf(root: XmlElement): readonly string[] {
  const os = childOf(root, 'os');
  const cpu = childOf(root, 'cpu');
  const topology = cpu === undefined ? undefined : childOf(cpu, 'topology');
  const kernel = os === undefined ? undefined : childText(os, 'kernel');
  const [sockets, cores, threads] = ['sockets', 'cores', 'threads'].map((name) => attribute(topology, name));
  const clock = childOf(root, 'clock');
  return [
    `memory of ${Number(childText(root, 'memory')) / 1024} MiB`,
    `${childText(root, 'vcpu')} virtual CPUs`,
    `machine type ${(os === undefined ? undefined : within(os, 'type', 'machine'))?.replace(/^pc-i440fx.*/, 'i440fx')}`,
    kernel === undefined
      ? `firmware ${attribute(os, 'firmware') === 'efi' ? 'UEFI' : 'BIOS'}`
      : `kernel started directly: ${os && childText(os, 'cmdline')}`,
    ...(os === undefined || childOf(os, 'bios') === undefined ? [] : ['firmware on the serial port']),
    `CPU ${words(attribute(cpu, 'mode'), cpu && childText(cpu, 'model'))}`,
    ...(cpu === undefined
      ? []
      : childrenOf(cpu, 'feature').map(
          (feature) => `CPU feature ${attribute(feature, 'name')} ${attribute(feature, 'policy')}`,
        )),
    ...(topology === undefined
      ? []
      : [`CPU topology ${sockets} sockets, ${cores} cores, ${threads} threads`]),
    ...childrenIn(root, 'cputune').map((pin) =>
      words(pin.name, attribute(pin, 'vcpu'), 'on', attribute(pin, 'cpuset')),
    ),
    ...childrenIn(root, 'memoryBacking').map((part) =>
      words(
        'memory',
        part.name,
        ...[part, ...part.children].flatMap((each) => [...each.attributes.values()]),
      ),
    ),
    ...childrenIn(root, 'features')
      .filter(({ name }) => name !== 'acpi' && name !== 'apic')
      .map(({ name }) => `feature ${name}`),
    `clock ${attribute(clock, 'offset')}`,
    ...(clock?.children ?? []).map((timer) => words('timer', ...timer.attributes.values())),
    ...childrenIn(root, 'pm').map(({ name }) => `no ${name}`),
    ...bootOf(root, os, kernel),
    `on reboot ${childText(root, 'on_reboot') ?? 'restart'}`,
    `on crash ${childText(root, 'on_crash') ?? 'destroy'}`,
  ];
}

/** The kinds of device that firmware tries. */
function bootOf(root: XmlElement, os: XmlElement | undefined, kernel: string | undefined): readonly string[] {
  if (kernel !== undefined) return [];
  const KINDS: Readonly<Record<string, string>> = { hd: 'disk', network: 'network', cdrom: 'CD-ROM' };
  const legacy = os === undefined ? [] : childrenOf(os, 'boot').map((each) => attribute(each, 'dev') ?? '');
  const devices = childrenIn(root, 'devices').filter((device) => childOf(device, 'boot') !== undefined);
  const ordered = devices.map((device) =>
    device.name === 'interface' ? 'network' : attribute(device, 'device') === 'cdrom' ? 'cdrom' : 'hd',
  );
  return [...new Set([...legacy, ...ordered])].map((kind) => `starts from ${KINDS[kind] ?? kind}`);
}

function devicesOf(root: XmlElement): readonly string[] {
  return childrenIn(root, 'devices').flatMap((device) => factsOfDevice(device));
}

function factsOfDevice(device: XmlElement): readonly string[] {
  const { name, attributes } = device;
  const type = attributes.get('type');
  const model = attributes.get('model');
  switch (name) {
    case 'emulator':
      return [];
    case 'disk':
      return diskFacts(device);
    case 'interface': {
      const network = within(device, 'source', type === 'bridge' ? 'bridge' : 'network');
      return [words('network card', within(device, 'model', 'type'), 'on', type, network)];
    }
    case 'controller':
      if (type === 'pci') return model === 'pcie-root' || model === 'pcie-root-port' ? [] : [`PCI ${model}`];
      if (type === 'usb' && model === 'none') return [];
      // The chipset of q35 has the first SATA controller, and libvirt adds that of channels.
      return type === 'sata' || type === 'virtio-serial' ? [] : [`controller ${type} ${model}`];
    case 'serial':
    // A console without a target is the first serial port.
    case 'console':
      return [`serial port: ${type === 'unix' ? 'a socket, with a log' : 'a terminal of libvirt'}`];
    case 'filesystem': {
      const driver = within(device, 'driver', 'type') ?? '9p';
      const mode = childOf(device, 'readonly') === undefined ? 'rw' : 'ro';
      return [
        `share ${driver} ${mode}`,
        ...(driver === '9p' ? [`share with accessmode ${attributes.get('accessmode')}`] : []),
      ];
    }
    case 'hostdev':
      return [
        words(`device of the host, ${type}, managed ${attributes.get('managed')}`),
        ...(within(device, 'rom', 'bar') === 'off' ? ['device of the host without its option ROM'] : []),
      ];
    case 'tpm':
      return [words('TPM', model, within(device, 'backend', 'type'))];
    case 'video':
      return [`display ${within(device, 'model', 'type')}`];
    case 'graphics':
      return [`graphics ${type}`];
    case 'channel':
      return [`channel ${within(device, 'target', 'name')}`];
    case 'rng':
      return [`random numbers from ${childText(device, 'backend')}`];
    case 'watchdog':
      return [`watchdog ${model} ${attributes.get('action')}`];
    case 'memballoon':
      return model === 'none' ? [] : [`memory balloon ${model}`];
    case 'vsock':
      return ['vsock'];
    default:
      return [words(name, type, model, attributes.get('bus'))];
  }
}

function diskFacts(disk: XmlElement): readonly string[] {
  const driver = childOf(disk, 'driver');
  const isCdrom = attribute(disk, 'device') === 'cdrom';
  const kind = attribute(disk, 'type') === 'block' ? 'block device' : attribute(driver, 'type');
  const bus = within(disk, 'target', 'bus');
  return [
    words(isCdrom ? 'CD-ROM' : 'disk', kind ?? 'empty', 'on', bus),
    ...['cache', 'io', 'discard'].flatMap((name) => {
      const value = attribute(driver, name);
      return value === undefined ? [] : [`disk with ${name} ${value}`];
    }),
    ...(childOf(disk, 'readonly') !== undefined && !isCdrom ? ['disk read-only'] : []),
  ];
}
