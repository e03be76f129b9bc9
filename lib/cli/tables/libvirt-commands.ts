import { type Command, defineCommand } from '../grammar/command.ts';
import { INVENTORY_OPTIONS } from '../inventory-options.ts';
import { HOSTDEV_OPTIONS } from './hostdev-options.ts';

/** The commands of `pci` that write what libvirt reads. */
export const LIBVIRT_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'xml',
    summary: 'Write the libvirt XML that gives devices to a machine',
    description:
      'Writes the elements for the <devices> of a machine, as virsh edit and virsh attach-device take them; what there is to know of them goes to standard error: which members of its IOMMU group have to go along, what has to be done first. Nothing is changed, and libvirt need not be there. With --pool it writes a network whose interfaces get a virtual function each. With --all it writes a file for each device that a machine can have. With --nodedev it translates what virsh nodedev-dumpxml says, or tells where that contradicts itself, and exits with 1.',
    positionals: {
      devices: {
        describe:
          'Address (03:00.0, or 03:00 for the card), or another selector, as for pci list; several add up',
        array: true,
        optional: true,
        completes: 'selector',
      },
    },
    options: {
      ...HOSTDEV_OPTIONS,
      group: { describe: 'All that share an IOMMU group with the devices as well', type: 'boolean' },
      'guest-address': {
        describe:
          'Where the guest sees the device: BUS:SLOT.FUNCTION, or auto for a free slot of the machine of --domain; libvirt chooses by default',
        type: 'string',
        valueName: 'ADDRESS',
        suggestions: ['auto'],
      },
      domain: {
        describe: 'The machine, as virsh dumpxml --inactive writes it, to find a free slot in; - reads it',
        type: 'string',
        valueName: 'FILE',
        suggestions: ['-'],
        completes: 'file',
      },
      pool: {
        describe: 'Write a network of that name: a pool of the virtual functions of a PF, or of those named',
        type: 'string',
        valueName: 'NAME',
        completes: 'nothing',
      },
      nodedev: {
        describe: 'Translate the document of a node device, as virsh nodedev-dumpxml writes it; - reads it',
        type: 'string',
        valueName: 'FILE',
        suggestions: ['-'],
        completes: 'file',
      },
      from: {
        describe:
          'Which address of such a document is right where it contradicts itself: its numbers, or its name',
        type: 'string',
        choices: ['capability', 'name'],
      },
      all: { describe: 'Every device that a machine can have, a file each', type: 'boolean' },
      'output-dir': {
        describe: 'The folder for these files',
        type: 'string',
        valueName: 'DIR',
        completes: 'folder',
      },
      overwrite: { describe: 'Replace files in it that hold something else', type: 'boolean' },
      ...INVENTORY_OPTIONS,
    },
    examples: [
      ['pci xml 03:00.0', 'what gives the device to a machine'],
      ['pci xml 03:00.0 --group', 'with all that has to go along'],
      ['pci xml 01:10.0 --mac 02:00:00:00:00:03 --vlan 100', 'a virtual function as an interface'],
      [
        'pci xml 01:00 --rom off --guest-address 05:00.0',
        'both functions of a card in one slot of the guest',
      ],
      [
        'virsh dumpxml --inactive router0 | pci xml 03:00.0 --domain -',
        'in a slot that is free in a machine',
      ],
      ['pci xml netdev=enp1s0 --pool uplinks', 'a network that hands out its virtual functions'],
      ['virsh nodedev-dumpxml pci_0000_03_00_0 | pci xml --nodedev -', 'what libvirt says of it, translated'],
      ['pci xml --all --output-dir snippets', 'a file for each device'],
    ],
    load: async () => (await import('../commands/xml.ts')).runXml,
  }),
];
