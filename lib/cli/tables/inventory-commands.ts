import { DEFAULT_COLUMNS, DEVICE_COLUMNS } from '../../render/inventory/device-columns.ts';
import { type Command, defineCommand } from '../grammar/command.ts';
import { INVENTORY_OPTIONS } from '../inventory-options.ts';
import { READING_OPTIONS } from '../reading-options.ts';

const SELECTORS = {
  selectors: {
    describe:
      'Address (0000:01:00.0, 01:00.0, 01:00 for the card), vendor:device, pf, vf, class=, driver=, group=, netdev=, block=, numa=, or a word of a name; several add up',
    array: true,
    optional: true,
    completes: 'selector',
  },
} as const;

/** The commands of `pci` that only look at a host, or capture it. */
export const INVENTORY_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'list',
    summary: 'List PCI devices, a row each',
    description:
      'Lists the PCI functions of a host with what passing them through depends on: class, name, driver, IOMMU group, SR-IOV role, and what of the host hangs on them.',
    positionals: SELECTORS,
    options: {
      format: {
        describe: 'How rows are printed',
        type: 'string',
        choices: ['table', 'csv', 'ndjson', 'json'],
      },
      columns: {
        describe: `Columns, with commas between them: ${Object.keys(DEVICE_COLUMNS).join(', ')}; ${DEFAULT_COLUMNS.join(',')} by default`,
        type: 'string',
        valueName: 'NAMES',
        suggestions: Object.keys(DEVICE_COLUMNS),
        takesList: true,
        array: true,
        alias: 'c',
      },
      sort: {
        describe: 'Order by a column',
        type: 'string',
        valueName: 'COLUMN',
        suggestions: Object.keys(DEVICE_COLUMNS),
      },
      reverse: { describe: 'Turn the order round', type: 'boolean', alias: 'r' },
      wide: {
        describe: 'More columns, and nothing cut to the width of the terminal',
        type: 'boolean',
        alias: 'w',
      },
      header: { describe: 'The line of headings; --no-header for none', type: 'boolean', negatable: true },
      ...INVENTORY_OPTIONS,
    },
    examples: [
      ['pci list', 'everything'],
      ['pci list class=network class=display', 'network and display devices'],
      ['pci list driver=vfio-pci --json', 'what is ready for VMs, as JSON'],
      ['pci list vf --columns address,sriov,driver --no-header', 'the virtual functions, for a script'],
      ['pci list --host galaxy.snapshot nvidia', 'what a captured host has of a maker'],
      ['pci list --connect qemu+ssh://root@galaxy/system', 'a host on which nothing is installed'],
    ],
    load: async () => (await import('../commands/list.ts')).runList,
  }),
  defineCommand({
    name: 'show',
    summary: 'Show everything of one device',
    description:
      'Shows one function with all that is known of it: BARs, ROM, reset methods, link, capabilities, SR-IOV, what hangs on it, its identity, what could not be read and why, and what it would take to pass it through to a VM.',
    positionals: {
      device: {
        describe: 'An address, or any selector that means one device: netdev=enp1s0',
        completes: 'selector',
      },
    },
    options: INVENTORY_OPTIONS,
    examples: [
      ['pci show 01:00.0', 'by address'],
      ['pci show netdev=enp1s0', 'the device behind a network interface'],
      ['pci show block=nvme0n1 --json', 'the controller of a drive, as JSON'],
    ],
    load: async () => (await import('../commands/show.ts')).runShow,
  }),
  defineCommand({
    name: 'groups',
    summary: 'Show IOMMU groups and whether each can be given to a VM',
    description:
      'Shows the IOMMU groups with their members. A group goes to a VM as a whole: for each it is said whether it could go, and if not, which member or memory region is in the way.',
    positionals: SELECTORS,
    options: {
      viable: { describe: 'Only the groups that can be given to a VM, now or once bound', type: 'boolean' },
      ...INVENTORY_OPTIONS,
    },
    examples: [
      ['pci groups', 'all groups'],
      ['pci groups --viable', 'what can be given away'],
      ['pci groups class=display', 'the groups that have a display device'],
    ],
    load: async () => (await import('../commands/groups.ts')).runGroups,
  }),
  defineCommand({
    name: 'tree',
    summary: 'Show the bridges and what is behind them',
    description: 'Shows root buses, bridges and ports as a tree, with the devices behind each.',
    positionals: SELECTORS,
    options: INVENTORY_OPTIONS,
    examples: [
      ['pci tree', 'the whole tree'],
      ['pci tree netdev=enp1s0', 'the way to one device'],
    ],
    load: async () => (await import('../commands/tree.ts')).runTree,
  }),
  defineCommand({
    name: 'snapshot',
    summary: 'Capture the host in one text file',
    description:
      'Captures all that this program reads of a host in one text file, which every reading command takes with --host. Serial numbers, MACs, the host name and UUIDs are replaced by stand-ins, the same in every snapshot of one installation; --raw keeps them.',
    positionals: {},
    options: {
      ...pick('host', 'json', 'color'),
      output: {
        describe: 'Write to a file; standard output by default',
        type: 'string',
        valueName: 'FILE',
        alias: 'o',
        completes: 'file',
      },
      overwrite: { describe: 'Replace a file that holds something else', type: 'boolean' },
      raw: { describe: 'Keep serial numbers, MACs, the host name and UUIDs', type: 'boolean' },
    },
    examples: [
      ['sudo pci snapshot -o before.snapshot', 'with all that root can read'],
      ['pci list --host before.snapshot', 'look at it, here or elsewhere'],
    ],
    load: async () => (await import('../commands/snapshot.ts')).runSnapshot,
  }),
  defineCommand({
    name: 'diff',
    summary: 'Compare two hosts; exit 1 on a difference',
    description:
      'Compares two hosts: which devices came, went, moved to another address (found again by their identity), or changed. Exits with 1 when there is a difference, so that it can guard an update. Either side is a snapshot, a directory that holds a sys/, or the word host for this machine.',
    positionals: {
      before: {
        describe: 'A snapshot, a directory with a sys/, or the word host',
        suggestions: ['host'],
        completes: 'file',
      },
      after: {
        describe: 'The same; this machine by default',
        optional: true,
        suggestions: ['host'],
        completes: 'file',
      },
    },
    options: pick('pci-ids', 'json', 'verbose', 'color'),
    examples: [
      ['pci diff before.snapshot', 'what changed on this machine since'],
      ['pci diff a.snapshot b.snapshot --json', 'two captures, as JSON'],
    ],
    load: async () => (await import('../commands/diff.ts')).runDiff,
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
