import { type Command, defineCommand } from '../grammar/command.ts';
import { READING_OPTIONS } from '../reading-options.ts';
import { CHANGING_OPTIONS } from './changing-options.ts';
import { FORMAT_OPTION } from './format-option.ts';
import { INPUT_FILE } from './input-file.ts';

const DEVICES = {
  devices: {
    describe:
      'Address (03:00.0, or 03:00 for the card), or another selector, as in pci list; several are combined',
    array: true,
    completes: 'selector',
  },
} as const;

const CHECK = { describe: 'Exit with 1 if anything differs from the record', type: 'boolean' } as const;

/** The commands of `pci` that change the drivers of devices, now and at each boot. */
export const BINDING_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'bind',
    summary: 'Bind devices and their IOMMU groups to vfio-pci',
    description:
      'Move devices from host drivers to vfio-pci, so that they can be assigned to a VM. Members of the same IOMMU group that have a host driver move too; ports and bridges stay. The plan is shown first. Devices are bound with driver_override and drivers_probe, one address at a time. Each step is verified, and if one fails, all steps are undone. The binding lasts until the next boot. With --persist it is restored at each boot: the device is found again by path, ids and serial number, and no other device is bound in its place.',
    positionals: DEVICES,
    options: {
      persist: {
        describe: 'Bind at each boot too, before a host driver claims the device',
        type: 'boolean',
      },
      driver: {
        describe:
          'Driver for the named devices; default: vfio-pci, or the VFIO variant driver for the device',
        type: 'string',
        valueName: 'NAME',
        suggestions: ['vfio-pci'],
        completes: 'driver',
      },
      ...CHANGING_OPTIONS,
      ...READING_OPTIONS,
    },
    examples: [
      ['pci bind 03:00.0 --dry-run', 'show the plan only'],
      ['sudo pci bind 03:00.0', 'show the plan, ask, and apply it'],
      ['sudo pci bind 03:00.0 --persist', 'at each boot too'],
      ['pci bind netdev=enp3s0f0 --script > bind.sh', 'write the plan as a shell script'],
      ['pci bind 01:00.0 --host galaxy.snapshot --dry-run', 'plan for a captured host'],
    ],
    load: async () => (await import('../commands/change/bind.ts')).runBind,
  }),
  defineCommand({
    name: 'unbind',
    summary: 'Return devices and their IOMMU groups to the host',
    description:
      'Move devices, and the members of their IOMMU groups, from vfio-pci back to the drivers that they had before pci bind. If the earlier driver is not known, the kernel chooses one. A binding made with pci bind --persist is restored at the next boot, unless you give --persist here too.',
    positionals: DEVICES,
    options: {
      persist: { describe: 'Also stop binding them at boot', type: 'boolean' },
      ...CHANGING_OPTIONS,
      ...READING_OPTIONS,
    },
    examples: [
      ['sudo pci unbind 03:00.0', 'return one device and its group'],
      ['sudo pci unbind 03:00.0 --persist', 'and do not bind it at boot'],
      ['pci unbind driver=vfio-pci --dry-run', 'show the plan for all bound devices'],
    ],
    load: async () => (await import('../commands/change/bind.ts')).runUnbind,
  }),
  defineCommand({
    name: 'bindings',
    summary: 'List devices that are bound at each boot: short for pci bindings list',
    description:
      'List the devices recorded by pci bind --persist, as pci bindings list does. Each device is found by its identity, not by its address: in force, not in force, moved, replaced or gone. --restore and --forget are the earlier form of pci bindings restore and pci bindings forget, and stay.',
    positionals: {},
    options: {
      check: CHECK,
      restore: { describe: 'Bind the devices that are not in force', type: 'boolean' },
      forget: {
        describe:
          'Remove the binding listed with ADDRESS from the record; the device does not change until the next boot',
        type: 'string',
        valueName: 'ADDRESS',
        array: true,
        completes: 'binding',
      },
      ...FORMAT_OPTION,
      ...CHANGING_OPTIONS,
      ...READING_OPTIONS,
    },
    examples: [
      ['pci bindings', 'list all recorded bindings and their state'],
      ['pci bindings --check', 'for a script: exit code 1 if anything differs'],
      ['sudo pci bindings --restore', 'bind the devices that are not bound'],
      ['sudo pci bindings --forget 03:00.0', 'do not bind it at the next boot'],
    ],
    load: async () => (await import('../commands/change/bindings.ts')).runBindings,
  }),
  defineCommand({
    name: 'bindings list',
    summary: 'List devices that are bound at each boot, and whether they are bound now',
    description:
      'List the devices recorded by pci bind --persist. Each device is found by its identity, not by its address: in force, not in force, moved, replaced or gone.',
    positionals: {},
    options: { check: CHECK, ...FORMAT_OPTION, ...READING_OPTIONS },
    examples: [
      ['pci bindings list', 'all recorded bindings and their state'],
      ['pci bindings list --check', 'for a script: exit code 1 if anything differs'],
    ],
    load: async () => (await import('../commands/change/bindings.ts')).runBindingsList,
  }),
  defineCommand({
    name: 'bindings restore',
    summary: 'Bind the recorded devices that are not bound',
    description:
      'Bind the devices recorded by pci bind --persist that are identified with certainty and are not on their driver, as the service does at each boot. Other devices are reported and left, and the exit code is 1.',
    positionals: {},
    options: {
      check: { describe: 'Change nothing; exit with 1 if anything is not in force', type: 'boolean' },
      ...CHANGING_OPTIONS,
      ...READING_OPTIONS,
    },
    examples: [
      ['pci bindings restore --check', 'for a script: exit code 1 if anything is to be bound'],
      ['sudo pci bindings restore --yes', 'bind the devices that are not bound'],
    ],
    load: async () => (await import('../commands/change/bindings.ts')).runBindingsRestore,
  }),
  defineCommand({
    name: 'bindings forget',
    summary: 'Remove bindings from the record',
    description:
      'Remove bindings from the record of pci bind --persist, also of devices that are gone. The devices do not change until the next boot.',
    positionals: {
      addresses: {
        describe: 'Address that a binding is listed with; several are combined',
        array: true,
        completes: 'binding',
      },
    },
    options: { ...CHANGING_OPTIONS, ...READING_OPTIONS },
    examples: [['sudo pci bindings forget 03:00.0', 'do not bind it at the next boot']],
    load: async () => (await import('../commands/change/bindings.ts')).runBindingsForget,
  }),
  defineCommand({
    name: 'apply',
    summary: 'Configure the host from a policy file',
    description:
      'Bring devices to drivers, and PFs to numbers of VFs, as a YAML file declares. Anything that the file does not mention is left as it is. Devices are named by selectors, or by serial number, MAC or path. All changes form one plan, which is shown first and undone if a step fails. Settings for VFs that do not exist yet need a second plan. With --check nothing changes, and the exit code is 1 if the host differs.',
    positionals: {
      policy: {
        describe: 'Policy file in the format of docs/reference/policy.md; - for stdin',
        optional: true,
        suggestions: ['-'],
        completes: 'file',
      },
    },
    options: {
      file: { ...INPUT_FILE, describe: 'Policy file, in place of the argument; - for stdin' },
      check: { describe: 'Show the differences, and exit with 1 if there are any', type: 'boolean' },
      ...CHANGING_OPTIONS,
      ...READING_OPTIONS,
    },
    examples: [
      ['pci apply host.yaml --check', 'check the host against the file'],
      ['sudo pci apply host.yaml', 'show the plan, ask, and apply it'],
      ['pci apply host.yaml --host galaxy.snapshot --dry-run', 'plan for a captured host'],
    ],
    load: async () => (await import('../commands/change/apply.ts')).runApply,
  }),
];
