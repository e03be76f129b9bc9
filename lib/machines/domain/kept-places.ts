import { PortalGunError } from '../../base/errors.ts';
import { type GuestAddress, guestAddressNode, parseXmlNumber } from '../../libvirt/xml/pci-address-xml.ts';
import type { XmlNode } from '../../libvirt/xml/xml-text.ts';
import { isAssigned, isPciController, isRootPort, matchNodes } from './matched-nodes.ts';
import { rootPort } from './pci-places.ts';
import { nodeIn, nodesIn } from './xml-node.ts';

/*
 * The devices of a defined machine, each at its address. A new device gets the address that a new
 * machine would have for it, if this is free; else a free root port, or a new one.
 */

const LAST_BOARD_SLOT = 0x1e;
const FIRST_BOARD_SLOT = 0x02;
const MAX_BUS = 0xff;
const FUNCTIONS = [0, 1, 2, 3, 4, 5, 6, 7];
const ROOT: GuestAddress = { bus: 0, slot: 0, function: 0, multifunction: false };

/**
 * The devices of a rendered definition at the places that they have, with the root ports and assigned devices there.
 *
 * @throws PortalGunError NO_GUEST_SLOT
 */
export function placedDevices(ours: readonly XmlNode[], theirs: readonly XmlNode[]): readonly XmlNode[] {
  const isPort = (device: XmlNode): boolean => isPciController(device, 'pcie-root-port');
  const assigned = theirs.filter((device) => isAssigned(device) && !isPort(device));
  const ports = theirs.filter(isPort);
  const { pairs } = matchNodes(
    ours.filter((device) => !isPort(device)),
    theirs.filter((device) => !isPort(device) && !isAssigned(device)),
    'devices',
  );
  const devices = pairs.map(({ ours: device, theirs: there }) => withKeptAddress(device, there));
  const places = new Places([...ports, ...assigned, ...devices.filter(({ isKept }) => isKept).map(nodeOf)]);
  const placed = devices.map((each) => (each.isKept ? each.device : places.withPlace(each.device)));
  const missing = ours.filter(isRootPort).length - ports.filter(isRootPort).length - places.added.length;
  for (let count = 0; count < missing; count += 1) places.addPort();
  return [...placed, ...ports, ...places.added, ...assigned];
}

function nodeOf({ device }: { readonly device: XmlNode }): XmlNode {
  return device;
}

/** A device with the address on a PCI bus that its counterpart has. */
function withKeptAddress(
  device: XmlNode,
  there: XmlNode | undefined,
): { readonly device: XmlNode; readonly isKept: boolean } {
  const [own, kept] = [nodeIn(device, 'address'), nodeIn(there, 'address')];
  const isPci = (address: XmlNode | undefined): boolean => address?.attributes?.['type'] === 'pci';
  const busOf = (node: XmlNode | undefined) => nodeIn(node, 'target')?.attributes?.['bus'];
  // Addresses of other kinds follow from the controller and the devices before it.
  if (kept === undefined || !isPci(kept)) return { device, isKept: false };
  // A disk of another bus now.
  if (own === undefined ? busOf(device) !== busOf(there) : !isPci(own)) return { device, isKept: false };
  return { device: withAddress(device, kept), isKept: true };
}

function withAddress(device: XmlNode, address: XmlNode): XmlNode {
  return { ...device, content: [...nodesIn(device).filter(({ name }) => name !== 'address'), address] };
}

/** The places of a machine's buses that are in use. */
class Places {
  /** Root ports that were added. */
  readonly added: XmlNode[] = [];
  readonly #used = new Map<string, Set<number>>();
  readonly #ports = new Set<number>();
  /** Slots of the root bus whose function 0 is a root port of the machine, with others beside it. */
  readonly #portSlots = new Set<number>();

  constructor(devices: readonly XmlNode[]) {
    for (const device of devices) this.#take(device);
  }

  /** A device at the place that it asks for, or at another if that is taken. */
  withPlace(device: XmlNode): XmlNode {
    const address = nodeIn(device, 'address');
    if (address?.attributes?.['type'] !== 'pci') return device;
    const { bus, slot } = placeOf(address);
    const isFree = !this.#used.has(`${bus}:${slot}`) && (bus === 0 || this.#ports.has(bus));
    const placed = isFree ? device : withAddress(device, bus === 0 ? this.#boardPlace() : this.#portPlace());
    this.#take(placed);
    return placed;
  }

  addPort(): number {
    const index = Math.max(0, ...this.#ports) + 1;
    if (index > MAX_BUS) throw full();
    const port = rootPort(
      index,
      this.#besidePort() ?? { ...ROOT, slot: this.#freeSlot(), multifunction: true },
    );
    this.#take(port);
    this.added.push(port);
    return index;
  }

  #portPlace(): XmlNode {
    const free = [...this.#ports].sort((a, b) => a - b).find((bus) => !this.#used.has(`${bus}:0`));
    return guestAddressNode({ ...ROOT, bus: free ?? this.addPort() });
  }

  #boardPlace(): XmlNode {
    return guestAddressNode({ ...ROOT, slot: this.#freeSlot() });
  }

  #freeSlot(): number {
    for (let slot = FIRST_BOARD_SLOT; slot <= LAST_BOARD_SLOT; slot += 1) {
      if (!this.#used.has(`0:${slot}`)) return slot;
    }
    throw full();
  }

  /** The next function of a slot that has root ports already. */
  #besidePort(): GuestAddress | undefined {
    for (const slot of this.#portSlots) {
      const used = this.#used.get(`0:${slot}`);
      const free = FUNCTIONS.find((number) => used?.has(number) !== true);
      if (free !== undefined) return { ...ROOT, slot, function: free };
    }
    return undefined;
  }

  #take(device: XmlNode): void {
    const address = nodeIn(device, 'address');
    if (address?.attributes?.['type'] !== 'pci') return;
    const { bus, slot, function: number } = placeOf(address);
    const key = `${bus}:${slot}`;
    this.#used.set(key, (this.#used.get(key) ?? new Set()).add(number));
    if (!isPciController(device, 'pcie-root-port')) return;
    this.#ports.add(parseXmlNumber(device.attributes?.['index'] ?? '') ?? 0);
    const hasOthers = address.attributes['multifunction'] === 'on';
    if (isRootPort(device) && bus === 0 && number === 0 && hasOthers) this.#portSlots.add(slot);
  }
}

function placeOf({ attributes = {} }: XmlNode): Pick<GuestAddress, 'bus' | 'slot' | 'function'> {
  const part = (name: string): number => parseXmlNumber(attributes[name] ?? '0') ?? 0;
  return { bus: part('bus'), slot: part('slot'), function: part('function') };
}

function full(): PortalGunError {
  return new PortalGunError('NO_GUEST_SLOT', 'the VM has no free PCI slot', {
    hint: 'use fewer devices, or unassign some',
  });
}
