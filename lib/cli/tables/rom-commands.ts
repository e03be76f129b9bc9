import { type Command, defineCommand } from '../grammar/command.ts';
import { READING_OPTIONS } from '../reading-options.ts';
import { CHANGING_OPTIONS } from './changing-options.ts';
import { FORMAT_OPTION } from './format-option.ts';
import { LIBVIRT_OPTIONS } from './libvirt-options.ts';

const { 'dry-run': dryRun, allow } = CHANGING_OPTIONS;

/** The commands of `pci` for option ROMs. */
export const ROM_COMMANDS: readonly Command[] = [
  defineCommand({
    name: 'rom list',
    summary: 'List the devices that have an option ROM',
    description:
      'List the devices that have an option ROM: the size of its register, whether it can be read, which firmware types it has images for, and which ROM the guests get. For the boot display, the kernel returns the copy that the firmware left in memory, never the ROM of the card. A ROM is read only with --read, because reading changes the device for a moment. If a host driver uses the device, the ROM is not read.',
    positionals: {
      selectors: {
        describe: 'Address, or another selector, as in pci list; several are combined',
        array: true,
        optional: true,
        completes: 'selector',
      },
    },
    options: {
      read: { describe: 'Read each ROM whose device is not in use; requires root', type: 'boolean' },
      ...FORMAT_OPTION,
      allow,
      connect: LIBVIRT_OPTIONS.connect,
      ...READING_OPTIONS,
    },
    examples: [
      ['pci rom list', 'devices that have a ROM'],
      ['sudo pci rom list --read', 'and the contents of each ROM'],
      ['pci rom list class=display --json', 'only display devices, as JSON'],
    ],
    load: async () => (await import('../commands/rom/rom-list.ts')).runRomList,
  }),
  defineCommand({
    name: 'rom inspect',
    summary: 'Check and describe an option ROM; exit 1 if it is damaged',
    description:
      'Show each image of an option ROM: its firmware type, device, length, checksum and signatures. Report whether the ROM is intact, whether it matches the device, and which features a guest lacks with it. The ROM is a file, or is read from a device. Reading from a device requires root, and is refused while a host driver uses the device. The exit code is 1 if the ROM is damaged or belongs to another device.',
    positionals: {
      rom: {
        describe: 'File, or device by address or any selector that matches one',
        completes: ['selector', 'file'],
      },
    },
    options: {
      for: {
        describe: 'Check the file against this device; default: report which devices of the host it matches',
        type: 'string',
        valueName: 'DEVICE',
        completes: 'selector',
      },
      allow,
      ...READING_OPTIONS,
    },
    examples: [
      ['sudo pci rom inspect 01:00.0', 'the ROM of a card'],
      ['pci rom inspect card.rom', 'a ROM file'],
      ['pci rom inspect card.rom --for 01:00.0', 'check a file against a card'],
    ],
    load: async () => (await import('../commands/rom/rom-inspect.ts')).runRomInspect,
  }),
  defineCommand({
    name: 'rom dump',
    summary: 'Save the option ROM of a device to a file',
    description:
      'Read the option ROM of a device and write it to a file for pci xml --rom. The ROM is enabled, read twice, and always disabled again. The command refuses if a host driver uses the device. It does not write a ROM that is damaged or belongs to another device. The file is written completely or not at all.',
    positionals: {
      device: {
        describe: 'Address, or any selector that matches one device: netdev=enp1s0',
        completes: 'selector',
      },
    },
    options: {
      output: { describe: 'File to write', type: 'string', valueName: 'FILE', alias: 'o', completes: 'file' },
      overwrite: { describe: 'Replace an existing file that differs', type: 'boolean' },
      'dry-run': { ...dryRun, describe: 'Report whether the ROM would be read, and change nothing' },
      allow,
      ...READING_OPTIONS,
    },
    examples: [
      ['sudo pci rom dump 01:00.0 -o card.rom', 'save the ROM of a card'],
      ['pci xml 01:00.0 --rom card.rom', 'use the file for a VM'],
      ['pci rom dump 01:00.0 -o card.rom --dry-run', 'check whether the ROM can be read'],
    ],
    load: async () => (await import('../commands/rom/rom-dump.ts')).runRomDump,
  }),
];
