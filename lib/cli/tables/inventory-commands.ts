import { DEFAULT_COLUMNS, DEVICE_COLUMNS } from '../../render/inventory/device-columns.ts';
import { type Command, defineCommand } from '../grammar/command.ts';
import { INVENTORY_OPTIONS } from '../inventory-options.ts';
import { READING_OPTIONS } from '../reading-options.ts';
import { FORMAT_OPTION } from './format-option.ts';

const SELECTORS = {
  selectors: {
    describe:
      'Address (0000:01:00.0, 01:00.0, 01:00 for the card), vendor:device, pf, vf, class=, driver=, group=, netdev=, block=, numa=, or a word of a name; several are combined',
    array: true,
    optional: true,
    completes: 'selector',
  },
} as const;

/** The commands of `pci` that only read a host, or capture it. */
export const INVENTORY_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'list',
    summary: 'List PCI devices, one per row',
    description:
      'List the PCI functions of a host with the facts that matter for passthrough: class, name, driver, IOMMU group, SR-IOV role, and the parts of the host that depend on them.',
    positionals: SELECTORS,
    options: {
      ...FORMAT_OPTION,
      columns: {
        describe: `Comma-separated columns: ${Object.keys(DEVICE_COLUMNS).join(', ')}; default: ${DEFAULT_COLUMNS.join(',')}`,
        type: 'string',
        valueName: 'NAMES',
        suggestions: Object.keys(DEVICE_COLUMNS),
        takesList: true,
        array: true,
        alias: 'c',
      },
      sort: {
        describe: 'Sort by a column',
        type: 'string',
        valueName: 'COLUMN',
        suggestions: Object.keys(DEVICE_COLUMNS),
      },
      reverse: { describe: 'Reverse the order', type: 'boolean', alias: 'r' },
      wide: {
        describe: 'Show more columns, and do not cut rows to the width of the terminal',
        type: 'boolean',
        alias: 'w',
      },
      header: { describe: 'Print the heading row; --no-header omits it', type: 'boolean', negatable: true },
      ...INVENTORY_OPTIONS,
    },
    examples: [
      ['pci list', 'all devices'],
      ['pci list class=network class=display', 'network and display devices'],
      ['pci list driver=vfio-pci --json', 'devices bound to vfio-pci, as JSON'],
      ['pci list vf --columns address,sriov,driver --no-header', 'virtual functions, for a script'],
      ['pci list --host galaxy.snapshot nvidia', 'NVIDIA devices of a captured host'],
      ['pci list --connect qemu+ssh://root@galaxy/system', 'a remote host, with nothing installed on it'],
    ],
    load: async () => (await import('../commands/inventory/list.ts')).runList,
  }),
  defineCommand({
    name: 'show',
    summary: 'Show all details of one device',
    description:
      'Show all details of one function: BARs, ROM, reset methods, link, capabilities, SR-IOV, dependents on the host, identity, facts that could not be read and why, and the steps to pass it through to a VM.',
    positionals: {
      device: {
        describe: 'Address, or any selector that matches one device: netdev=enp1s0',
        completes: 'selector',
      },
    },
    options: INVENTORY_OPTIONS,
    examples: [
      ['pci show 01:00.0', 'by address'],
      ['pci show netdev=enp1s0', 'the device behind a network interface'],
      ['pci show block=nvme0n1 --json', 'controller of a drive, as JSON'],
    ],
    load: async () => (await import('../commands/inventory/show.ts')).runShow,
  }),
  defineCommand({
    name: 'groups',
    summary: 'Show IOMMU groups, and whether a VM can get each one',
    description:
      'Show the IOMMU groups and their members. A VM gets either a whole group or none of it. For each group, show whether a VM can get it and, if not, which member or memory region prevents it.',
    positionals: SELECTORS,
    options: {
      viable: { describe: 'Only groups that a VM can get, now or after binding', type: 'boolean' },
      ...FORMAT_OPTION,
      ...INVENTORY_OPTIONS,
    },
    examples: [
      ['pci groups', 'all groups'],
      ['pci groups --viable', 'groups that a VM can get'],
      ['pci groups class=display', 'groups with a display device'],
    ],
    load: async () => (await import('../commands/inventory/groups.ts')).runGroups,
  }),
  defineCommand({
    name: 'tree',
    summary: 'Show bridges and the devices behind them',
    description: 'Show root buses, bridges and ports as a tree, with the devices behind each one.',
    positionals: SELECTORS,
    options: INVENTORY_OPTIONS,
    examples: [
      ['pci tree', 'the whole tree'],
      ['pci tree netdev=enp1s0', 'the path to one device'],
    ],
    load: async () => (await import('../commands/inventory/tree.ts')).runTree,
  }),
  defineCommand({
    name: 'snapshot',
    summary: 'Save the host to one text file',
    description:
      'Save everything that pci reads from a host to one text file. Every command that reads a host accepts the file with --host. Serial numbers, MACs, UUIDs and the host name are replaced by stand-ins, which are the same in every snapshot of one installation. --raw keeps the real values.',
    positionals: {},
    options: {
      ...pick('host', 'json', 'color'),
      output: {
        describe: 'Write to FILE instead of stdout',
        type: 'string',
        valueName: 'FILE',
        alias: 'o',
        completes: 'file',
      },
      overwrite: { describe: 'Replace an existing file that differs', type: 'boolean' },
      raw: { describe: 'Keep serial numbers, MACs, UUIDs and the host name', type: 'boolean' },
    },
    examples: [
      ['sudo pci snapshot -o before.snapshot', 'with everything that root can read'],
      ['pci list --host before.snapshot', 'inspect it, on this machine or another'],
    ],
    holdsHosts: true,
    load: async () => (await import('../commands/inventory/snapshot.ts')).runSnapshot,
  }),
  defineCommand({
    name: 'diff',
    summary: 'Compare two hosts; exit 1 if they differ',
    description:
      'Compare two hosts: show devices that were added, removed, moved to another address (found by identity) or changed. The exit code is 1 if there is a difference, so a script can check an update. Each side is a snapshot, a directory with sys/, or the word host for this machine.',
    positionals: {
      before: {
        describe: 'Snapshot, directory with sys/, or the word host',
        suggestions: ['host'],
        completes: 'file',
      },
      after: {
        describe: 'The same; default: this machine',
        optional: true,
        suggestions: ['host'],
        completes: 'file',
      },
    },
    options: { ...FORMAT_OPTION, ...pick('pci-ids', 'json', 'verbose', 'color') },
    examples: [
      ['pci diff before.snapshot', 'changes on this machine since the snapshot'],
      ['pci diff a.snapshot b.snapshot --json', 'two snapshots, as JSON'],
    ],
    holdsHosts: true,
    load: async () => (await import('../commands/inventory/diff.ts')).runDiff,
  }),
];

function pick<K extends keyof typeof READING_OPTIONS>(
  ...names: readonly K[]
): Pick<typeof READING_OPTIONS, K> {
  return Object.fromEntries(names.map((name) => [name, READING_OPTIONS[name]])) as Pick<
    typeof READING_OPTIONS,
    K
  >;
}
