import { type Command, defineCommand } from '../grammar/command.ts';
import { INVENTORY_OPTIONS } from '../inventory-options.ts';
import { HOSTDEV_OPTIONS } from './hostdev-options.ts';
import { INPUT_FILE } from './input-file.ts';

/** The commands of `pci` that write XML for libvirt. */
export const LIBVIRT_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'xml',
    summary: 'Write the libvirt XML that assigns devices to a VM',
    description:
      'Write elements for the <devices> section of a domain, as virsh edit and virsh attach-device accept them. XML goes to stdout, notes to stderr: which members of the IOMMU group must leave the host too, and which steps come first. Nothing changes on the host, and libvirt is not needed. With --pool, write a network that gives one VF to each interface. With --all, write one file for each device that a VM can get. With --nodedev, translate the output of virsh nodedev-dumpxml; if it contradicts itself, report that and exit with 1.',
    positionals: {
      devices: {
        describe:
          'Address (03:00.0, or 03:00 for the card), or another selector, as in pci list; several are combined',
        array: true,
        optional: true,
        completes: 'selector',
      },
    },
    options: {
      ...HOSTDEV_OPTIONS,
      group: { describe: 'Include all devices that share an IOMMU group with them', type: 'boolean' },
      'guest-address': {
        describe:
          'Address in the guest: BUS:SLOT.FUNCTION, or auto for a free slot of the --domain VM; default: libvirt chooses',
        type: 'string',
        valueName: 'ADDRESS',
        suggestions: ['auto'],
      },
      domain: {
        describe: 'Domain XML of the VM (virsh dumpxml --inactive) to find a free slot in; - reads stdin',
        type: 'string',
        valueName: 'FILE',
        suggestions: ['-'],
        completes: 'file',
      },
      pool: {
        describe: 'Write a network with this name: a pool of all VFs of a PF, or of the named VFs',
        type: 'string',
        valueName: 'NAME',
        completes: 'nothing',
      },
      nodedev: {
        ...INPUT_FILE,
        describe: 'Translate a node device document (virsh nodedev-dumpxml); - reads stdin',
      },
      from: {
        describe: 'Address to trust if the document contradicts itself: its numbers, or its name',
        type: 'string',
        choices: ['capability', 'name'],
      },
      all: { describe: 'All devices that a VM can get, one file each', type: 'boolean' },
      'output-dir': {
        describe: 'Directory for these files',
        type: 'string',
        valueName: 'DIR',
        completes: 'folder',
      },
      overwrite: { describe: 'Replace existing files that differ', type: 'boolean' },
      ...INVENTORY_OPTIONS,
    },
    examples: [
      ['pci xml 03:00.0', 'XML for one device'],
      ['pci xml 03:00.0 --group', 'and for all members of its group'],
      ['pci xml 01:10.0 --mac 02:00:00:00:00:03 --vlan 100', 'a VF as an interface'],
      ['pci xml 01:00 --rom off --guest-address 05:00.0', 'both functions of a card in one guest slot'],
      ['virsh dumpxml --inactive router0 | pci xml 03:00.0 --domain -', 'in a free slot of a VM'],
      ['pci xml netdev=enp1s0 --pool uplinks', 'a network that gives out the VFs of a PF'],
      ['virsh nodedev-dumpxml pci_0000_03_00_0 | pci xml --nodedev -', 'translate a document of libvirt'],
      ['pci xml --all --output-dir snippets', 'one file for each device'],
    ],
    load: async () => (await import('../commands/xml/xml.ts')).runXml,
  }),
];
