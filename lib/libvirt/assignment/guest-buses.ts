import { PortalGunError } from '../../base/errors.ts';
import { argumentSlots, controllerIndex } from '../machine/taken-device.ts';
import { type GuestAddress, parseXmlNumber } from '../xml/pci-address-xml.ts';
import { childOf, childrenOf, type XmlElement } from '../xml/xml-element.ts';

/** A bus of a VM, created by one of its PCI controllers. */
export interface GuestBus {
  readonly index: number;
  readonly model: string;
  /** The slots for devices, in the order of their use; none on a bus that accepts only ports. */
  readonly slots: readonly number[];
  /** Whether a device can be attached there while the VM runs. */
  readonly isHotPluggable: boolean;
  /** The slot of its controller; `null` for a root, and if the document does not give it. */
  readonly at: Pick<GuestAddress, 'bus' | 'slot'> | null;
}

/** The PCI buses and slots of a VM. */
export interface GuestTopology {
  readonly kind: 'pcie' | 'conventional';
  /** By index. */
  readonly buses: ReadonlyMap<number, GuestBus>;
  /** Functions in use, by slot (`bus:slot`). */
  readonly used: ReadonlyMap<string, ReadonlySet<number>>;
  /** The lowest index above those of all PCI controllers. */
  readonly nextIndex: number;
}

const LAST_SLOT = 0x1f;
const Q35 = /^(pc-)?q35/;
const PC = /^(pc|pc-i440fx.*|pc-\d.*)?$/;

/** Controllers that create a bus with one slot for hot-plug. */
const PORTS: readonly string[] = ['pcie-root-port', 'pcie-switch-downstream-port'];
/** Controllers with a conventional bus: an IOMMU of the guest treats all devices on it as one. */
const BRIDGES: readonly string[] = ['pci-bridge', 'dmi-to-pci-bridge', 'pcie-to-pci-bridge'];
/** Controllers whose bus accepts only other controllers. */
const PORTS_ONLY: readonly string[] = ['pcie-switch-upstream-port', 'pcie-expander-bus'];

/** `bus:slot`, the key of a slot. */
export function slotKey({ bus, slot }: Pick<GuestAddress, 'bus' | 'slot'>): string {
  return `${bus}:${slot}`;
}

/**
 * Reads the PCI buses and slots of a VM.
 *
 * @param domain the document of a VM
 * @throws PortalGunError NO_GUEST_SLOT for a VM whose buses are unknown
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
 * The slots for devices without a given address: with PCI Express those of its ports, otherwise those of its buses;
 * without slots 1 (ISA bridge) and 2 (display) of a PC.
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
 * The identity of a device for an IOMMU of the guest, which decides its address space: its address; behind a
 * conventional bridge, that of the bridge.
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

/** The IOMMU of the guest: `intel`, `virtio`, `smmuv3`; `arguments` for one on QEMU's command line; `null` for none. */
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
      // libvirt uses the lowest free index.
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
    `a PCI controller of the VM has no index that libvirt accepts: "${raw.slice(0, 40)}"`,
  );
}

/** As in libvirt: virDomainPCIAddressBusSetModel(). */
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

/** By the root of its buses; by the machine type if a document that was written by hand does not name the root. */
function kindOf(domain: XmlElement, rootModel: string | undefined): GuestTopology['kind'] | null {
  if (rootModel === 'pcie-root') return 'pcie';
  if (rootModel === 'pci-root') return 'conventional';
  const type = typeOf(domain);
  const machine = type?.attributes.get('machine') ?? '';
  if (Q35.test(machine) || /^virt(-|$)/.test(machine)) return 'pcie';
  if (PC.test(machine) && isPc(domain)) return 'conventional';
  return null;
}

/** Whether a VM has PCI Express: its root bus accepts root ports. */
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
 * The chipset functions on the root bus of a PC, which no document names: ISA bridge, SATA and SMBus of q35, ISA
 * bridge of i440FX. libvirt reserves these: qemuDomainValidateDevicePCISlotsQ35(), …PIIX3().
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
