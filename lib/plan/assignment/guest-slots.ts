import { PortalGunError } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import type { AssignedDevice, AssignedState } from '../../libvirt/assignment/assignment.ts';
import { guestIommuOf, readTopology, requesterOf, slotKey } from '../../libvirt/assignment/guest-buses.ts';
import type { HeldFunction } from '../../libvirt/assignment/guest-topology.ts';
import { heldFunction } from '../../libvirt/machine/held-functions.ts';
import type { GuestAddress } from '../../libvirt/xml/pci-address-xml.ts';
import type { XmlElement } from '../../libvirt/xml/xml-element.ts';
import type { DeviceWith } from '../../pci/device.ts';
import { isBridge } from '../../pci/group/iommu-group.ts';

/** The functions that a VM uses in each of its slots. */
type UsedFunctions = ReadonlyMap<string, ReadonlySet<number>>;

/** The guest slots that a VM's document uses; none if its buses are unknown, and libvirt places its devices. */
export function usedFunctions(root: XmlElement): UsedFunctions {
  try {
    return readTopology(root).used;
  } catch (error) {
    if (error instanceof PortalGunError && error.code === 'NO_GUEST_SLOT') return new Map();
    throw error;
  }
}

/** The functions of a state, with their guest addresses. */
export function functionsOf({ devices }: AssignedState): readonly HeldFunction[] {
  return devices.flatMap(({ device }) => (device === null ? null : heldFunction(device)) ?? []);
}

/** Whether a place is in a slot whose function 0 belongs to another program, and is not multifunction yet. */
export function joinsAnothers(
  held: readonly HeldFunction[],
  { devices }: AssignedState,
  place: GuestAddress,
): boolean {
  if (place.function === 0) return false;
  const first = held.find(
    ({ guestAddress }) => slotKey(guestAddress) === slotKey(place) && guestAddress.function === 0,
  );
  const isOurs = devices.some(
    ({ device }) => device !== null && heldFunction(device)?.address === first?.address,
  );
  return first !== undefined && !isOurs && !first.guestAddress.multifunction;
}

/** Sets multifunction on each function 0 if its slot has others, as libvirt does. */
export function withMultifunction(
  devices: readonly AssignedDevice[],
  used: UsedFunctions,
): readonly AssignedDevice[] {
  const shared = new Map([...used].map(([slot, functions]) => [slot, new Set(functions)] as const));
  for (const place of devices.flatMap(({ device }) => device?.guestAddress ?? [])) {
    const functions = shared.get(slotKey(place)) ?? new Set<number>();
    shared.set(slotKey(place), functions.add(place.function));
  }
  return devices.map((each) => {
    const place = each.device?.guestAddress ?? null;
    if (place === null || place.function !== 0) return each;
    return placedAt(each, { ...place, multifunction: (shared.get(slotKey(place))?.size ?? 1) > 1 });
  });
}

/** The remaining devices, with a function 0 in every slot: without it a guest does not probe the others. */
export function withoutGaps(
  devices: readonly AssignedDevice[],
  lost: readonly AssignedDevice[],
  used: UsedFunctions,
): readonly AssignedDevice[] {
  const left = new Map([...used].map(([slot, functions]) => [slot, new Set(functions)] as const));
  const emptied: GuestAddress[] = [];
  for (const place of lost.flatMap(({ device }) => device?.guestAddress ?? [])) {
    left.get(slotKey(place))?.delete(place.function);
    if (place.function === 0) emptied.push(place);
  }
  const moved = emptied.reduce((all, place) => {
    const others = all.filter(
      ({ device }) => device?.guestAddress && slotKey(device.guestAddress) === slotKey(place),
    );
    const next = others.toSorted((a, b) => functionOf(a) - functionOf(b))[0];
    const isOurs = others.length === (left.get(slotKey(place))?.size ?? 0);
    if (next === undefined || !isOurs) return all;
    left.get(slotKey(place))?.delete(functionOf(next));
    left.get(slotKey(place))?.add(0);
    return all.map((each) => (each === next ? placedAt(each, { ...place, multifunction: false }) : each));
  }, devices);
  return withMultifunction(moved, left);
}

/**
 * An IOMMU of the guest has an address space for each function that it distinguishes, and the kernel of the host one
 * for each group: QEMU does not start such a VM.
 *
 * @throws PortalGunError CANNOT_BE_GIVEN
 */
export function refuseTornGroups(
  name: string,
  root: XmlElement,
  devices: readonly DeviceWith<'class' | 'config' | 'iommuGroup'>[],
  places: readonly HeldFunction[],
): void {
  if (guestIommuOf(root) === null) return;
  const topology = readTopology(root);
  const going = devices.filter((device) => !isBridge(device));
  for (const group of new Set(going.flatMap(({ iommuGroup }) => knownValue(iommuGroup) ?? []))) {
    const members = going.filter(({ iommuGroup }) => iommuGroup === group);
    const requesters = members.map((device) => {
      const place = places.find(({ address }) => address === device.address)?.guestAddress;
      return place === undefined ? device.address : requesterOf(topology, place);
    });
    if (new Set(requesters).size < 2) continue;
    const addresses = members.map(({ address }) => address);
    throw new PortalGunError(
      'CANNOT_BE_GIVEN',
      `has an IOMMU in its guest, which gives ${addresses.join(' and ')} an address space each; they share IOMMU group ${group} of the host, and QEMU does not start`,
      {
        subject: name,
        hint: "remove <iommu> from the machine, or put all of the group behind one controller of model='pcie-to-pci-bridge' by hand (virsh edit)",
      },
    );
  }
}

function functionOf({ device }: AssignedDevice): number {
  return device?.guestAddress?.function ?? 0;
}

function placedAt(each: AssignedDevice, guestAddress: GuestAddress): AssignedDevice {
  return each.device === null ? each : { ...each, device: { ...each.device, guestAddress } };
}
