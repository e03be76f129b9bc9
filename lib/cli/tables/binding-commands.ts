import { type Command, defineCommand } from '../grammar/command.ts';
import { READING_OPTIONS } from '../reading-options.ts';
import { CHANGING_OPTIONS } from './changing-options.ts';

const DEVICES = {
  devices: {
    describe:
      'Address (03:00.0, or 03:00 for the card), or another selector, as for pci list; several add up',
    array: true,
    completes: 'selector',
  },
} as const;

/** The commands of `pci` that move devices between drivers, now and at each boot. */
export const BINDING_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'bind',
    summary: 'Give devices, with their IOMMU groups, to vfio-pci',
    description:
      'Moves devices from the drivers of the host to vfio-pci, so that they can be given to a VM, and with each device the members of its IOMMU group that a driver of the host holds; ports and bridges stay. The plan is shown first. It is made by driver_override and drivers_probe, for each address alone; each step is verified, and where one fails all are undone. It lasts until the next boot, or with --persist over all boots: a device is then found again by its place, ids and serial number, and no other is bound in its stead.',
    positionals: DEVICES,
    options: {
      persist: {
        describe: 'Bind them at each boot too, before a driver of the host has them',
        type: 'boolean',
      },
      driver: {
        describe:
          'The driver for the devices that are named; vfio-pci, or the one of its kind for the device, by default',
        type: 'string',
        valueName: 'NAME',
        suggestions: ['vfio-pci'],
        completes: 'driver',
      },
      ...CHANGING_OPTIONS,
      ...READING_OPTIONS,
    },
    examples: [
      ['pci bind 03:00.0 --dry-run', 'what would be done, and to whom'],
      ['sudo pci bind 03:00.0', 'do it, once it is confirmed'],
      ['sudo pci bind 03:00.0 --persist', 'and at each boot'],
      ['pci bind netdev=enp3s0f0 --script > bind.sh', 'as a shell script'],
      ['pci bind 01:00.0 --host galaxy.snapshot --dry-run', 'what it would be on a captured host'],
    ],
    load: async () => (await import('../commands/bind.ts')).runBind,
  }),
  defineCommand({
    name: 'unbind',
    summary: 'Give devices, with their IOMMU groups, back to the host',
    description:
      'Moves devices from vfio-pci back to the drivers that they had before pci bind, and the members of their IOMMU groups with them; where that is not known, to the driver that the kernel finds. What pci bind --persist wrote down is bound again at the next boot, unless --persist is given here too.',
    positionals: DEVICES,
    options: {
      persist: { describe: 'And bind them at no boot any more', type: 'boolean' },
      ...CHANGING_OPTIONS,
      ...READING_OPTIONS,
    },
    examples: [
      ['sudo pci unbind 03:00.0', 'back to the host'],
      ['sudo pci unbind 03:00.0 --persist', 'for good'],
      ['pci unbind driver=vfio-pci --dry-run', 'what would be given back'],
    ],
    load: async () => (await import('../commands/bind.ts')).runUnbind,
  }),
  defineCommand({
    name: 'bindings',
    summary: 'List what is bound at each boot, and whether it is so now',
    description:
      'Lists the devices that pci bind --persist wrote down, each found again by what it is and not by its address: in force, not in force, moved, replaced, gone. With --restore it binds those that are known for sure and are not on their driver, as a service does at each boot; the others are said, and left. With --forget it strikes out bindings, also of devices that are gone.',
    positionals: {},
    options: {
      check: { describe: 'Exit with 1 where anything is not as it was written down', type: 'boolean' },
      restore: { describe: 'Bind what is not in force', type: 'boolean' },
      forget: {
        describe:
          'Strike out the binding that is listed with ADDRESS; its device stays as it is until the next boot',
        type: 'string',
        valueName: 'ADDRESS',
        array: true,
        completes: 'binding',
      },
      ...CHANGING_OPTIONS,
      ...READING_OPTIONS,
    },
    examples: [
      ['pci bindings', 'what is persisted, in force, or drifted'],
      ['pci bindings --check', 'for a script: 1 where something drifted'],
      ['sudo pci bindings --restore', 'put in force what is not'],
      ['sudo pci bindings --forget 03:00.0', 'no more at the next boot'],
    ],
    load: async () => (await import('../commands/bindings.ts')).runBindings,
  }),
  defineCommand({
    name: 'apply',
    summary: 'Bring the host to what a policy file says',
    description:
      'Brings devices to drivers, and physical functions to virtual ones, as a file in YAML says; what it does not speak of is left as it is. Devices are named by selectors, or by what they are: serial number, MAC, place. All is one plan, which is shown first, and undone where a step fails; what is said of virtual functions that are not there yet makes a second one. With --check nothing is changed, and a difference exits with 1.',
    positionals: {
      policy: { describe: 'A file, as docs/reference/policy.md describes it', completes: 'file' },
    },
    options: {
      check: { describe: 'Show what is different, and exit with 1 where anything is', type: 'boolean' },
      ...CHANGING_OPTIONS,
      ...READING_OPTIONS,
    },
    examples: [
      ['pci apply host.yaml --check', 'is the host as the file says?'],
      ['sudo pci apply host.yaml', 'make it so, once it is confirmed'],
      ['pci apply host.yaml --host galaxy.snapshot --dry-run', 'what it would be on a captured host'],
    ],
    load: async () => (await import('../commands/apply.ts')).runApply,
  }),
];
