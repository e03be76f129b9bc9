import { type Command, defineCommand } from '../grammar/command.ts';
import { READING_OPTIONS } from '../reading-options.ts';
import { CHANGING_OPTIONS } from './changing-options.ts';
import { LIBVIRT_OPTIONS } from './libvirt-options.ts';

const { 'dry-run': dryRun, allow } = CHANGING_OPTIONS;

/** The commands of `pci` for option ROMs. */
export const ROM_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'rom list',
    summary: 'List the devices that have an option ROM',
    description:
      'Lists the devices that have an option ROM: the size of its register, whether it reads, which firmware finds an image in it, and what the machines that are given the device get of it. Of the boot display the kernel gives the copy that the firmware left, and never the ROM of the card. A ROM is read with --read alone, since that changes the device for a moment; one that a driver of the host works with is left.',
    positionals: {
      selectors: {
        describe: 'Address, or another selector, as for pci list; several add up',
        array: true,
        optional: true,
        completes: 'selector',
      },
    },
    options: {
      read: { describe: 'Read each that nothing works with; for root', type: 'boolean' },
      allow,
      connect: LIBVIRT_OPTIONS.connect,
      ...READING_OPTIONS,
    },
    examples: [
      ['pci rom list', 'which have one'],
      ['sudo pci rom list --read', 'and what is in each'],
      ['pci rom list class=display --json', 'of displays, as JSON'],
    ],
    load: async () => (await import('../commands/rom-list.ts')).runRomList,
  }),
  defineCommand({
    name: 'rom inspect',
    summary: 'Say what is in an option ROM, and whether it is sound; exit 1 if not',
    description:
      'Shows each image of an option ROM: for which firmware and device it is, its lengths, checksum and marks; and says whether it is sound, whether it is for the device, and what a guest lacks with it. A ROM is a file, or is read from a device, which is for root, and is refused while a driver of the host works with it. Exits with 1 where it is damaged or for another device.',
    positionals: {
      rom: {
        describe: 'A file; or a device, by its address or any selector that means one',
        completes: ['selector', 'file'],
      },
    },
    options: {
      for: {
        describe: 'Judge a file for this device; without it, it is said which devices of the host it is for',
        type: 'string',
        valueName: 'DEVICE',
        completes: 'selector',
      },
      allow,
      ...READING_OPTIONS,
    },
    examples: [
      ['sudo pci rom inspect 01:00.0', "a card's own"],
      ['pci rom inspect card.rom', 'a file'],
      ['pci rom inspect card.rom --for 01:00.0', 'whether it is for this card'],
    ],
    load: async () => (await import('../commands/rom-inspect.ts')).runRomInspect,
  }),
  defineCommand({
    name: 'rom dump',
    summary: 'Write the option ROM of a device to a file',
    description:
      'Reads the option ROM of a device and writes it to a file, for pci xml --rom. It is switched on, read twice, and switched off again whatever happens; refused while a driver of the host works with the device; and looked into before it is written: one that is damaged, or for another device, is not. The file is written whole or not at all.',
    positionals: {
      device: {
        describe: 'Its address, or any selector that means one device: netdev=enp1s0',
        completes: 'selector',
      },
    },
    options: {
      output: { describe: 'The file', type: 'string', valueName: 'FILE', alias: 'o', completes: 'file' },
      overwrite: { describe: 'Replace a file that holds something else', type: 'boolean' },
      'dry-run': { ...dryRun, describe: 'Say whether it would be read, and change nothing' },
      allow,
      ...READING_OPTIONS,
    },
    examples: [
      ['sudo pci rom dump 01:00.0 -o card.rom', 'the ROM of a card'],
      ['pci xml 01:00.0 --rom card.rom', 'a machine that gets it from the file'],
      ['pci rom dump 01:00.0 -o card.rom --dry-run', 'whether it would be read'],
    ],
    load: async () => (await import('../commands/rom-dump.ts')).runRomDump,
  }),
];
