import { isUnknown, type Known, UNREAD } from '../../base/known.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { HostdevPool } from '../hostdev/host-device.ts';
import type { FoundDevice, TakenDevice } from './taken-device.ts';

/** A device that a machine takes, with the functions of the host that it stands for. */
export interface GivenDevice extends FoundDevice {
  /**
   * The functions that it takes. Of a pool of VFs it takes one at its start, whichever is free: all of them are here. None if
   * what it names is not there; unknown if that could not be found out, and it may be any.
   */
  readonly functions: Known<readonly PciAddress[]>;
  /** The PFs that have to stay with the host for that, if it takes VFs of a pool. */
  readonly carriers: readonly PciAddress[];
}

/** The VFs of a network interface of a PF. */
interface InterfaceVfs {
  readonly pf: PciAddress;
  readonly vfs: readonly PciAddress[];
}

/** Facts of a host about objects that machines name other than by a PCI address; `null` if there is no such object. */
export interface HostLookup {
  vfsOfInterface(name: string): Known<InterfaceVfs>;
  parentOfMdev(uuid: string): Known<PciAddress>;
  functionOfVdpa(path: string): Known<PciAddress>;
  pfOf(vf: PciAddress): PciAddress | null;
}

/** If no host is read beside the documents. */
export const NO_HOST: HostLookup = {
  vfsOfInterface: () => UNREAD,
  parentOfMdev: () => UNREAD,
  functionOfVdpa: () => UNREAD,
  pfOf: () => null,
};

/** The networks that machines name: `null` for one that is no pool of VFs, or that is not there. */
export type Networks = ReadonlyMap<string, Known<HostdevPool>>;

/** The functions that a machine's devices mean. Interfaces of a network that is no pool are left out: they take none. */
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

/** Whether a device is, or may be, among what is taken, or carries it. */
export function mayTake({ functions, carriers }: GivenDevice, address: PciAddress): boolean {
  return (
    functions === null || isUnknown(functions) || functions.includes(address) || carriers.includes(address)
  );
}

/** Whether a device is taken for sure, by its address: not as one of a pool. */
export function takesForSure({ device, functions }: GivenDevice, address: PciAddress): boolean {
  if (device.kind === 'pool-interface' || functions === null || isUnknown(functions)) return false;
  return functions.includes(address);
}

/** The one function that is taken for sure; `null` if there is none. */
export function soleFunction({ device, functions }: GivenDevice): PciAddress | null {
  if (device.kind === 'pool-interface' || functions === null || isUnknown(functions)) return null;
  return functions[0] ?? null;
}

/** What a device is called: its address, or what else the document names it by. */
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
