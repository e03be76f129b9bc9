import type { XmlNode } from '../../libvirt/xml/xml-text.ts';
import type { DiskBus } from '../definition/machine-definition.ts';
import type { ResolvedDisk, ResolvedMachine } from '../resolved-machine.ts';
import { boardAddress, portAddress, sataAddress } from './pci-places.ts';

const SATA_PORTS = 6;
/** The first letters of names of disks in a definition of libvirt. They order disks, and are not those in the guest. */
const NAME_PREFIXES: Readonly<Record<DiskBus, string>> = { virtio: 'vd', sata: 'sd', scsi: 'sd', usb: 'sd' };

/** The disks that have a root port of their own. */
export function pluggedDisks({ disks }: ResolvedMachine): readonly ResolvedDisk[] {
  return disks.filter(({ bus }) => bus === 'virtio');
}

/**
 * Whether a disk is new at each start: libvirt puts an overlay over its file when the VM starts, whoever starts it, and
 * removes the overlay when the VM stops. A reboot of the guest keeps it.
 */
export function isEphemeral({ content }: ResolvedDisk): boolean {
  return content.kind === 'overlay' && content.ephemeral;
}

/** The overlay that libvirt creates for an {@link isEphemeral} disk. It refuses to start if the file exists. */
export function overlayPath({ path }: ResolvedDisk, machine: string): string {
  return `${path}.TRANSIENT-${machine}`;
}

/**
 * The disks of a machine, and the controllers that they need.
 *
 * @param firstBus of the root ports of {@link pluggedDisks}
 */
export function diskNodes(machine: ResolvedMachine, firstBus: number): readonly XmlNode[] {
  const { disks } = machine;
  const boots = machine.kernel === null;
  return disks.map((disk, at) => {
    const number = before(disks, at, ({ bus }) => bus === disk.bus);
    const inNames = before(disks, at, ({ bus }) => NAME_PREFIXES[bus] === NAME_PREFIXES[disk.bus]);
    return {
      name: 'disk',
      attributes: { type: 'file', device: disk.cdrom ? 'cdrom' : 'disk' },
      content: [
        {
          name: 'driver',
          // Space that the guest discards is given back to the host.
          attributes: {
            name: 'qemu',
            type: disk.format,
            cache: disk.cache ?? undefined,
            discard: disk.cdrom ? undefined : 'unmap',
          },
        },
        { name: 'source', attributes: { file: disk.path } },
        {
          name: 'target',
          attributes: { dev: `${NAME_PREFIXES[disk.bus]}${letters(inNames)}`, bus: disk.bus },
        },
        disk.readOnly || disk.cdrom ? { name: 'readonly' } : undefined,
        isEphemeral(disk) ? { name: 'transient' } : undefined,
        { name: 'serial', content: disk.name },
        // Firmware tries them in their order: an installer follows the disk that it fills.
        boots ? { name: 'boot', attributes: { order: String(at + 1) } } : undefined,
        addressOf(disk.bus, number, firstBus),
      ],
    };
  });
}

/** Controllers of SATA and SCSI disks. */
export function diskControllers({ disks, definition }: ResolvedMachine): readonly XmlNode[] {
  const count = (wanted: DiskBus): number => disks.filter(({ bus }) => bus === wanted).length;
  const hasChipset = definition.architecture === 'x86_64';
  const sata = Array.from({ length: Math.ceil(count('sata') / SATA_PORTS) }, (_, index): XmlNode => {
    const beside = hasChipset ? index - 1 : index;
    return {
      name: 'controller',
      attributes: { type: 'sata', index: String(index) },
      content: beside < 0 ? [] : [sataAddress(beside)],
    };
  });
  if (count('scsi') === 0) return sata;
  const scsi: XmlNode = {
    name: 'controller',
    attributes: { type: 'scsi', index: '0', model: 'virtio-scsi' },
    content: [boardAddress('scsi')],
  };
  return [...sata, scsi];
}

function addressOf(bus: DiskBus, number: number, firstBus: number): XmlNode | undefined {
  switch (bus) {
    case 'virtio':
      return portAddress(firstBus + number);
    case 'sata':
      return driveAddress(Math.floor(number / SATA_PORTS), number % SATA_PORTS);
    case 'scsi':
      return driveAddress(0, number);
    case 'usb':
      return undefined;
  }
}

function driveAddress(controller: number, unit: number): XmlNode {
  return {
    name: 'address',
    attributes: { type: 'drive', controller: String(controller), bus: '0', target: '0', unit: String(unit) },
  };
}

function before<T>(all: readonly T[], at: number, isCounted: (one: T) => boolean): number {
  return all.slice(0, at).filter(isCounted).length;
}

/** The letters of a disk's name: a to z, aa, ab … */
function letters(number: number): string {
  const last = String.fromCharCode(0x61 + (number % 26));
  return number < 26 ? last : letters(Math.floor(number / 26) - 1) + last;
}
