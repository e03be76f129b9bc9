import { isUnknown, type Known, UNREAD } from '../../base/known.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { HostdevPool } from '../hostdev/host-device.ts';
import type { FoundDevice, TakenDevice } from './taken-device.ts';

/** A device of a VM, with its functions on the host. */
export interface GivenDevice extends FoundDevice {
  /**
   * Its functions. A pool of VFs provides one free VF at the start of the VM: this list has all of them. Empty if the
   * device does not exist; unknown if it may be any.
   */
  readonly functions: Known<readonly PciAddress[]>;
  /** The PFs that must stay with the host for it, if it is a VF of a pool. */
  readonly carriers: readonly PciAddress[];
}

/** The VFs of a network interface of a PF. */
interface InterfaceVfs {
  readonly pf: PciAddress;
  readonly vfs: readonly PciAddress[];
}

/** Facts of a host about objects that VMs name without a PCI address; `null` if there is no such object. */
export interface HostLookup {
  vfsOfInterface(name: string): Known<InterfaceVfs>;
  parentOfMdev(uuid: string): Known<PciAddress>;
  functionOfVdpa(path: string): Known<PciAddress>;
  pfOf(vf: PciAddress): PciAddress | null;
}

/** For documents without a host. */
export const NO_HOST: HostLookup = {
  vfsOfInterface: () => UNREAD,
  parentOfMdev: () => UNREAD,
  functionOfVdpa: () => UNREAD,
  pfOf: () => null,
};

/** The networks of VMs: `null` for one that is not a pool of VFs, or that does not exist. */
export type Networks = ReadonlyMap<string, Known<HostdevPool>>;

/** The functions of a VM's devices. Interfaces of a network that is not a pool are omitted: they use none. */
export function withFunctions(
  found: readonly FoundDevice[],
  networks: Networks,
  host: HostLookup,
): readonly GivenDevice[] {
  return found.flatMap((each): readonly GivenDevice[] => {
    const { device } = each;
    if (device.kind !== 'pool-interface') {
      return [{ ...each, functions: functionsOf(device, host), carriers: [] }];
    }
    const pool = networks.get(device.network) ?? null;
    if (pool === null) return [];
    return [
      { ...each, ...(isUnknown(pool) ? { functions: pool, carriers: [] } : functionsOfPool(pool, host)) },
    ];
  });
}

function functionsOf(
  device: Exclude<TakenDevice, { readonly kind: 'pool-interface' }>,
  host: HostLookup,
): Known<readonly PciAddress[]> {
  switch (device.kind) {
    case 'hostdev':
    case 'interface':
    case 'nvme':
      return [device.address];
    case 'mdev':
      return listOf(host.parentOfMdev(device.uuid));
    case 'vdpa':
      return listOf(host.functionOfVdpa(device.path));
    case 'argument':
      if (device.address !== null) return [device.address];
      if (device.uuid !== null) return listOf(host.parentOfMdev(device.uuid));
      return device.path === null ? UNREAD : listOf(host.functionOfVdpa(device.path));
    case 'unread':
      return device.address === null ? UNREAD : [device.address];
  }
}

function listOf(address: Known<PciAddress>): Known<readonly PciAddress[]> {
  return isUnknown(address) ? address : address === null ? [] : [address];
}

function functionsOfPool(
  { pf, addresses }: HostdevPool,
  host: HostLookup,
): Pick<GivenDevice, 'functions' | 'carriers'> {
  const carriers = new Set(addresses.flatMap((address) => host.pfOf(address) ?? []));
  if (pf === null) return { functions: addresses, carriers: [...carriers] };
  const found = host.vfsOfInterface(pf);
  if (isUnknown(found)) return { functions: found, carriers: [...carriers] };
  if (found === null) return { functions: addresses, carriers: [...carriers] };
  return { functions: [...addresses, ...found.vfs], carriers: [...new Set([...carriers, found.pf])] };
}

/** Whether a VM's device is, or may be, a given device, or needs it as its PF. */
export function mayTake({ functions, carriers }: GivenDevice, address: PciAddress): boolean {
  return (
    functions === null || isUnknown(functions) || functions.includes(address) || carriers.includes(address)
  );
}

/** Whether it certainly uses a device, by its address: not as one of a pool. */
export function takesForSure({ device, functions }: GivenDevice, address: PciAddress): boolean {
  if (device.kind === 'pool-interface' || functions === null || isUnknown(functions)) return false;
  return functions.includes(address);
}

/** Its only function, if it is certain; `null` otherwise. */
export function soleFunction({ device, functions }: GivenDevice): PciAddress | null {
  if (device.kind === 'pool-interface' || functions === null || isUnknown(functions)) return null;
  return functions[0] ?? null;
}

/** The name of a device: its address, or its name in the document. */
export function nameOfTaken(device: TakenDevice): string {
  switch (device.kind) {
    case 'hostdev':
    case 'interface':
    case 'nvme':
      return device.address;
    case 'mdev':
      return `mdev ${device.uuid}`;
    case 'vdpa':
      return device.path;
    case 'pool-interface':
      return `network ${device.network}`;
    case 'argument':
      return device.address ?? device.uuid ?? device.path ?? device.text;
    case 'unread':
      return device.problem;
  }
}
