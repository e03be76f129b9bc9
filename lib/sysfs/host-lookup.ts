import { BROKEN, isUnknown, type Known, knownValue, UNREAD } from '../base/known.ts';
import { type HostReader, isFailure, knownOf } from '../host/host-reader.ts';
import { type PciAddress, parsePciAddress } from '../pci/address.ts';
import type { DeviceWith } from '../pci/device.ts';
import { lastName, SYS_PATHS } from './paths.ts';

/** The VFs of a PF's network interface. */
interface InterfaceVfs {
  readonly pf: PciAddress;
  readonly vfs: readonly PciAddress[];
}

/**
 * Finds the functions behind other names in VM definitions: a network interface of a PF, a mediated device, a vDPA
 * node. `null` if they do not exist.
 */
export function hostLookup(host: HostReader, devices: readonly DeviceWith<'netInterfaces' | 'sriov'>[]) {
  return {
    vfsOfInterface: (name: string): Known<InterfaceVfs> => vfsOfInterface(devices, name),
    parentOfMdev: (uuid: string): Known<PciAddress> =>
      functionIn(host.readLink(`${SYS_PATHS.mdevDevices}/${uuid}`)),
    functionOfVdpa: (path: string): Known<PciAddress> => functionOfVdpa(host, lastName(path)),
    pfOf: (vf: PciAddress): PciAddress | null => {
      const role = knownValue(devices.find(({ address }) => address === vf)?.sriov ?? null);
      return role?.role === 'vf' ? role.physicalFunction : null;
    },
  };
}

/** Reads the files that {@link hostLookup} may need, so that they are in a snapshot. */
export function readLookups(host: HostReader): void {
  for (const folder of [SYS_PATHS.mdevDevices, SYS_PATHS.vdpaDevices]) {
    const names = host.list(folder);
    if (names === null || isFailure(names)) continue;
    for (const name of names) {
      host.readLink(`${folder}/${name}`);
      if (folder === SYS_PATHS.vdpaDevices) host.list(`${folder}/${name}`);
    }
  }
}

function vfsOfInterface(
  devices: readonly DeviceWith<'netInterfaces' | 'sriov'>[],
  name: string,
): Known<InterfaceVfs> {
  const owner = devices.find(({ netInterfaces }) => knownValue(netInterfaces)?.includes(name));
  if (owner === undefined) {
    return devices.some(({ netInterfaces }) => isUnknown(netInterfaces)) ? UNREAD : null;
  }
  if (isUnknown(owner.sriov)) return owner.sriov;
  const vfs = owner.sriov?.role === 'pf' ? owner.sriov.virtualFunctions : [];
  return { pf: owner.address, vfs };
}

/** A node is a directory below its device: `/sys/bus/vdpa/devices/vdpa0/vhost-vdpa-0`. */
function functionOfVdpa(host: HostReader, node: string): Known<PciAddress> {
  const names = host.list(SYS_PATHS.vdpaDevices);
  if (names === null || isFailure(names)) return knownOf(names) as Known<PciAddress>;
  let unknown: Known<PciAddress> = null;
  for (const name of names) {
    const below = host.list(`${SYS_PATHS.vdpaDevices}/${name}`);
    if (isFailure(below)) unknown = knownOf<PciAddress>(below);
    else if (below?.includes(node)) return functionIn(host.readLink(`${SYS_PATHS.vdpaDevices}/${name}`));
  }
  return unknown;
}

/** The innermost PCI function on the path of a sysfs link target. */
function functionIn(target: ReturnType<HostReader['readLink']>): Known<PciAddress> {
  if (target === null || isFailure(target)) return knownOf(target) as Known<PciAddress>;
  return (
    target
      .split('/')
      .flatMap((part) => parsePciAddress(part) ?? [])
      .at(-1) ?? BROKEN
  );
}
