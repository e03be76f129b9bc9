import { PortalGunError } from '../../base/errors.ts';
import { guestAddressNode, parseXmlNumber } from '../../libvirt/xml/pci-address-xml.ts';
import type { XmlNode } from '../../libvirt/xml/xml-text.ts';
import { isAssigned, isPciController, isRootPort, matchNodes } from './matched-nodes.ts';
import { nodeIn, nodesIn } from './xml-node.ts';

/*
 * Devices of a machine that is defined already, each where it is: a new one goes where the machine would have it if nothing
 * is there, else to a free root port, or to a new one.
 */

const LAST_BOARD_SLOT = 0x1e;
const FIRST_BOARD_SLOT = 0x02;
const MAX_BUS = 0xff;

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

/** A device with the address that its counterpart has, if both are of the same kind. */
function withKeptAddress(
  device: XmlNode,
  there: XmlNode | undefined,
): { readonly device: XmlNode; readonly isKept: boolean } {
  const [own, kept] = [nodeIn(device, 'address'), nodeIn(there, 'address')];
  const [ownType, keptType] = [own, kept].map((address) => address?.attributes?.['type']);
  // A drive's address follows from the other disks.
  if (kept === undefined || (own !== undefined && (ownType !== keptType || keptType !== 'pci'))) {
    return { device, isKept: false };
  }
  // Of another bus now: libvirt finds a place there.
  const isSameBus =
    nodeIn(device, 'target')?.attributes?.['bus'] === nodeIn(there, 'target')?.attributes?.['bus'];
  if (own === undefined && !isSameBus) return { device, isKept: false };
  return { device: withAddress(device, kept), isKept: true };
}

function withAddress(device: XmlNode, address: XmlNode): XmlNode {
  return { ...device, content: [...nodesIn(device).filter(({ name }) => name !== 'address'), address] };
}

/** The places of a machine's buses that are in use. */
class Places {
  /** Root ports that were added. */
  readonly added: XmlNode[] = [];
  readonly #used = new Set<string>();
  readonly #ports = new Set<number>();

  constructor(devices: readonly XmlNode[]) {
    for (const device of devices) {
      if (isPciController(device)) this.#ports.add(indexOf(device));
      this.#take(device);
    }
  }

  /** A device at the place that it asks for, or at another if that is taken. */
  withPlace(device: XmlNode): XmlNode {
    const address = nodeIn(device, 'address');
    if (address?.attributes?.['type'] !== 'pci') return device;
    const { bus, slot } = placeOf(address);
    const isFree = !this.#isUsed(bus, slot) && (bus === 0 || this.#ports.has(bus));
    const placed = isFree ? device : withAddress(device, bus === 0 ? this.#boardPlace() : this.#portPlace());
    this.#take(placed);
    return placed;
  }

  addPort(): number {
    const index = Math.max(0, ...this.#ports) + 1;
    if (index > MAX_BUS) throw full();
    const port: XmlNode = {
      name: 'controller',
      attributes: { type: 'pci', index: String(index), model: 'pcie-root-port' },
      content: [this.#boardPlace()],
    };
    this.#ports.add(index);
    this.#take(port);
    this.added.push(port);
    return index;
  }

  #portPlace(): XmlNode {
    const free = [...this.#ports].sort((a, b) => a - b).find((bus) => bus > 0 && !this.#isUsed(bus, 0));
    return guestAddressNode({ bus: free ?? this.addPort(), slot: 0, function: 0, multifunction: false });
  }

  #boardPlace(): XmlNode {
    for (let slot = FIRST_BOARD_SLOT; slot <= LAST_BOARD_SLOT; slot += 1) {
      if (!this.#isUsed(0, slot))
        return guestAddressNode({ bus: 0, slot, function: 0, multifunction: false });
    }
    throw full();
  }

  #isUsed(bus: number, slot: number): boolean {
    return this.#used.has(`${bus}:${slot}`);
  }

  #take(device: XmlNode): void {
    const address = nodeIn(device, 'address');
    if (address?.attributes?.['type'] !== 'pci') return;
    const { bus, slot } = placeOf(address);
    this.#used.add(`${bus}:${slot}`);
  }
}

function placeOf({ attributes = {} }: XmlNode): { readonly bus: number; readonly slot: number } {
  const part = (name: string): number => parseXmlNumber(attributes[name] ?? '0') ?? 0;
  return { bus: part('bus'), slot: part('slot') };
}

function indexOf({ attributes = {} }: XmlNode): number {
  return parseXmlNumber(attributes['index'] ?? '0') ?? 0;
}

function full(): PortalGunError {
  return new PortalGunError('NO_GUEST_SLOT', 'the VM has no free PCI slot', {
    hint: 'use fewer devices, or unassign some',
  });
}
