import { PortalGunError } from '../../base/errors.ts';
import { argumentSlots, controllerIndex } from '../machine/taken-device.ts';
import { type GuestAddress, parseXmlNumber } from '../xml/pci-address-xml.ts';
import { childOf, childrenOf, type XmlElement } from '../xml/xml-element.ts';

/** A bus of a machine, made by one of its PCI controllers. */
export interface GuestBus {
  readonly index: number;
  readonly model: string;
  /** The slots that a device may have, in the order in which they are given; none on a bus that takes ports only. */
  readonly slots: readonly number[];
  /** Whether a device can be put there while the machine runs. */
  readonly isHotPluggable: boolean;
  /** The slot that its controller is in; `null` for a root, and if the document does not say. */
  readonly at: Pick<GuestAddress, 'bus' | 'slot'> | null;
}

/** Where a machine has its PCI devices. */
export interface GuestTopology {
  readonly kind: 'pcie' | 'conventional';
  /** By index. */
  readonly buses: ReadonlyMap<number, GuestBus>;
  /** Functions in use, by slot (`bus:slot`). */
  readonly used: ReadonlyMap<string, ReadonlySet<number>>;
  /** The lowest index that no PCI controller has, nor any after it. */
  readonly nextIndex: number;
}

const LAST_SLOT = 0x1f;
const Q35 = /^(pc-)?q35/;
const PC = /^(pc|pc-i440fx.*|pc-\d.*)?$/;

/** Controllers that make a bus with one slot, into which a device can be plugged. */
const PORTS: readonly string[] = ['pcie-root-port', 'pcie-switch-downstream-port'];
/** Controllers with a bus of the conventional kind below them: an IOMMU of the guest sees all that is on it as one. */
const BRIDGES: readonly string[] = ['pci-bridge', 'dmi-to-pci-bridge', 'pcie-to-pci-bridge'];
/** Controllers on whose bus other controllers are, and nothing else. */
const PORTS_ONLY: readonly string[] = ['pcie-switch-upstream-port', 'pcie-expander-bus'];

/** `bus:slot`, by which slots are told apart. */
export function slotKey({ bus, slot }: Pick<GuestAddress, 'bus' | 'slot'>): string {
  return `${bus}:${slot}`;
}

/**
 * Reads where a machine has its PCI devices.
 *
 * @param domain the document of a machine
 * @throws PortalGunError NO_GUEST_SLOT for a machine whose buses are not known
 */
export function readTopology(domain: XmlElement): GuestTopology {
  const controllers = controllersOf(domain);
  const kind = kindOf(domain, controllers.find(({ index }) => index === 0)?.model);
  if (kind === null) {
    const { arch = '', machine = '' } = Object.fromEntries(typeOf(domain)?.attributes ?? []);
    throw new PortalGunError('NO_GUEST_SLOT', 'its machine type has unknown PCI buses', {
      subject: `${arch} ${machine}`.trim(),
    });
  }
  const root: GuestBus = {
    index: 0,
    model: kind === 'pcie' ? 'pcie-root' : 'pci-root',
    slots: slotsFrom(1),
    isHotPluggable: kind === 'conventional',
    at: null,
  };
  const buses = new Map([root, ...controllers].map((bus) => [bus.index, bus] as const));
  return {
    kind,
    buses,
    used: usedFunctions(domain),
    nextIndex: Math.max(0, ...buses.keys()) + 1,
  };
}

/**
 * The slots of a machine in which devices are put where nobody says which: on PCI Express those of its ports, else those of
 * its buses; without what a PC has in slots 1 (ISA bridge) and 2 (display).
 */
export function usualSlots(
  domain: XmlElement,
  { kind, buses }: GuestTopology,
): readonly (Pick<GuestAddress, 'bus' | 'slot'> & Pick<GuestBus, 'isHotPluggable'>)[] {
  const hasBoard = isPc(domain);
  return [...buses.values()]
    .filter(({ index, model }) =>
      kind === 'pcie' ? PORTS.includes(model) : index === 0 || ['pci-root', 'pci-bridge'].includes(model),
    )
    .flatMap(({ index, slots, isHotPluggable }) =>
      slots
        .filter((slot) => index > 0 || !hasBoard || slot > 2)
        .map((slot) => ({ bus: index, slot, isHotPluggable })),
    );
}

/**
 * By what an IOMMU of the guest tells a device from others, which have another address space: by its address; behind a
 * conventional bridge, by the bridge.
 */
export function requesterOf({ buses }: GuestTopology, { bus, slot, function: number }: GuestAddress): string {
  let at = buses.get(bus);
  let bridge: string | null = null;
  for (let depth = 0; at !== undefined && BRIDGES.includes(at.model) && depth < buses.size; depth += 1) {
    bridge = `bus ${at.index}`;
    at = at.at === null ? undefined : buses.get(at.at.bus);
  }
  return bridge ?? `${slotKey({ bus, slot })}.${number}`;
}

/** Which IOMMU the guest sees: `intel`, `virtio`, `smmuv3`; `arguments` for one on QEMU's command line; `null` for none. */
export function guestIommuOf(root: XmlElement): string | null {
  const element = childOf(childOf(root, 'devices'), 'iommu');
  if (element !== undefined) return element.attributes.get('model') ?? 'unknown';
  const words = root.children
    .filter(({ name }) => name.endsWith(':commandline'))
    .flatMap(({ children }) => children.map(({ attributes }) => attributes.get('value') ?? ''));
  const hasOne = words.some(
    (word) =>
      /^\{?.*\b(intel|virtio|amd|arm-smmuv3)-iommu\b|^arm-smmuv3\b/.test(word) ||
      /(^|,)iommu=(?!none)/.test(word),
  );
  return hasOne ? 'arguments' : null;
}

function controllersOf(domain: XmlElement): readonly GuestBus[] {
  const elements = childrenOf(childOf(domain, 'devices'), 'controller').filter(
    ({ attributes }) => attributes.get('type') === 'pci',
  );
  const said = new Set(elements.filter(({ attributes }) => attributes.has('index')).map(indexOf));
  return elements.map((element) => {
    const model = element.attributes.get('model') ?? '';
    let index = element.attributes.has('index') ? indexOf(element) : null;
    if (index === null) {
      // libvirt gives it the lowest that is free.
      index = /-root$/.test(model) ? 0 : 1;
      while (said.has(index)) index += 1;
      said.add(index);
    }
    const address = childrenOf(element, 'address').find(({ attributes }) => attributes.get('type') === 'pci');
    return {
      index,
      model,
      slots: slotsOf(model),
      isHotPluggable: childOf(element, 'target')?.attributes.get('hotplug') !== 'off',
      at: address === undefined ? null : { bus: partOf(address, 'bus'), slot: partOf(address, 'slot') },
    };
  });
}

function indexOf(element: XmlElement): number {
  const index = controllerIndex(element);
  if (index !== null) return index;
  const raw = element.attributes.get('index') ?? '';
  throw new PortalGunError(
    'NO_GUEST_SLOT',
    `a PCI controller of the machine has no index that libvirt takes: "${raw.slice(0, 40)}"`,
  );
}

/** As libvirt has them: virDomainPCIAddressBusSetModel(). */
function slotsOf(model: string): readonly number[] {
  if (PORTS.includes(model)) return [0];
  if (PORTS_ONLY.includes(model)) return [];
  return slotsFrom(['dmi-to-pci-bridge', 'pci-expander-bus'].includes(model) ? 0 : 1);
}

function slotsFrom(first: number): readonly number[] {
  return Array.from({ length: LAST_SLOT - first + 1 }, (_, index) => first + index);
}

function typeOf(domain: XmlElement): XmlElement | undefined {
  return childOf(childOf(domain, 'os'), 'type');
}

/** By the root of its buses; by the kind of machine where a document written by hand does not name that. */
function kindOf(domain: XmlElement, rootModel: string | undefined): GuestTopology['kind'] | null {
  if (rootModel === 'pcie-root') return 'pcie';
  if (rootModel === 'pci-root') return 'conventional';
  const type = typeOf(domain);
  const machine = type?.attributes.get('machine') ?? '';
  if (Q35.test(machine) || /^virt(-|$)/.test(machine)) return 'pcie';
  if (PC.test(machine) && isPc(domain)) return 'conventional';
  return null;
}

/** Whether a machine has PCI Express: its root bus takes root ports. */
export function isPcie(domain: XmlElement): boolean {
  return kindOf(domain, controllersOf(domain).find(({ index }) => index === 0)?.model) === 'pcie';
}

type SlotFunction = Pick<GuestAddress, 'bus' | 'slot' | 'function'>;

function usedFunctions(domain: XmlElement): ReadonlyMap<string, ReadonlySet<number>> {
  const used = new Map<string, Set<number>>();
  const take = (address: SlotFunction): void => {
    const key = slotKey(address);
    used.set(key, (used.get(key) ?? new Set()).add(address.function));
  };
  for (const address of (childOf(domain, 'devices')?.children ?? []).flatMap((device) =>
    childrenOf(device, 'address'),
  )) {
    if (address.attributes.get('type') !== 'pci') continue;
    take({
      bus: partOf(address, 'bus'),
      slot: partOf(address, 'slot'),
      function: partOf(address, 'function'),
    });
  }
  for (const slot of [...argumentSlots(domain), ...boardFunctions(domain)]) take(slot);
  return used;
}

/**
 * What the chipset of a PC has on the root bus, and no document names: bridge to ISA, SATA and SMBus of q35, bridge to ISA of
 * i440FX. libvirt reserves these: qemuDomainValidateDevicePCISlotsQ35(), …PIIX3().
 */
function boardFunctions(domain: XmlElement): readonly SlotFunction[] {
  const machine = typeOf(domain)?.attributes.get('machine') ?? '';
  if (Q35.test(machine)) return [0, 2, 3].map((number) => ({ bus: 0, slot: 0x1f, function: number }));
  return isPc(domain) && PC.test(machine) ? [{ bus: 0, slot: 1, function: 0 }] : [];
}

function isPc(domain: XmlElement): boolean {
  return /^(i.86|x86_64)?$/.test(typeOf(domain)?.attributes.get('arch') ?? '');
}

function partOf({ attributes }: XmlElement, name: string): number {
  return parseXmlNumber(attributes.get(name) ?? '0') ?? 0;
}
