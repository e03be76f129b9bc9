import { PortalGunError } from '../base/errors.ts';
import type { PciAddress } from '../pci/address.ts';
import { type GuestAddress, parseXmlNumber } from './pci-address-xml.ts';
import { childOf, childrenOf, type XmlElement } from './xml-element.ts';

/** A bus of a machine that devices can be put on. */
interface GuestBus {
  readonly index: number;
  /** The slots that a device may have, in the order in which they are given. */
  readonly slots: readonly number[];
  /** Whether a device can be put there while the machine runs. */
  readonly isHotPluggable: boolean;
}

/** Where a machine has its PCI devices. */
interface GuestTopology {
  readonly kind: 'pcie' | 'conventional';
  readonly buses: readonly GuestBus[];
  /** Slots in use: `bus:slot`. */
  readonly used: ReadonlySet<string>;
  /** The lowest index that no PCI controller has, nor any after it. */
  readonly nextIndex: number;
}

/** Where each device goes in a machine. */
export interface GuestAddressPlan {
  readonly addresses: ReadonlyMap<PciAddress, GuestAddress>;
  /** The indices of root ports to add (`formatRootPort`), ascending; their own addresses are libvirt's to choose. */
  readonly newRootPorts: readonly number[];
}

const LAST_SLOT = 0x1f;
const FUNCTIONS = 8;
/** libvirt's own limit for the index of a PCI controller: a bus number is a byte. */
const MAX_INDEX = 0xff;

/** Controllers that make a bus with one slot, into which a device can be plugged. */
const PORTS = ['pcie-root-port', 'pcie-switch-downstream-port'];
/** Controllers that make a bus of the conventional kind: slot 0 is the controller's own. */
const BRIDGES = ['pci-root', 'pci-bridge'];

/**
 * Finds a guest slot for each card, so that the functions of one card stay in one slot: on a PCI Express machine (q35, virt)
 * a root port that nothing is plugged into, or a new one; on one of the conventional kind (pc) a free slot of its buses.
 *
 * A function has the number that it has on the host where function 0 is among those given; else they are numbered from 0,
 * since a guest looks for the others only where there is a function 0.
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
 * @throws PortalGunError NO_GUEST_SLOT where the machine has no PCI bus, or no room on it
 */
export function planGuestAddresses(
  domain: XmlElement,
  cards: readonly (readonly PciAddress[])[],
): GuestAddressPlan {
  const topology = readTopology(domain);
  const free = freeSlots(topology.buses, topology.used);
  const addresses = new Map<PciAddress, GuestAddress>();
  const newRootPorts: number[] = [];
  for (const card of cards) {
    const place = free.shift() ?? newPort(topology, newRootPorts);
    for (const [address, guest] of placeCard(card, place)) addresses.set(address, guest);
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
  const { kind, buses, used } = readTopology(domain);
  const free = freeSlots(
    buses.filter(({ isHotPluggable }) => isHotPluggable),
    used,
  );
  const what = kind === 'pcie' ? ['PCIe port', 'PCIe ports'] : ['PCI slot', 'PCI slots'];
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

function freeSlots(
  buses: readonly GuestBus[],
  used: ReadonlySet<string>,
): Pick<GuestAddress, 'bus' | 'slot'>[] {
  return buses.flatMap(({ index, slots }) =>
    slots.filter((slot) => !used.has(`${index}:${slot}`)).map((slot) => ({ bus: index, slot })),
  );
}

/**
 * The functions of a card in one slot.
 *
 * @throws PortalGunError NO_GUEST_SLOT where they are more than a slot has
 */
export function placeCard(
  card: readonly PciAddress[],
  { bus, slot }: Pick<GuestAddress, 'bus' | 'slot'>,
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

/** Whether nothing of a machine is in a slot. */
export function isSlotFree(domain: XmlElement, { bus, slot }: Pick<GuestAddress, 'bus' | 'slot'>): boolean {
  return !usedSlots(domain).has(`${bus}:${slot}`);
}

function newPort({ kind, nextIndex }: GuestTopology, taken: number[]): Pick<GuestAddress, 'bus' | 'slot'> {
  const index = nextIndex + taken.length;
  if (kind === 'conventional' || index > MAX_INDEX) {
    throw new PortalGunError('NO_GUEST_SLOT', 'the machine has no PCI slot that is free');
  }
  taken.push(index);
  return { bus: index, slot: 0 };
}

function readTopology(domain: XmlElement): GuestTopology {
  const controllers = childrenOf(childOf(domain, 'devices'), 'controller')
    .filter(({ attributes }) => attributes.get('type') === 'pci')
    .map((element) => ({
      model: element.attributes.get('model'),
      index: Number(element.attributes.get('index')),
      isHotPluggable: childOf(element, 'target')?.attributes.get('hotplug') !== 'off',
    }))
    .filter(({ index }) => Number.isInteger(index) && index >= 0);
  const kind = kindOf(domain, controllers.find(({ index }) => index === 0)?.model);
  const nextIndex = Math.max(0, ...controllers.map(({ index }) => index)) + 1;
  const used = usedSlots(domain);
  if (kind === 'pcie') {
    const ports = controllers.filter(({ model }) => PORTS.includes(model ?? ''));
    return { kind, nextIndex, used, buses: ports.map((port) => busOf(port, [0])) };
  }
  const bridges = controllers.filter(({ model, index }) => index > 0 && BRIDGES.includes(model ?? ''));
  const isPc = /^(i.86|x86_64)$/.test(typeOf(domain)?.attributes.get('arch') ?? 'x86_64');
  // A PC has its ISA bridge in slot 1, and its display in slot 2.
  const controller = controllers.find(({ index }) => index === 0) ?? { index: 0, isHotPluggable: true };
  const root = busOf(controller, slotsFrom(isPc ? 3 : 1));
  return {
    kind,
    nextIndex,
    used,
    buses: [root, ...bridges.map((bridge) => busOf(bridge, slotsFrom(1)))],
  };
}

function busOf({ index, isHotPluggable }: Omit<GuestBus, 'slots'>, slots: readonly number[]): GuestBus {
  return { index, slots, isHotPluggable };
}

function slotsFrom(first: number): readonly number[] {
  return Array.from({ length: LAST_SLOT - first + 1 }, (_, index) => first + index);
}

function typeOf(domain: XmlElement): XmlElement | undefined {
  return childOf(childOf(domain, 'os'), 'type');
}

/** By the root of its buses; by the kind of machine where a document written by hand does not name that. */
function kindOf(domain: XmlElement, rootModel: string | undefined): GuestTopology['kind'] {
  if (rootModel === 'pcie-root') return 'pcie';
  if (rootModel === 'pci-root') return 'conventional';
  const type = typeOf(domain);
  const machine = type?.attributes.get('machine') ?? '';
  const arch = type?.attributes.get('arch') ?? '';
  if (/^(pc-)?q35/.test(machine) || /^virt(-|$)/.test(machine)) return 'pcie';
  if (/^(pc|pc-i440fx.*|pc-\d.*)?$/.test(machine) && /^(i.86|x86_64)?$/.test(arch)) return 'conventional';
  throw new PortalGunError('NO_GUEST_SLOT', 'the PCI buses of such a machine are not known', {
    subject: `${arch} ${machine}`.trim(),
  });
}

function usedSlots(domain: XmlElement): ReadonlySet<string> {
  const devices = childOf(domain, 'devices')?.children ?? [];
  return new Set(
    devices
      .flatMap((device) => childrenOf(device, 'address'))
      .filter(({ attributes }) => attributes.get('type') === 'pci')
      .map(({ attributes }) => `${numberOf(attributes.get('bus'))}:${numberOf(attributes.get('slot'))}`),
  );
}

function numberOf(raw: string | undefined): number | undefined {
  return raw === undefined ? 0 : parseXmlNumber(raw);
}
