import { type Command, defineCommand, type OptionDefinition } from '../grammar/command.ts';
import { READING_OPTIONS } from '../reading-options.ts';
import { CHANGING_OPTIONS } from './changing-options.ts';
import { FORMAT_OPTION } from './format-option.ts';
import { INPUT_FILE } from './input-file.ts';
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

/** The commands of `pci` that change the definitions of VMs. */
export const ASSIGNMENT_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'assign',
    summary: 'Assign devices to all VMs of a category, or to named VMs',
    description:
      'Write devices, and the other members of their IOMMU groups, into the definitions of VMs: of all VMs tagged with a category, or of named VMs. One plan covers all VMs and is shown first. If libvirt refuses one definition, all definitions are restored. Only the assignment in a definition changes. It takes effect when the VM next starts. With --live, running VMs get the device immediately. The definition records which device was meant, by path, ids and serial number, so the device is found again if its address changes. With --policy vf-pool the device is an SR-IOV physical function (PF): each VM gets one of its virtual functions (VFs), VMs that have one keep it, and missing VFs are created first. With --by-rules all devices of the host are assigned by rules: by default network cards to routers and other devices to controllers. Devices that the host needs stay, each with the reason.',
    positionals: {
      devices: {
        describe:
          'Address (03:00.0), or another selector that matches one device, one card or one IOMMU group, as in pci list',
        array: true,
        optional: true,
        completes: 'selector',
      },
    },
    options: {
      ...MACHINE_OPTIONS,
      ...SCOPE_OPTIONS,
      'by-rules': {
        describe: 'Assign all devices of the host by rules, instead of named devices and VMs',
        type: 'boolean',
      },
      rules: {
        ...INPUT_FILE,
        describe: 'Rules file to use instead of the built-in rules; - for stdin; implies --by-rules',
      },
      'print-rules': {
        describe: 'Print the built-in rules as a file to edit, and exit',
        type: 'boolean',
      },
      policy: {
        describe:
          'shared (default): in every definition, and one VM at a time can run with it; exclusive: one VM only; vf-pool: one VF of the named PF for each VM',
        type: 'string',
        choices: ['shared', 'exclusive', 'vf-pool'],
      },
      vlan: {
        describe: 'With vf-pool: put the VFs in this VLAN, 1 to 4094; guests do not see the tag',
        type: 'string',
        valueName: 'ID',
        completes: 'nothing',
      },
      persist: {
        describe: 'With vf-pool: create the VFs at each boot too, before libvirt starts',
        type: 'boolean',
      },
      rom: {
        describe:
          'Show the option ROM to the guest: on, off, or a ROM file; auto (default) hides the ROM of a network card unless the VM is tagged as something other than a router',
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
      ['pci assign 01:00.0 --type router --dry-run', 'show the plan only'],
      ['sudo pci assign 01:00.0 --type router', 'assign to every router'],
      ['sudo pci assign netdev=enp3s0 --machine galaxy0 --policy exclusive', 'assign to one VM only'],
      ['sudo pci assign 01:00.0 --machine galaxy0 --config --live', 'now and at each start'],
      ['sudo pci assign 01:00.0 --type router --policy vf-pool', 'one VF for each router'],
      [
        'sudo pci assign 01:00.0 --type mail --policy vf-pool --vlan 25 --persist',
        'VFs in a VLAN, created at each boot too',
      ],
      ['pci assign --by-rules --dry-run', 'show where each device would go, and which devices stay'],
      ['pci assign --print-rules > rules.yaml', 'save the rules to edit them, then use --rules rules.yaml'],
    ],
    load: async () => (await import('../commands/machines/assign.ts')).runAssign,
  }),
  defineCommand({
    name: 'unassign',
    summary: 'Remove devices that pci assign added to VMs',
    description:
      'Remove devices, and the members of their IOMMU groups that were assigned with them, from the definitions of VMs: of all VMs, of a category, or of named VMs. If a device is no longer on the bus, name it by the address that it was assigned with. The rest of each definition does not change. A running VM keeps the device until it stops, unless --live asks the guest to release it. A PF selects all its VFs that were assigned with --policy vf-pool; the VFs themselves are not removed.',
    positionals: {
      devices: {
        describe:
          'Address (03:00.0), also of a device that is gone, or another selector that matches one device, card or IOMMU group',
        array: true,
        completes: 'selector',
      },
    },
    options: { ...MACHINE_OPTIONS, ...SCOPE_OPTIONS, ...PLAN_OPTIONS },
    examples: [
      ['sudo pci unassign 01:00.0', 'from every VM'],
      ['sudo pci unassign 01:00.0 --machine galaxy0', 'from one VM'],
      ['sudo pci unassign 01:00.0 --config --live', 'from running VMs too, immediately'],
      ['pci unassign 01:00.0 --dry-run', 'show the plan only'],
    ],
    load: async () => (await import('../commands/machines/unassign.ts')).runUnassign,
  }),
  defineCommand({
    name: 'assignments',
    summary: 'List assigned devices, and report assignments that no longer match',
    description:
      'List the devices that pci assign wrote into the definitions of VMs: the recorded device, the device found now, and the VM that uses it. Report devices that moved to another address, left the bus or were replaced, and definitions that someone changed. With --repair, update definitions to the current address of each device that is identified with certainty.',
    positionals: {},
    options: {
      ...MACHINE_OPTIONS,
      check: { describe: 'Exit with 1 if an assignment no longer matches', type: 'boolean' },
      repair: { describe: 'Update definitions to the current addresses of their devices', type: 'boolean' },
      ...FORMAT_OPTION,
      ...PLAN_OPTIONS,
    },
    examples: [
      ['pci assignments', 'list all assignments'],
      ['pci assignments --check', 'for a script: exit code 1 if an assignment no longer matches'],
      ['sudo pci assignments --repair', 'after a card moved to another slot'],
    ],
    load: async () => (await import('../commands/machines/assignments.ts')).runAssignments,
  }),
];

/** The commands of `pci` that other programs call. */
export const PLUMBING_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'guard-start',
    summary: 'Check whether a VM may start with its devices (called by the libvirt hook)',
    description:
      'Read the definition of a VM on stdin, as libvirt passes it to its hooks. Fail if another VM uses an assigned device, if the device is missing, or if it is not the recorded device. pci assign installs the hook that runs this command, in /etc/libvirt/hooks/qemu.d.',
    positionals: {},
    options: { host: READING_OPTIONS.host, json: READING_OPTIONS.json },
    examples: [
      ['virsh dumpxml --inactive galaxy0 | sudo pci guard-start', 'show the answer that the hook would give'],
    ],
    load: async () => (await import('../commands/machines/guard-start.ts')).runGuardStart,
  }),
  defineCommand({
    name: 'restore',
    summary: 'Restore persisted VFs and bindings (called by the service at each boot)',
    description:
      'Restore all VFs and bindings that are recorded with --persist and not in force, as pci sriov restore and pci bindings restore do, without a question. portal-gun.service runs this command at each boot, before libvirt starts. Devices that are not identified with certainty, or that the host uses, are reported and left, and the exit code is 1.',
    positionals: {},
    options: { color: READING_OPTIONS.color },
    examples: [['sudo pci restore', 'restore what is not in force, as at a boot']],
    load: async () => (await import('../commands/change/restore.ts')).runRestore,
  }),
];
