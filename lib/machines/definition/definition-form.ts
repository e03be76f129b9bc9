import * as z from 'zod/mini';
import { withHint, yamlList, yamlParsed, yamlText } from '../../base/yaml-form.ts';
import { CATEGORIES, isCategory } from '../../libvirt/machine/category.ts';
import { provisionEntryForm } from '../provision/module-table.ts';
import { bootFile, IMAGE_NAME, imageFile } from './definition-paths.ts';
import { parseDeviceSelector } from './device-selector.ts';
import { flag, insidePath, integer, key, longText, name, oneOf, required, size, text } from './form-parts.ts';
import {
  ACCELERATORS,
  AGENT_TRANSPORTS,
  ARCHITECTURES,
  DEFINITION_FORMAT,
  DISK_BUSES,
  DISK_CACHES,
  DISK_FORMATS,
  DISPLAYS,
  EVENT_ACTIONS,
  FIRMWARES,
  NIC_MODELS,
  SHARE_DRIVERS,
  SHARE_MODES,
  WATCHDOG_ACTIONS,
} from './machine-definition.ts';

/*
 * The form of a machine definition, as a zod schema. Its JSON Schema for editors is generated from it: `description`
 * texts are documentation, and `jsonForm` gives the JSON type of values without quotes.
 */

const MAX_CPUS = 512;
const MAX_HOST_CPU = 4095;
const MAX_ROOT_PORTS = 24;

/** The form of a machine's name. With it, paths of sockets stay below the 107 bytes of the kernel. */
export const MACHINE_NAME = /^[a-z][a-z0-9-]{0,40}$/;
export const MACHINE_NAME_WORDS = 'a lowercase letter and up to 40 lowercase letters, digits and hyphens';

const category = yamlText.check(
  z.refine(isCategory, {
    error: withHint(
      'must be a category: a lowercase letter and up to 62 lowercase letters, digits and hyphens',
      `known are ${CATEGORIES.join(', ')}`,
    ),
  }),
);

const cpusForm = z.union([
  integer(1, MAX_CPUS),
  z.strictObject({
    count: key(integer(1, MAX_CPUS), 'Number of virtual CPUs.'),
    pin: key(
      yamlList(integer(0, MAX_HOST_CPU)),
      'CPUs of the host, one for each virtual CPU, in order. Empty: any CPU.',
    ),
    sockets: key(
      integer(1, MAX_CPUS),
      'Sockets that the guest sees. Default: 1, if cores or threads are given.',
    ),
    cores: key(integer(1, MAX_CPUS), 'Cores of each socket. Default: as many as `count` needs.'),
    threads: key(integer(1, MAX_CPUS), 'Threads of each core. Default: 1, if sockets or cores are given.'),
    model: key(
      text(/^[A-Za-z0-9._-]{1,64}$/, 'must be a CPU model of libvirt, host-passthrough or host-model'),
      'CPU model of libvirt, `host-passthrough` or `host-model`.',
    ),
  }),
]);

const memoryForm = z.union([
  size(),
  z.strictObject({
    size: key(size(), 'Amount of memory.'),
    hugepages: key(flag(), 'Whether the memory is allocated from huge pages of the host.'),
  }),
]);

const bootForm = z.strictObject({
  profile: key(
    text(IMAGE_NAME, 'must be the name of boot assets'),
    'Boot assets of the store: `minivm`, `debian`.',
  ),
  kernel: key(
    bootFile,
    'Kernel: a path in the folder, or `store:SHA256`. Never a file of the /boot of the host.',
  ),
  initrd: key(bootFile, 'Initramfs: a path in the folder, or `store:SHA256`.'),
  arguments: key(
    z.union([longText, z.array(longText)]),
    'Kernel arguments. The console of the machine is added in front.',
  ),
});

const osForm = z.strictObject({
  id: key(
    text(/^[a-z0-9][a-z0-9.-]{0,62}$/, 'must be an id of osinfo-db, such as debian12'),
    'Id in osinfo-db: `debian12`.',
  ),
  root: key(
    imageFile,
    'Root image: `image:NAME` of the store, or a path in the folder. It is never changed.',
  ),
  size: key(size(), 'Size of the root disk. Default: that of the image.'),
  ephemeral: key(
    flag(),
    'Whether changes of the root disk are dropped when the VM stops. A reboot of the guest keeps them.',
  ),
});

const diskForm = z.strictObject({
  name: required(name(), 'Name of the disk: part of its file name, and its serial number in the guest.'),
  size: key(size(), 'Size of a disk that is created.'),
  source: key(imageFile, 'A file in the folder, or `image:NAME` of the store, in place of a new disk.'),
  format: key(oneOf(DISK_FORMATS), 'Format of the file.'),
  bus: key(oneOf(DISK_BUSES), 'How the guest sees the disk.'),
  cache: key(oneOf(DISK_CACHES), 'How the host caches it. Default: that of QEMU.'),
  readonly: key(flag(), 'Whether the guest can only read it.'),
  cdrom: key(flag(), 'Whether it is a CD-ROM, for example an installer.'),
});

const nicForm = z.strictObject({
  network: key(
    text(/^[a-z0-9][a-z0-9._/-]{0,49}$/, 'must be the name of a network'),
    'Network of libvirt, or `isolated/NAME` for an isolated network that portal-gun creates.',
  ),
  bridge: key(
    text(/^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/, 'must be the name of a bridge: up to 15 characters'),
    'Bridge of the host, in place of a network.',
  ),
  model: key(oneOf(NIC_MODELS), 'How the guest sees the card.'),
  mac: key(
    text(
      /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/,
      'must be a unicast MAC address in lowercase, such as 02:00:0a:0b:00:01',
    ),
    'MAC address. Default: one that portal.lock keeps.',
  ),
  boot: key(flag(), 'Whether the firmware starts from the network by this card (PXE), after the disks.'),
});

/** The keys of an entry of `pci` that name parts of an identity. */
export const IDENTITY_KEYS = ['id', 'subsystem', 'serial', 'mac', 'path', 'slot'] as const;
const identityText = text(/^[\x21-\x7e][\x20-\x7e]{0,199}$/, 'must be up to 200 printable characters');

const pciForm = z.strictObject({
  select: key(
    yamlParsed(parseDeviceSelector, 'BAD_SELECTOR', ({ subject, message }) => `"${subject}" ${message}`),
    'Selector of `pci`, with blanks or commas between its parts: the devices that match it, with their IOMMU groups. `!uplink` leaves out those by which the host is on a network.',
  ),
  id: key(identityText, 'Vendor and device id: `8086:10c9`.'),
  subsystem: key(identityText, 'Subsystem ids.'),
  serial: key(identityText, 'Serial number.'),
  mac: key(identityText, 'MAC address of its first network interface.'),
  path: key(identityText, 'Position behind bridges: `pci0000:00/01.0/00.0`.'),
  slot: key(identityText, 'Label of the slot.'),
  rom: key(flag(), 'Whether the guest sees its option ROM.'),
});

const shareForm = z.strictObject({
  name: required(name(), 'Tag that the guest mounts it by.'),
  source: required(insidePath, 'Directory in the folder of the machine.'),
  mode: key(oneOf(SHARE_MODES), 'Whether the guest can write: `ro` or `rw`.'),
  driver: key(oneOf(SHARE_DRIVERS), 'How it is shared: `9p` or `virtiofs`.'),
});

const consoleForm = z.strictObject({
  of: required(
    text(
      /^([a-z][a-z0-9-]{0,40}|type=[a-z][a-z0-9-]{0,62})$/,
      'must be the name of a machine, or type=CATEGORY for all machines of a category',
    ),
    'The name of a machine, or `type=CATEGORY` for all machines of a category.',
  ),
  write: key(flag(), 'Whether this machine can also send keys to the console.'),
});

/** The form of a machine definition. */
export const definitionForm = z.strictObject({
  $schema: key(yamlText, 'JSON Schema, for editors.'),
  apiVersion: key(z.literal(DEFINITION_FORMAT), 'Format of this file.'),
  kind: key(z.literal('Machine'), 'What the file defines.'),
  category: required(category, `Category of the machine: ${CATEGORIES.join(', ')}, or a name of your own.`),
  title: key(longText, 'Title, for people.'),
  description: key(longText, 'Description, for people.'),
  architecture: key(oneOf(ARCHITECTURES), 'Architecture of the guest.'),
  accelerator: key(oneOf(ACCELERATORS), '`auto` uses KVM if the host has it.'),
  cpus: key(cpusForm, 'Number of virtual CPUs, or more about them.'),
  memory: key(memoryForm, 'Memory with its unit: `256MiB`.'),
  firmware: key(oneOf(FIRMWARES), '`none` starts the kernel directly.'),
  boot: key(bootForm, 'Kernel that is started directly.'),
  os: key(osForm, 'Operating system and root disk.'),
  disks: key(yamlList(diskForm), 'Further disks.'),
  nics: key(yamlList(nicForm), 'Virtual network cards.'),
  pci: key(yamlList(pciForm), 'Devices of the host that the machine gets.'),
  shares: key(yamlList(shareForm), 'Directories that are shared with the guest.'),
  consoles: key(
    yamlList(consoleForm),
    'Serial consoles of other machines that this machine sees, each on a port of its own.',
  ),
  display: key(oneOf(DISPLAYS), '`none` has only the serial console.'),
  nested: key(flag(), 'Whether the guest can run VMs.'),
  iommu: key(flag(), 'Whether the guest has an IOMMU.'),
  rng: key(flag(), 'Whether the guest gets random numbers from the host.'),
  watchdog: key(oneOf(WATCHDOG_ACTIONS), 'Action of a watchdog if the guest hangs.'),
  tpm: key(flag(), 'Whether the guest has an emulated TPM.'),
  vsock: key(flag(), 'Whether the guest has a vsock device.'),
  agent: key(oneOf(AGENT_TRANSPORTS), 'How the host reaches the agent of the guest. `none`: not at all.'),
  'spare-root-ports': key(integer(0, MAX_ROOT_PORTS), 'Free PCIe root ports, for devices attached later.'),
  autostart: key(flag(), 'Whether libvirt starts it when the host boots.'),
  on: key(
    z.strictObject({
      reboot: key(oneOf(EVENT_ACTIONS), 'When the guest reboots.'),
      crash: key(oneOf(EVENT_ACTIONS), 'When the guest crashes.'),
    }),
    'Reactions to events.',
  ),
  after: key(
    yamlList(text(MACHINE_NAME, `must be the name of a machine: ${MACHINE_NAME_WORDS}`)),
    'Machines that are started before it.',
  ),
  provision: key(
    yamlList(provisionEntryForm),
    'What its guest has inside, by modules: see the [modules](provision-modules.md).',
  ),
});

/** The content of a file, in its form. */
export type WrittenDefinition = z.output<typeof definitionForm>;
/** An entry of `pci`. */
export type WrittenPci = z.output<typeof pciForm>;
