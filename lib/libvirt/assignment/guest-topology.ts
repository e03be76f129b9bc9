import { PortalGunError } from '../../base/errors.ts';
import type { PciAddress } from '../../pci/address.ts';
import { formatGuestAddress, type GuestAddress } from '../xml/pci-address-xml.ts';
import type { XmlElement } from '../xml/xml-element.ts';
import { type GuestTopology, isPcie, readTopology, slotKey, usualSlots } from './guest-buses.ts';

/** A slot of a guest. */
type GuestSlot = Pick<GuestAddress, 'bus' | 'slot'>;

/** A function that a machine has already, and where its guest sees it. */
export interface HeldFunction {
  readonly address: PciAddress;
  readonly guestAddress: GuestAddress;
}

/** The guest address of each device in a machine. */
export interface GuestAddressPlan {
  readonly addresses: ReadonlyMap<PciAddress, GuestAddress>;
  /** The indices of root ports to add (`formatRootPort`), ascending. */
  readonly newRootPorts: readonly number[];
}

const FUNCTIONS = 8;
/** libvirt's own limit for the index of a PCI controller: a bus number is a byte. */
const MAX_INDEX = 0xff;

/**
 * Finds a guest slot for each card, so that the functions of one card stay in one slot: the slot in which the machine
 * has other functions of the card; else on a PCI Express machine (q35, virt) a free root port, or a new one; on a
 * conventional machine (pc) a free slot of its buses.
 *
 * A function has the number that it has on the host where function 0 is there; else they are numbered from 0, since a guest
 * looks for the others only where there is a function 0.
 *
 * What libvirt 11.3 was seen to do with the result: an address on a free root port adds nothing else to the machine, and the
 * document without the device defines the machine as it was, byte for byte. A root port that is new stays when its device
 * goes, whether it was added here or by libvirt itself, which adds one for each device that it finds no place for: to have
 * the machine as it was, it has to be removed as well.
 *
 * @param domain of a machine, as `virsh dumpxml --inactive` writes it; one written by hand may leave addresses out, and
 *   libvirt then puts those devices elsewhere
 * @param cards what goes to one slot each: functions of one card, in the order of their addresses; a virtual function is a
 *   card of its own
 * @param siblingsOf the functions of the same card that the machine has already
 * @throws PortalGunError NO_GUEST_SLOT where the machine has no PCI bus, or no room on it
 */
export function planGuestAddresses(
  domain: XmlElement,
  cards: readonly (readonly PciAddress[])[],
  siblingsOf: (card: readonly PciAddress[]) => readonly HeldFunction[] = () => [],
): GuestAddressPlan {
  const topology = readTopology(domain);
  const free = freeSlots(domain, topology);
  const addresses = new Map<PciAddress, GuestAddress>();
  const newRootPorts: number[] = [];
  for (const card of cards) {
    const joined = joinSiblings(topology, card, siblingsOf(card));
    const placed = joined ?? placeCard(card, free.shift() ?? newPort(topology, newRootPorts));
    for (const [address, guest] of placed) addresses.set(address, guest);
  }
  return { addresses, newRootPorts };
}

/**
 * Finds a guest slot for each device that is to be plugged into a machine while it runs: a port that nothing is in, or on one
 * of the conventional kind a free slot. There can be no new ports then. Each function has a slot of its own: libvirt (11.3)
 * plugs in function 0 alone.
 *
 * @param domain of a machine that runs, as `virsh dumpxml` writes it
 * @throws PortalGunError NO_GUEST_SLOT
 */
export function planHotPlug(
  domain: XmlElement,
  devices: readonly PciAddress[],
): ReadonlyMap<PciAddress, GuestAddress> {
  const topology = readTopology(domain);
  const free = freeSlots(domain, topology, true);
  const what = topology.kind === 'pcie' ? ['PCIe port', 'PCIe ports'] : ['PCI slot', 'PCI slots'];
  if (free.length < devices.length) {
    const has =
      free.length === 0
        ? `no ${what[0]}`
        : free.length === 1
          ? `one ${what[0]}`
          : `${free.length} ${what[1]}`;
    throw new PortalGunError(
      'NO_GUEST_SLOT',
      `runs with ${has} free to plug into, and needs ${devices.length}: they are made when it starts`,
    );
  }
  return new Map(
    devices.map((address, index) => {
      const { bus, slot } = free[index] ?? { bus: 0, slot: 0 };
      return [address, { bus, slot, function: 0, multifunction: false }];
    }),
  );
}

/** The index of the next root port that a machine's definition could have. */
export function nextPortIndex(domain: XmlElement): number {
  return readTopology(domain).nextIndex;
}

function freeSlots(domain: XmlElement, topology: GuestTopology, isHotPlug = false): GuestSlot[] {
  return usualSlots(domain, topology)
    .filter(({ isHotPluggable }) => isHotPluggable || !isHotPlug)
    .map(({ bus, slot }) => ({ bus, slot }))
    .filter((slot) => !topology.used.has(slotKey(slot)));
}

/** The functions of a card in the slot of those that are there; `null` if none is, or there is no room. */
function joinSiblings(
  { used }: GuestTopology,
  card: readonly PciAddress[],
  siblings: readonly HeldFunction[],
): ReadonlyMap<PciAddress, GuestAddress> | null {
  const [first] = siblings.toSorted((a, b) => a.guestAddress.function - b.guestAddress.function);
  if (first === undefined) return null;
  const { bus, slot } = first.guestAddress;
  const taken = new Set(used.get(slotKey(first.guestAddress)) ?? []);
  const placed = new Map<PciAddress, GuestAddress>();
  for (const address of card) {
    const own = Number(address.slice(-1));
    const free = Array.from({ length: FUNCTIONS }, (_, index) => index).filter((each) => !taken.has(each));
    // Without function 0 the guest does not look for the others.
    const number = taken.has(0) && free.includes(own) ? own : free[0];
    if (number === undefined) return null;
    taken.add(number);
    placed.set(address, { bus, slot, function: number, multifunction: number === 0 });
  }
  return placed;
}

/**
 * The functions of a card in one slot.
 *
 * @throws PortalGunError NO_GUEST_SLOT where they are more than a slot has
 */
export function placeCard(
  card: readonly PciAddress[],
  { bus, slot }: GuestSlot,
): ReadonlyMap<PciAddress, GuestAddress> {
  if (card.length > FUNCTIONS) {
    throw new PortalGunError('NO_GUEST_SLOT', `${card.length} functions do not go in one slot, which has 8`);
  }
  const numbers = card.map((address) => Number(address.slice(-1)));
  const keepsNumbers = numbers.includes(0) && new Set(numbers).size === numbers.length;
  return new Map(
    card.map((address, index) => {
      const number = keepsNumbers ? (numbers[index] ?? index) : index;
      return [address, { bus, slot, function: number, multifunction: number === 0 && card.length > 1 }];
    }),
  );
}

/** Whether no device of a machine is in a slot. */
export function isSlotFree(domain: XmlElement, slot: GuestSlot): boolean {
  return !readTopology(domain).used.has(slotKey(slot));
}

/**
 * Why libvirt or the guest would not take a device at an address that somebody names; `null` if they would.
 *
 * @param functions how many functions go there, from that one on
 */
export function placeProblem(domain: XmlElement, place: GuestAddress, functions: number): string | null {
  const { buses, used } = readTopology(domain);
  const bus = buses.get(place.bus);
  const text = formatGuestAddress(place);
  if (bus === undefined) return `the machine has no PCI bus ${text.slice(0, 2)}`;
  if (bus.slots.length === 0) return `bus ${text.slice(0, 2)} (${bus.model}) takes only ports`;
  if (!bus.slots.includes(place.slot)) {
    const [first = 0] = bus.slots;
    return bus.slots.length === 1
      ? `bus ${text.slice(0, 2)} (${bus.model}) has only slot 0`
      : `slot ${place.slot} of bus ${text.slice(0, 2)} (${bus.model}) takes no device; the first that does is ${first}`;
  }
  const there = used.get(slotKey(place)) ?? new Set();
  const wanted = Array.from({ length: functions }, (_, index) => place.function + index);
  if (wanted.some((each) => there.has(each))) return `${text} is taken in that machine`;
  if (place.function !== 0 && !there.has(0)) {
    return `slot ${text.slice(0, -2)} has no function 0, and the guest does not see the others without it`;
  }
  if (place.function === 0 && there.size > 0) return `slot ${text.slice(0, -2)} is taken in that machine`;
  return null;
}

/** A slot of the root bus for a root port that is added, in which nothing else is; `null` if libvirt is to find one. */
export function slotForNewPort(domain: XmlElement, taken: readonly number[]): number | null {
  if (!isPcie(domain)) return null;
  const { used } = readTopology(domain);
  // Below: a display that has no address yet. Above: what a q35 has of its chipset.
  const slots = Array.from({ length: 0x18 }, (_, index) => index + 2);
  return slots.find((slot) => !used.has(slotKey({ bus: 0, slot })) && !taken.includes(slot)) ?? null;
}

function newPort({ kind, nextIndex }: GuestTopology, taken: number[]): GuestSlot {
  const index = nextIndex + taken.length;
  if (kind === 'conventional' || index > MAX_INDEX) {
    throw new PortalGunError('NO_GUEST_SLOT', 'the machine has no PCI slot that is free');
  }
  taken.push(index);
  return { bus: index, slot: 0 };
}
