import type { YamlFault } from '../../base/yaml-form.ts';
import { provisionFaults } from '../provision/module-table.ts';
import type { MachineDefinition } from './machine-definition.ts';

type Check = (definition: MachineDefinition) => readonly YamlFault[];

const MIN_MEMORY_BYTES = 32 * 2 ** 20;
const HUGE_PAGE_BYTES = 2 * 2 ** 20;

/** The faults of values that are valid on their own but not together. */
export function checkDefinition(definition: MachineDefinition): readonly YamlFault[] {
  return CHECKS.flatMap((check) => check(definition));
}

const CHECKS: readonly Check[] = [
  checkBoot,
  checkConsoleArguments,
  checkCpus,
  checkMemory,
  checkRoot,
  checkDisks,
  checkNics,
  checkPci,
  checkShares,
  checkAfter,
  checkConsoles,
  checkArchitecture,
  provisionFaults,
];

function checkBoot({ firmware, boot, os, disks, nics }: MachineDefinition): readonly YamlFault[] {
  const kernel = boot.kernel ?? boot.profile;
  const faults: YamlFault[] = [];
  if (boot.kernel !== null && boot.profile !== null) {
    faults.push(fault(['boot', 'kernel'], 'cannot be used with "profile"', 'remove one of them'));
  }
  if (firmware === 'none' && kernel === null) {
    faults.push(
      fault(
        ['firmware'],
        'cannot be none: the machine has no kernel to start directly',
        'add "boot: { profile: minivm }" or a kernel, or use firmware bios or uefi',
      ),
    );
  }
  if (
    firmware !== 'none' &&
    kernel === null &&
    os.root === null &&
    !disks.some(({ source }) => source !== null) &&
    !nics.some((nic) => nic.boot)
  ) {
    faults.push(
      fault(
        ['firmware'],
        `has nothing to start with ${firmware}: no disk has content, and no network card has "boot"`,
        'name a root image (os: { root: image:NAME }), or an installer (disks: [{ name: cd, source: …, cdrom: true }])',
      ),
    );
  }
  if (boot.initrd !== null && kernel === null) {
    faults.push(fault(['boot', 'initrd'], 'is not used without a kernel', 'add "kernel", or remove it'));
  }
  if (boot.arguments !== '' && kernel === null) {
    faults.push(
      fault(
        ['boot', 'arguments'],
        'are not used without a kernel: the boot loader of the disk has its own',
        'add "kernel", or remove them',
      ),
    );
  }
  return faults;
}

/** Reports consoles in the kernel arguments that the machine does not have. */
function checkConsoleArguments({ boot, architecture }: MachineDefinition): readonly YamlFault[] {
  const wanted = architecture === 'x86_64' ? 'ttyS0' : 'ttyAMA0';
  return boot.arguments
    .split(/\s+/)
    .filter((word) => word.startsWith('console='))
    .flatMap((word) => {
      const device = word.slice('console='.length).replace(/,.*/, '');
      if (/^(tty\d*|ttyS\d+|ttyAMA\d+|hvc\d+)$/.test(device)) {
        const isOther = /^tty(S|AMA)\d+$/.test(device) && device !== wanted;
        if (!isOther) return [];
        return [
          fault(
            ['boot', 'arguments'],
            `"${word}" is not the console of this machine: its first serial port is ${wanted} on ${architecture}`,
            `write console=${wanted}, or omit it: it is added`,
          ),
        ];
      }
      return [
        fault(
          ['boot', 'arguments'],
          `"${word}" names no console of Linux: the kernel would print nothing`,
          `write console=${wanted}, or omit it: it is added`,
        ),
      ];
    });
}

function checkCpus({ cpus: { count, pin, topology } }: MachineDefinition): readonly YamlFault[] {
  const faults: YamlFault[] = [];
  if (pin.length > 0 && pin.length !== count) {
    faults.push(
      fault(
        ['cpus', 'pin'],
        `names ${pin.length} CPUs of the host for ${count} virtual CPUs`,
        'name one for each virtual CPU',
      ),
    );
  }
  if (topology === null) return faults;
  const { sockets, cores, threads } = topology;
  const product = sockets * cores * threads;
  if (product !== count) {
    faults.push(
      fault(
        ['cpus'],
        `has ${count} virtual CPUs, and ${sockets} sockets with ${cores} cores of ${threads} threads are ${product}`,
        'change "count", or "sockets", "cores" and "threads"',
      ),
    );
  }
  return faults;
}

function checkMemory({ memory }: MachineDefinition): readonly YamlFault[] {
  if (memory.sizeBytes < MIN_MEMORY_BYTES) {
    return [fault(['memory'], 'is too small to boot Linux', 'use at least 32MiB')];
  }
  if (memory.hugePages && memory.sizeBytes % HUGE_PAGE_BYTES !== 0) {
    return [fault(['memory', 'size'], 'is not a multiple of 2MiB, the size of a huge page', 'round it up')];
  }
  return [];
}

function checkRoot({ os }: MachineDefinition): readonly YamlFault[] {
  if (os.root !== null) return [];
  const unused = os.ephemeral ? 'ephemeral' : os.rootBytes === null ? null : 'size';
  return unused === null
    ? []
    : [fault(['os', unused], 'is not used without "root"', 'name a root image: root: image:NAME')];
}

function checkDisks({ disks }: MachineDefinition): readonly YamlFault[] {
  return disks.flatMap(({ name, sizeBytes, source, cdrom }, index) => {
    const path = ['disks', index];
    return [
      ...(name === 'root'
        ? [fault([...path, 'name'], 'is the name of the root disk', 'use another name')]
        : []),
      ...repeated(disks, index, 'name', path),
      ...((sizeBytes === null) === (source === null)
        ? [fault(path, 'needs either "size" for a new disk or "source" for a file')]
        : []),
      ...(cdrom && source === null ? [fault([...path, 'cdrom'], 'needs "source": an ISO image')] : []),
    ];
  });
}

function checkNics({ nics, firmware, boot }: MachineDefinition): readonly YamlFault[] {
  const isDirect = firmware === 'none' || boot.kernel !== null || boot.profile !== null;
  return nics.flatMap(({ network, bridge, mac, boot: boots }, index) => [
    ...(boots && isDirect
      ? [
          fault(
            ['nics', index, 'boot'],
            'is not used: the kernel is started directly',
            'remove it, or remove the kernel and use firmware bios or uefi',
          ),
        ]
      : []),
    ...(network !== null && bridge !== null
      ? [fault(['nics', index, 'bridge'], 'cannot be used with "network"', 'remove one of them')]
      : []),
    ...(mac === null ? [] : repeated(nics, index, 'mac', ['nics', index])),
  ]);
}

function checkPci({ pci }: MachineDefinition): readonly YamlFault[] {
  return pci.flatMap(({ selector, identity }, index) => {
    const path = ['pci', index];
    if ((selector === null) !== (identity === null)) return [];
    return [
      fault(
        path,
        selector === null ? 'names no device' : 'has both a selector and parts of an identity',
        'use "select" with a selector of pci, or parts of an identity such as "id" and "serial"',
      ),
    ];
  });
}

function checkShares({ shares }: MachineDefinition): readonly YamlFault[] {
  return shares.flatMap((_, index) => repeated(shares, index, 'name', ['shares', index]));
}

function checkConsoles({ consoles, name }: MachineDefinition): readonly YamlFault[] {
  return consoles.flatMap(({ of }, index): readonly YamlFault[] => {
    if (of === name) return [fault(['consoles', index, 'of'], 'is the machine itself', 'remove it')];
    const first = consoles.findIndex((each) => each.of === of);
    return first === index
      ? []
      : [fault(['consoles', index, 'of'], `is the same as consoles[${first}]`, 'remove one of them')];
  });
}

function checkAfter({ after, name }: MachineDefinition): readonly YamlFault[] {
  const index = after.indexOf(name);
  return index < 0 ? [] : [fault(['after', index], 'is the machine itself', 'remove it')];
}

function checkArchitecture({ architecture, firmware, tpm, nested }: MachineDefinition): readonly YamlFault[] {
  if (architecture === 'x86_64') return [];
  return [
    ...(firmware === 'bios'
      ? [fault(['firmware'], `is not available on ${architecture}`, 'use uefi or none')]
      : []),
    ...(tpm ? [fault(['tpm'], `is not supported on ${architecture}`, 'remove it')] : []),
    ...(nested ? [fault(['nested'], `is not supported on ${architecture}`, 'remove it')] : []),
  ];
}

/** Parts of a list that have the value of an earlier part: the later one is the fault. */
function repeated<Part, Key extends keyof Part & string>(
  parts: readonly Part[],
  index: number,
  key: Key,
  path: readonly PropertyKey[],
): readonly YamlFault[] {
  const value = parts[index]?.[key];
  const first = parts.findIndex((part) => part[key] === value);
  return first === index
    ? []
    : [
        fault(
          [...path, key],
          `"${value}" is already used by entry ${first + 1} of the list`,
          'use another one',
        ),
      ];
}

function fault(path: readonly PropertyKey[], message: string, hint?: string): YamlFault {
  return { path, message, hint };
}
