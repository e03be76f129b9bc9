import { PortalGunError } from '../../base/errors.ts';
import { BROKEN, type Known } from '../../base/known.ts';
import type { MachineNeeds, NeededDevice } from '../../facts/machine-needs.ts';
import { guestIommuOf, readTopology, requesterOf } from '../assignment/guest-buses.ts';
import { childOf, childrenOf, childText, type XmlElement } from '../xml/xml-element.ts';
import { heldFunction } from './held-functions.ts';
import { bytesIn } from './machine.ts';
import { type KnownMachine, mainDocument } from './read-machines.ts';
import type { TakenDevice } from './taken-device.ts';
import { type GivenDevice, nameOfTaken } from './taken-functions.ts';

/**
 * The requirements of a VM's definition on its host: https://libvirt.org/formatdomain.html. For a transient VM, those
 * of the running VM.
 *
 * @param isThere whether a file of the host exists
 */
export function needsOf(known: KnownMachine, isThere: (path: string) => Known<boolean>): MachineNeeds {
  const { document, machine } = mainDocument(known);
  const { root } = document;
  const devices = childOf(root, 'devices');
  return {
    name: known.name,
    isRunning: known.state !== 'shut-off',
    hasManagedSave: known.hasManagedSave,
    type: machine.type,
    memoryBytes: machine.memoryBytes,
    hardLimitBytes: bytesIn(childOf(childOf(root, 'memtune'), 'hard_limit')),
    hugePageBytes: hugePageBytesOf(childOf(childOf(root, 'memoryBacking'), 'hugepages')),
    iommu: guestIommuOf(root),
    wantsUefi: childOf(root, 'os')?.attributes.get('firmware') === 'efi',
    wantsVirtiofs: childrenOf(devices, 'filesystem').some(
      (each) => childOf(each, 'driver')?.attributes.get('type') === 'virtiofs',
    ),
    files: new Map(filesOf(root).map((path) => [path, isThere(path)])),
    devices: machine.devices.map((given) => neededDevice(root, given)),
  };
}

function hugePageBytesOf(element: XmlElement | undefined): Known<number> {
  if (element === undefined) return null;
  const page = childOf(element, 'page');
  if (page === undefined) return 0;
  const size = page.attributes.get('size') ?? '';
  const unit = page.attributes.get('unit') ?? 'KiB';
  return bytesIn({ ...page, text: size, attributes: new Map([['unit', unit]]) }) ?? BROKEN;
}

function neededDevice(root: XmlElement, given: GivenDevice): NeededDevice {
  const { device, functions, carriers } = given;
  return {
    kind: device.kind,
    name: nameOfTaken(device),
    address: 'address' in device ? device.address : null,
    functions,
    carriers,
    isManaged: isManagedOf(device),
    requester: requesterIn(root, device),
  };
}

/** An argument for QEMU binds nothing to vfio-pci. */
function isManagedOf(device: TakenDevice): boolean | null {
  if (device.kind === 'argument') return device.address === null ? null : false;
  return 'isManaged' in device ? device.isManaged : null;
}

function requesterIn(root: XmlElement, device: TakenDevice): string | null {
  const place = heldFunction(device)?.guestAddress ?? null;
  if (place === null) return null;
  try {
    return requesterOf(readTopology(root), place);
  } catch (error) {
    if (error instanceof PortalGunError) return null;
    throw error;
  }
}

/** The files that the VM names by a path and cannot start without. */
function filesOf(root: XmlElement): readonly string[] {
  const devices = childOf(root, 'devices');
  const os = childOf(root, 'os');
  const disks = childrenOf(devices, 'disk').filter(
    // An optional disk, and one that is empty, do not prevent a VM from starting.
    (disk) =>
      disk.attributes.get('type') === 'file' && !childOf(disk, 'source')?.attributes.has('startupPolicy'),
  );
  const paths = [
    childText(devices, 'emulator'),
    ...['loader', 'kernel', 'initrd'].map((name) => childText(os, name)),
    ...disks.map((disk) => childOf(disk, 'source')?.attributes.get('file')),
    ...[...childrenOf(devices, 'hostdev'), ...childrenOf(devices, 'interface')].map((device) =>
      childOf(device, 'rom')?.attributes.get('file'),
    ),
  ];
  return [...new Set(paths.filter((path) => path?.startsWith('/')))] as readonly string[];
}
