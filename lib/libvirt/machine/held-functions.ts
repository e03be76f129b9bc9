import { type PciAddress, slotOf } from '../../pci/address.ts';
import type { HeldFunction } from '../assignment/guest-topology.ts';
import type { TakenDevice } from './taken-device.ts';

/** A function of the host that a VM has, and its guest address; `null` if the document does not give it. */
export function heldFunction(device: TakenDevice): HeldFunction | null {
  if (device.kind !== 'hostdev' && device.kind !== 'interface') return null;
  const { address, guestAddress } = device;
  return guestAddress === null ? null : { address, guestAddress };
}

/** The functions in the slot of a card on the host. */
export function siblingsIn(
  held: readonly HeldFunction[],
  card: readonly PciAddress[],
): readonly HeldFunction[] {
  const slots = new Set(card.map(slotOf));
  return held.filter(({ address }) => slots.has(slotOf(address)));
}
