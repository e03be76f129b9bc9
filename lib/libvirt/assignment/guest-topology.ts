import { PortalGunError } from '../../base/errors.ts';
import type { PciAddress } from '../../pci/address.ts';
import { formatGuestAddress, type GuestAddress } from '../xml/pci-address-xml.ts';
import type { XmlElement } from '../xml/xml-element.ts';
import { type GuestTopology, isPcie, readTopology, slotKey, usualSlots } from './guest-buses.ts';

/** A slot of a guest. */
type GuestSlot = Pick<GuestAddress, 'bus' | 'slot'>;

/** A function that a VM already has, with its guest address. */
export interface HeldFunction {
  readonly address: PciAddress;
  readonly guestAddress: GuestAddress;
}

/** The guest address of each device in a VM. */
export interface GuestAddressPlan {
  readonly addresses: ReadonlyMap<PciAddress, GuestAddress>;
  /** The indices of root ports to add (`formatRootPort`), ascending. */
  readonly newRootPorts: readonly number[];
}

const FUNCTIONS = 8;
/** The limit of libvirt for the index of a PCI controller: a bus number is a byte. */
const MAX_INDEX = 0xff;

/**
 * Finds a guest slot for each card, so that the functions of one card are in one slot: the slot in which the VM has
 * other functions of the card; otherwise on a PCI Express VM (q35, virt) a free root port, or a new one; on a
 * conventional VM (pc) a free slot of its buses.
 *
 * A function keeps its number of the host if function 0 is included; otherwise they are numbered from 0, because a
 * guest probes the other functions only if there is a function 0.
 *
 * Observed with libvirt 11.3: an address on a free root port adds nothing else to the VM, and the document without
 * the device defines the VM as before, byte for byte. A new root port stays after its device is removed, whether it
 * was added here or by libvirt itself, which adds one for each device without a place. To restore the VM, the port
 * must be removed as well.
 *
 * @param domain of a VM, as `virsh dumpxml --inactive` prints it; one written by hand may omit addresses, and libvirt
 *   then puts those devices elsewhere
 * @param cards the devices for one slot each: functions of one card, in the order of their addresses; a VF is a card
 * of
 *   its own
 * @param siblingsOf the functions of the same card that the VM already has
 * @throws PortalGunError NO_GUEST_SLOT if the VM has no PCI bus, or no free slot
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
 * Finds a guest slot for each device to attach to a running VM: an empty port, or on a conventional VM a free slot.
 * New ports are impossible then. Each function gets its own slot, because libvirt (11.3) attaches only function 0.
 *
 * @param domain of a running VM, as `virsh dumpxml` prints it
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
      `runs with ${has} free for a hot-plug, and needs ${devices.length}: libvirt creates ports only when the VM starts`,
    );
  }
  return new Map(
    devices.map((address, index) => {
      const { bus, slot } = free[index] ?? { bus: 0, slot: 0 };
      return [address, { bus, slot, function: 0, multifunction: false }];
    }),
  );
}

/** The index of the next root port of a VM's definition. */
export function nextPortIndex(domain: XmlElement): number {
  return readTopology(domain).nextIndex;
}

function freeSlots(domain: XmlElement, topology: GuestTopology, isHotPlug = false): GuestSlot[] {
  return usualSlots(domain, topology)
    .filter(({ isHotPluggable }) => isHotPluggable || !isHotPlug)
    .map(({ bus, slot }) => ({ bus, slot }))
    .filter((slot) => !topology.used.has(slotKey(slot)));
}

/** The functions of a card in the slot of those that are already there; `null` if there are none, or no room. */
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
    // Without function 0 the guest does not probe the others.
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
 * @throws PortalGunError NO_GUEST_SLOT if there are more than a slot has
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

/** Whether a slot of a VM has no device. */
export function isSlotFree(domain: XmlElement, slot: GuestSlot): boolean {
  return !readTopology(domain).used.has(slotKey(slot));
}

/**
 * Why libvirt or the guest would not accept a device at a given address; `null` if they would.
 *
 * @param functions the number of functions, from that one on
 */
export function placeProblem(domain: XmlElement, place: GuestAddress, functions: number): string | null {
  const { buses, used } = readTopology(domain);
  const bus = buses.get(place.bus);
  const text = formatGuestAddress(place);
  if (bus === undefined) return `the VM has no PCI bus ${text.slice(0, 2)}`;
  if (bus.slots.length === 0) return `bus ${text.slice(0, 2)} (${bus.model}) takes only ports`;
  if (!bus.slots.includes(place.slot)) {
    const [first = 0] = bus.slots;
    return bus.slots.length === 1
      ? `bus ${text.slice(0, 2)} (${bus.model}) has only slot 0`
      : `slot ${place.slot} of bus ${text.slice(0, 2)} (${bus.model}) accepts no device; the first that does is ${first}`;
  }
  const there = used.get(slotKey(place)) ?? new Set();
  const wanted = Array.from({ length: functions }, (_, index) => place.function + index);
  if (wanted.some((each) => there.has(each))) return `${text} is already used in that VM`;
  if (place.function !== 0 && !there.has(0)) {
    return `slot ${text.slice(0, -2)} has no function 0, without which the guest cannot see the others`;
  }
  if (place.function === 0 && there.size > 0) return `slot ${text.slice(0, -2)} is already used in that VM`;
  return null;
}

/** An empty slot of the root bus for a new root port; `null` if libvirt should choose one. */
export function slotForNewPort(domain: XmlElement, taken: readonly number[]): number | null {
  if (!isPcie(domain)) return null;
  const { used } = readTopology(domain);
  // Below: a display without an address yet. Above: the chipset of a q35.
  const slots = Array.from({ length: 0x18 }, (_, index) => index + 2);
  return slots.find((slot) => !used.has(slotKey({ bus: 0, slot })) && !taken.includes(slot)) ?? null;
}

function newPort({ kind, nextIndex }: GuestTopology, taken: number[]): GuestSlot {
  const index = nextIndex + taken.length;
  if (kind === 'conventional' || index > MAX_INDEX) {
    throw new PortalGunError('NO_GUEST_SLOT', 'the VM has no free PCI slot');
  }
  taken.push(index);
  return { bus: index, slot: 0 };
}
