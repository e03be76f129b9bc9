import { type Command, defineCommand } from '../grammar/command.ts';
import { READING_OPTIONS } from '../reading-options.ts';
import { CHANGING_OPTIONS } from './changing-options.ts';
import { FORMAT_OPTION } from './format-option.ts';
import { VF_SETTING_OPTIONS } from './vf-setting-options.ts';

/** The commands of `pci` for SR-IOV. */
export const SRIOV_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'sriov list',
    summary: 'List physical functions (PFs) and their virtual functions (VFs)',
    description:
      'List the SR-IOV physical functions with their virtual functions: addresses, drivers, IOMMU groups and interfaces. For network cards, also show the settings of each VF: MAC, VLAN, trust, spoof check, link and rate (minimum and maximum, Mbit/s).',
    positionals: {
      selectors: {
        describe: 'Address, or another selector, as in pci list; a VF selects its PF; several are combined',
        array: true,
        optional: true,
        completes: 'selector',
      },
    },
    options: {
      check: { describe: 'Exit with 1 if a recorded PF differs from the record', type: 'boolean' },
      ...FORMAT_OPTION,
      ...READING_OPTIONS,
    },
    examples: [
      ['pci sriov list', 'all PFs'],
      ['pci sriov list --check', 'for a script: exit code 1 if anything differs'],
      ['pci sriov list netdev=enp1s0 --json', 'one card, as JSON'],
    ],
    load: async () => (await import('../commands/sriov/sriov-list.ts')).runSriovList,
  }),
  defineCommand({
    name: 'sriov set',
    summary: 'Set the number of VFs of a PF and configure them',
    description:
      'Set the number of VFs of a PF, and configure the VFs. Setting options apply to all VFs; --vf applies to one. To change the number, the kernel removes all VFs first: VFs that stay get back their settings and VFIO drivers. If a VF is in use, nothing changes. The interface of the PF is set up, because VFs have no link without it. The plan is shown first, and if a step fails, all steps are undone. The change lasts until the next boot. With --persist it is restored at each boot, before libvirt starts.',
    positionals: {
      pf: {
        describe: 'Address, or any selector that matches one device: netdev=enp1s0',
        completes: 'selector',
      },
    },
    options: {
      vfs: {
        describe: 'Number of VFs; 0 removes all; default: keep the current number',
        type: 'string',
        valueName: 'NUMBER',
        completes: 'nothing',
      },
      autoprobe: {
        describe: 'Let the kernel probe drivers for new VFs; --no-autoprobe prevents it',
        type: 'boolean',
        negatable: true,
      },
      ...VF_SETTING_OPTIONS,
      vf: {
        describe: 'Settings of one VF: its number, and settings by option name',
        type: 'string',
        valueName: 'N:KEY=VALUE,…',
        array: true,
        completes: 'nothing',
      },
      up: {
        describe: 'Set the interface of the PF up (default); --no-up leaves it',
        type: 'boolean',
        negatable: true,
      },
      persist: {
        describe: 'Restore this at each boot; with --vfs 0, stop restoring it',
        type: 'boolean',
      },
      ...CHANGING_OPTIONS,
      ...READING_OPTIONS,
    },
    examples: [
      ['pci sriov set 01:00.0 --vfs 4 --dry-run', 'show the plan only'],
      ['sudo pci sriov set 01:00.0 --vfs 4 --vlan 100', 'four VFs, all in one VLAN'],
      ['sudo pci sriov set 01:00.0 --vf 1:trust=on', 'change one VF'],
      ['sudo pci sriov set 01:00.0 --vfs 4 --persist', 'four VFs at each boot'],
      ['sudo pci sriov set 01:00.0 --vfs 0', 'remove all VFs'],
    ],
    load: async () => (await import('../commands/sriov/sriov-set.ts')).runSriovSet,
  }),
  defineCommand({
    name: 'sriov restore',
    summary: 'Restore the VFs that are recorded for each boot',
    description:
      'Restore each PF that pci sriov set --persist recorded, as the service does at each boot before libvirt starts. A PF is found by its identity, not by its address. If a PF is gone or not identified with certainty, or if its VFs are in use and would have to be removed, it is reported and left, and the exit code is 1. PFs that match the record do not change. --forget is the earlier form of pci sriov forget, and stays.',
    positionals: {},
    options: {
      check: {
        describe: 'Change nothing; exit with 1 if anything differs from the record',
        type: 'boolean',
      },
      forget: {
        describe:
          'Remove the PF recorded with ADDRESS from the record; its VFs do not change until the next boot',
        type: 'string',
        valueName: 'ADDRESS',
        array: true,
        completes: 'persisted-pf',
      },
      ...CHANGING_OPTIONS,
      ...READING_OPTIONS,
    },
    examples: [
      ['pci sriov restore --check', 'for a script: exit code 1 if anything differs'],
      ['sudo pci sriov restore --yes', 'restore PFs that differ from the record'],
      ['sudo pci sriov restore --forget 01:00.0', 'do not restore it at the next boot'],
    ],
    load: async () => (await import('../commands/sriov/sriov-restore.ts')).runSriovRestore,
  }),
  defineCommand({
    name: 'sriov forget',
    summary: 'Remove PFs with their VFs from the record',
    description:
      'Remove PFs from the record of pci sriov set --persist, also PFs that are gone. Their VFs do not change until the next boot.',
    positionals: {
      addresses: {
        describe: 'Address that a PF is recorded with; several are combined',
        array: true,
        completes: 'persisted-pf',
      },
    },
    options: { ...CHANGING_OPTIONS, ...READING_OPTIONS },
    examples: [['sudo pci sriov forget 01:00.0', 'do not restore it at the next boot']],
    load: async () => (await import('../commands/sriov/sriov-restore.ts')).runSriovForget,
  }),
];
