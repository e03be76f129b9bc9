import { PortalGunError } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import type { AssignedDevice } from '../../libvirt/assignment/assignment.ts';
import { addressOf } from '../../libvirt/assignment/assignment.ts';
import { plainHostDevice, plainVfInterface } from '../../libvirt/hostdev/host-device.ts';
import { isNetworkVf } from '../../libvirt/hostdev/to-hostdev.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { DeviceWith } from '../../pci/device.ts';
import type { TraitField } from '../../pci/device-traits.ts';
import { topologyPath } from '../../pci/location.ts';
import { isDeviceOf } from '../../pci/persisted/find-persisted.ts';
import type { PhysicalFunction } from '../../pci/sriov/sriov.ts';
import { vfAddress } from '../../pci/sriov/vf-address.ts';
import { isNoVlan } from '../../pci/sriov/vf-settings.ts';
import { type PfField, pfRoleOf, type VfField } from '../sriov/plan-vfs.ts';
import type { PfState, VfWishes } from '../sriov/vf-goal.ts';
import { stableMacOf } from '../sriov/vfs-states.ts';
import type { AssigningField, DeviceToAssign } from './plan-assignment.ts';

/** The facts of a PF for its pool. */
export type PoolField = PfField | AssigningField;
/** The facts of existing VFs for the pool. */
export type PooledVfField = VfField | 'device';

/** The addresses of the VFs of a PF, existing and possible ones. */
export interface VfPlaces {
  readonly pf: DeviceWith<TraitField>;
  /** By index, for the maximum number; `null` if the address is unknown. */
  readonly addresses: readonly (PciAddress | null)[];
}

/** A PF with the facts for its pool. */
export type PoolState = PfState<DeviceWith<PoolField>, DeviceWith<PooledVfField>>;

/** The VFs of a PF, to be assigned to one VM each. */
export interface VfPool extends VfPlaces {
  readonly state: PoolState;
  readonly role: PhysicalFunction;
}

/**
 * The pool of a PF.
 *
 * @throws PortalGunError NO_SRIOV
 */
export function vfPoolOf(state: PoolState): VfPool {
  const { pf } = state;
  const role = pfRoleOf(pf);
  return { state, role, pf, addresses: vfPlacesOf(pf, role).addresses };
}

/** The addresses of the VFs of a PF. */
export function vfPlacesOf(pf: DeviceWith<TraitField>, role: PhysicalFunction): VfPlaces {
  const { totalVfs, virtualFunctions } = role;
  const registers = knownValue(knownValue(pf.config)?.sriov ?? null);
  // Kernels before 4.13 have them only in the registers.
  const offset = knownValue(role.offset) ?? registers?.vfOffset;
  const stride = knownValue(role.stride) ?? registers?.vfStride;
  const most = knownValue(totalVfs) ?? virtualFunctions.length;
  const addresses = Array.from({ length: most }, (_, index) => {
    const there = virtualFunctions[index];
    if (there !== undefined || offset === undefined || stride === undefined) return there ?? null;
    return vfAddress(pf.address, { offset, stride }, index);
  });
  return { pf, addresses };
}

/** The index of the VF at an address, existing or future; `null` for none. */
export function indexAt({ addresses }: VfPlaces, address: PciAddress): number | null {
  const index = addresses.indexOf(address);
  return index < 0 ? null : index;
}

/** The index of an assigned VF, also if the PF moved since, or the buses were renumbered; `null` for none. */
export function indexOf(places: VfPlaces, assigned: AssignedDevice): number | null {
  const vf = assigned.assignment?.device.vf;
  if (vf !== undefined) return isDeviceOf(vf.pf, places.pf) ? vf.index : null;
  const address = addressOf(assigned);
  const index = address === null ? null : indexAt(places, address);
  const location = knownValue(places.pf.location);
  const path = assigned.assignment?.device.path;
  if (index !== null || path === undefined || location === undefined) return index;
  const found = places.addresses.findIndex((each) => each !== null && topologyPath(location, each) === path);
  return found < 0 ? null : found;
}

/**
 * A VF in the form for a VM of a pool, with its persisted MAC and VLAN: for a network card an interface with the MAC
 * of the stable scheme. Only its place and id identify it, because these are known before it exists. Its group, and
 * the MAC that a driver sees, change each time it is created.
 *
 * @throws PortalGunError CANNOT_PERSIST if its address or ids cannot be computed; BAD_ARGUMENT
 */
export function poolDevice(
  pool: VfPool,
  index: number,
  vlan: number | null,
  wishes: VfWishes,
): DeviceToAssign {
  const { state, role } = pool;
  const { pf, vfs, link } = state;
  const address = pool.addresses[index] ?? null;
  const registers = knownValue(knownValue(pf.config)?.sriov ?? null);
  const id = knownValue(role.vfDeviceId) ?? registers?.vfDeviceId;
  if (address === null || (vfs[index] === undefined && id === undefined)) {
    throw new PortalGunError('CANNOT_PERSIST', `the address and ids of its future VF ${index} are unknown`, {
      subject: pf.address,
      hint: `create it first: pci sriov set ${pf.address} --vfs ${index + 1}`,
    });
  }
  const device: DeviceWith<AssigningField> = {
    ...pf,
    address,
    device: vfs[index]?.device ?? { id: id ?? '', name: null },
    sriov: { role: 'vf', physicalFunction: pf.address, index },
    ...{ subsystem: null, config: null, vpd: null, attachments: null, iommuGroup: null },
  };
  const common = { device, policy: 'vf-pool', asked: true, others: [pf] } as const;
  if (isNetworkVf(device) && link !== null) {
    // libvirt removes settings that are not in the XML.
    const kept = wishes.vlan === undefined || isNoVlan(wishes.vlan) ? null : wishes.vlan.id;
    const held = vlan ?? kept;
    const vlans = held === null ? [] : [held];
    const mac = wishes.mac === undefined || wishes.mac === 'driver' ? stableMacOf(state, index) : wishes.mac;
    return { ...common, handed: { ...plainVfInterface(address), mac, vlans } };
  }
  if (vlan !== null) {
    throw new PortalGunError(
      'BAD_ARGUMENT',
      `VFs of ${pf.address} have no VLAN: it has no network interface`,
      {
        subject: '--vlan',
        hint: 'leave it out',
      },
    );
  }
  return { ...common, handed: plainHostDevice(address) };
}
