import { type Command, defineCommand } from '../grammar/command.ts';
import { READING_OPTIONS } from '../reading-options.ts';
import { CHANGING_OPTIONS } from './changing-options.ts';
import { VF_SETTING_OPTIONS } from './vf-setting-options.ts';

/** The commands of `pci` for SR-IOV. */
export const SRIOV_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'sriov list',
    summary: 'List what makes virtual functions, with each of them',
    description:
      'Lists the physical functions of SR-IOV, each with its virtual functions: their addresses, drivers, IOMMU groups and interfaces, and of a network card what it holds each to: MAC, VLAN, trust, spoof check, link and rate (Mbit/s, the least and the most).',
    positionals: {
      selectors: {
        describe:
          'Address, or another selector, as for pci list; a virtual function means its PF; several add up',
        array: true,
        optional: true,
        completes: 'selector',
      },
    },
    options: READING_OPTIONS,
    examples: [
      ['pci sriov list', 'all of them'],
      ['pci sriov list netdev=enp1s0 --json', 'one card, as JSON'],
    ],
    load: async () => (await import('../commands/sriov-list.ts')).runSriovList,
  }),
  defineCommand({
    name: 'sriov set',
    summary: 'Say how many virtual functions a PF has, and what each is set to',
    description:
      'Brings a physical function to a number of virtual functions, and these to what they are set to. The options for settings are for all VFs, and --vf is for one. For another number of VFs the kernel takes away all that there are: those that stay get back what they were set to, and VFIO drivers; where one of them is in use nothing is done. The interface of the PF is switched on, since without it VFs have no link. The plan is shown first; where a step fails all are undone. It lasts until the next boot; with --persist it is made so at each boot, before libvirt starts.',
    positionals: {
      pf: {
        describe: 'Its address, or any selector that means one device: netdev=enp1s0',
        completes: 'selector',
      },
    },
    options: {
      vfs: {
        describe: 'How many VFs; 0 for none, as many as there are by default',
        type: 'string',
        valueName: 'NUMBER',
        completes: 'nothing',
      },
      autoprobe: {
        describe: 'Have the kernel look for drivers for VFs that are made; --no-autoprobe for not',
        type: 'boolean',
        negatable: true,
      },
      ...VF_SETTING_OPTIONS,
      vf: {
        describe: 'What one VF is set to: its number, and settings by the names of their options',
        type: 'string',
        valueName: 'N:KEY=VALUE,…',
        array: true,
        completes: 'nothing',
      },
      up: {
        describe: 'Switch the interface of the PF on, which is the default; --no-up for not',
        type: 'boolean',
        negatable: true,
      },
      persist: {
        describe: 'Make it so at each boot from now on; with --vfs 0, no more',
        type: 'boolean',
      },
      ...CHANGING_OPTIONS,
      ...READING_OPTIONS,
    },
    examples: [
      ['pci sriov set 01:00.0 --vfs 4 --dry-run', 'what would be done'],
      ['sudo pci sriov set 01:00.0 --vfs 4 --vlan 100', 'four, all in a VLAN'],
      ['sudo pci sriov set 01:00.0 --vf 1:trust=on', 'one of them otherwise'],
      ['sudo pci sriov set 01:00.0 --vfs 4 --persist', 'four at each boot'],
      ['sudo pci sriov set 01:00.0 --vfs 0', 'none any more'],
    ],
    load: async () => (await import('../commands/sriov-set.ts')).runSriovSet,
  }),
  defineCommand({
    name: 'sriov restore',
    summary: 'Make and set the VFs that were written down for each boot',
    description:
      'Brings each PF that pci sriov set --persist wrote down to what was written down, as a service does at each boot before libvirt starts. A PF is found again by what it is and not by its address. One that is gone or not known for sure, and one whose VFs are in use and would have to go, is said and left; the exit status is then 1. What is in force stays untouched. With --forget it strikes out PFs, also such that are gone.',
    positionals: {},
    options: {
      check: {
        describe: 'Change nothing; exit with 1 where anything is not as it was written down',
        type: 'boolean',
      },
      forget: {
        describe:
          'Strike out the PF that was written down with ADDRESS; its VFs stay as they are until the next boot',
        type: 'string',
        valueName: 'ADDRESS',
        array: true,
        completes: 'persisted-pf',
      },
      ...CHANGING_OPTIONS,
      ...READING_OPTIONS,
    },
    examples: [
      ['pci sriov restore --check', 'for a script: 1 where something drifted'],
      ['sudo pci sriov restore --yes', 'put in force what is not'],
      ['sudo pci sriov restore --forget 01:00.0', 'no more at the next boot'],
    ],
    load: async () => (await import('../commands/sriov-restore.ts')).runSriovRestore,
  }),
];
