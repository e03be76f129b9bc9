import { type Command, defineCommand, type OptionDefinition } from '../grammar/command.ts';
import { READING_OPTIONS } from '../reading-options.ts';
import { CHANGING_OPTIONS } from './changing-options.ts';
import { LIBVIRT_OPTIONS, MANAGED_OPTION } from './libvirt-options.ts';
import { MACHINE_OPTIONS } from './machine-options.ts';
import { SCOPE_OPTIONS } from './scope-options.ts';

const { 'dry-run': dryRun, script, yes, allow, 'confirm-within': confirmWithin } = CHANGING_OPTIONS;

const PLAN_OPTIONS = {
  'dry-run': dryRun,
  script,
  yes,
  connect: LIBVIRT_OPTIONS.connect,
  ...READING_OPTIONS,
} as const satisfies Record<string, OptionDefinition>;

/** The commands of `pci` that write into the definitions of machines. */
export const ASSIGNMENT_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'assign',
    summary: 'Give devices to every machine of a type, or to one',
    description:
      'Writes devices, with the members of their IOMMU groups, into the definitions of machines: of all that are tagged with a type, or of those that are named. One plan is made over all of them and shown first; where one machine does not take its new definition, all are as they were. The rest of a definition stays as it is. What is given is in force from the next start of a machine on; with --live it is plugged into those that run, at once. With the definition it is kept which device was meant, by its place, ids and serial number, so that it is found again where its address moved. With --policy vf-pool the device is a physical function of SR-IOV: each machine gets a virtual function of it, those that have one keep it, and as many are made first as are needed. With --by-rules the devices of the whole host are shared out: by default network cards to routers, all else to controllers, and what the host needs stays with it, each with the reason.',
    positionals: {
      devices: {
        describe:
          'Address (03:00.0), or another selector that means one device, one card or one IOMMU group, as for pci list',
        array: true,
        optional: true,
        completes: 'selector',
      },
    },
    options: {
      ...MACHINE_OPTIONS,
      ...SCOPE_OPTIONS,
      'by-rules': {
        describe:
          'Share out all devices of the host by rules, in place of devices and machines that are named',
        type: 'boolean',
      },
      rules: {
        describe: 'The rules, in place of those that come with it; implies --by-rules',
        type: 'string',
        valueName: 'FILE',
        completes: 'file',
      },
      'print-rules': {
        describe: 'Write the rules that come with it, as a file to be changed, and do nothing',
        type: 'boolean',
      },
      policy: {
        describe:
          'shared: in every definition, and one machine at a time can run with it, which is the default; exclusive: of one machine alone; vf-pool: each machine has a virtual function of its own of the PF that is named',
        type: 'string',
        choices: ['shared', 'exclusive', 'vf-pool'],
      },
      vlan: {
        describe: 'With vf-pool: the VLAN that these machines are in, 1 to 4094, and do not see',
        type: 'string',
        valueName: 'ID',
        completes: 'nothing',
      },
      persist: {
        describe: 'With vf-pool: make the virtual functions at each boot too, before libvirt starts',
        type: 'boolean',
      },
      rom: {
        describe:
          'Whether the guest sees the option ROM: on, off, or a FILE to have it from; auto, the default, hides that of a network card unless the machine is known to be no router',
        type: 'string',
        valueName: 'ROM',
        suggestions: ['auto', 'on', 'off'],
        completes: 'file',
      },
      managed: MANAGED_OPTION,
      ...PLAN_OPTIONS,
      'confirm-within': confirmWithin,
      allow,
    },
    examples: [
      ['pci assign 01:00.0 --type router --dry-run', 'what would be given to whom'],
      ['sudo pci assign 01:00.0 --type router', 'to every router that there is'],
      ['sudo pci assign netdev=enp3s0 --machine galaxy0 --policy exclusive', 'to one machine alone'],
      ['sudo pci assign 01:00.0 --machine galaxy0 --config --live', 'at once, and at each start'],
      ['sudo pci assign 01:00.0 --type router --policy vf-pool', 'a virtual function for each router'],
      [
        'sudo pci assign 01:00.0 --type mail --policy vf-pool --vlan 25 --persist',
        'in a VLAN, after each boot too',
      ],
      ['pci assign --by-rules --dry-run', 'what of the whole host would go where, and what stays'],
      ['pci assign --print-rules > rules.yaml', 'rules to be changed, for --rules rules.yaml'],
    ],
    load: async () => (await import('../commands/assign.ts')).runAssign,
  }),
  defineCommand({
    name: 'unassign',
    summary: 'Take devices out of the definitions that pci assign put them into',
    description:
      'Takes devices, with those of their IOMMU groups that went along, out of the definitions of machines: of all, of a type, or of those that are named. A device that is not on the bus any more goes by the address that it was assigned with. What others wrote into a definition is left as it is. A machine that runs keeps what it has until it ends, unless with --live its guest is asked to let go of it. A physical function means all of its virtual functions that were assigned with --policy vf-pool; they are not removed.',
    positionals: {
      devices: {
        describe:
          'Address (03:00.0), also of a device that is gone, or another selector that means one device, card or IOMMU group',
        array: true,
        completes: 'selector',
      },
    },
    options: { ...MACHINE_OPTIONS, ...SCOPE_OPTIONS, ...PLAN_OPTIONS },
    examples: [
      ['sudo pci unassign 01:00.0', 'from every machine'],
      ['sudo pci unassign 01:00.0 --machine galaxy0', 'from one'],
      ['sudo pci unassign 01:00.0 --config --live', 'at once from those that run, too'],
      ['pci unassign 01:00.0 --dry-run', 'what would be taken from whom'],
    ],
    load: async () => (await import('../commands/unassign.ts')).runUnassign,
  }),
  defineCommand({
    name: 'assignments',
    summary: 'List which machine was given what, and whether it is so still',
    description:
      'Lists what pci assign wrote into the definitions of machines: the device as it was meant and as it is found now, who has it now, and what drifted: a device that moved to another address, that is not on the bus, or in whose place another is; a definition that somebody changed. With --repair the definitions of machines are pointed at where their devices are now, where that is known for sure.',
    positionals: {},
    options: {
      ...MACHINE_OPTIONS,
      check: { describe: 'Exit with 1 where anything is not as it was assigned', type: 'boolean' },
      repair: { describe: 'Point definitions at where their devices are now', type: 'boolean' },
      ...PLAN_OPTIONS,
    },
    examples: [
      ['pci assignments', 'who has what'],
      ['pci assignments --check', 'for a script: 1 where something drifted'],
      ['sudo pci assignments --repair', 'after a card was put into another slot'],
    ],
    load: async () => (await import('../commands/assignments.ts')).runAssignments,
  }),
];

/** The commands of `pci` that other programs call. */
export const PLUMBING_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'guard-start',
    summary: 'Say whether a machine may start with what it was given; for the hook of libvirt',
    description:
      'Reads the document of a machine on standard input, as libvirt gives it to its hooks, and fails where a device that was assigned is in use by another machine, is not there, or is not the one that was meant. pci assign installs the hook that calls it, in /etc/libvirt/hooks/qemu.d.',
    positionals: {},
    options: { host: READING_OPTIONS.host, json: READING_OPTIONS.json },
    examples: [['virsh dumpxml --inactive galaxy0 | sudo pci guard-start', 'what the hook would say']],
    load: async () => (await import('../commands/guard-start.ts')).runGuardStart,
  }),
];
