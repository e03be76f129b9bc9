import { BROKEN, type Known, mapKnown } from '../../base/known.ts';
import { hex, type Registers } from './registers.ts';

const PORT_TYPES = {
  0: 'endpoint',
  1: 'legacy-endpoint',
  4: 'root-port',
  5: 'upstream-port',
  6: 'downstream-port',
  7: 'pcie-to-pci-bridge',
  8: 'pci-to-pcie-bridge',
  9: 'root-complex-endpoint',
  10: 'root-complex-event-collector',
} as const;

/** The type of a PCI Express function. The PCI Express side of a `pcie-to-pci-bridge` is towards the CPU. */
export type PortType = (typeof PORT_TYPES)[keyof typeof PORT_TYPES];

/** A hardware feature, and whether it is enabled. */
export interface Feature {
  readonly supported: boolean;
  readonly enabled: boolean;
}

/** The PCI Express capability. Facts in a truncated part of a damaged space are BROKEN. */
export interface PcieCapability {
  /** BROKEN for a type that the specification does not define. */
  readonly portType: Known<PortType>;
  readonly version: number;
  /** Function level reset (FLR). */
  readonly functionLevelReset: boolean;
  /** Whether a slot for a card is below this port; always false for a function that is not a port. */
  readonly slotImplemented: boolean;
  /** `null` without a slot. Firmware often leaves 0 here. */
  readonly physicalSlot: Known<number>;
  /** The maximum link speed, in GT/s: 2.5, 5, 8 …; `null` without a link, as inside the root complex. */
  readonly maxLinkSpeedGts: Known<number>;
  /** The maximum link width, in lanes; `null` without a link. */
  readonly maxLinkWidth: Known<number>;
  /** ARI forwarding of a root or downstream port; `null` for others, and in version 1. */
  readonly ariForwarding: Known<Feature>;
}

const ACS_FEATURES = [
  'sourceValidation',
  'translationBlocking',
  'p2pRequestRedirect',
  'p2pCompletionRedirect',
  'upstreamForwarding',
  'p2pEgressControl',
  'directTranslatedP2p',
] as const;

/** Access control services, which isolate the traffic of neighbors. */
export type AcsCapability = Readonly<Record<(typeof ACS_FEATURES)[number], Feature>>;

/** Alternative routing ids. */
export interface AriCapability {
  /** The next function of this device, 0 to 255; 0 ends the chain. */
  readonly nextFunction: number;
}

/** SR-IOV, from the registers of the PF; the driver may allow fewer VFs. */
export interface SriovCapability {
  readonly totalVfs: number;
  readonly initialVfs: number;
  readonly numVfs: number;
  /** The offset from the routing id of the PF to that of its first VF; valid for the current `numVfs`. */
  readonly vfOffset: number;
  /** The distance between the routing ids of two VFs. */
  readonly vfStride: number;
  /** 4 hex digits. */
  readonly vfDeviceId: string;
  readonly vfEnable: boolean;
  readonly vfMemoryEnable: boolean;
  readonly ariHierarchy: boolean;
  /** The raw values of the six VF BAR registers, 32 bits each. */
  readonly vfBars: readonly number[];
}

/** Conventional advanced features: FLR for functions without PCI Express. */
export interface AdvancedFeatures {
  readonly functionLevelReset: boolean;
}

/** Power management. */
export interface PowerManagement {
  readonly version: number;
  readonly powerState: 'D0' | 'D1' | 'D2' | 'D3hot';
  /** True if a change to D3hot and back does not reset the function. */
  readonly noSoftReset: boolean;
}

const LINK_MASK = 0x3ff;
const LINK_SPEEDS: Readonly<Record<number, number>> = { 1: 2.5, 2: 5, 3: 8, 4: 16, 5: 32, 6: 64 };
const POWER_STATES = ['D0', 'D1', 'D2', 'D3hot'] as const;

function feature(supported: number, enabled: number, mask: number): Feature {
  return { supported: (supported & mask) !== 0, enabled: (enabled & mask) !== 0 };
}

/** Decodes 8 bytes and, if they exist, those of a longer capability. */
export function pcieAt({ view, end, problems }: Registers, offset: number): PcieCapability {
  const flags = view.getUint16(offset + 0x02, true);
  const version = flags & 0xf;
  const portType = (PORT_TYPES as Readonly<Record<number, PortType>>)[(flags >>> 4) & 0xf] ?? BROKEN;
  const isPort = portType === 'root-port' || portType === 'downstream-port';
  const slotImplemented = (isPort || portType === 'pci-to-pcie-bridge') && (flags & 0x100) !== 0;
  const hasLink = portType !== 'root-complex-endpoint' && portType !== 'root-complex-event-collector';

  let cut = false;
  const part = <T>(present: boolean, length: number, read: () => Known<T>): Known<T> => {
    if (!present) return null;
    if (offset + length <= end) return read();
    cut = true;
    return BROKEN;
  };
  // Endpoints that are part of the processor have no link speed and width.
  const linkCapabilities = part(hasLink, 0x10, () => {
    const register = view.getUint32(offset + 0x0c, true);
    return (register & LINK_MASK) === 0 ? null : register;
  });
  const result: PcieCapability = {
    portType,
    version,
    functionLevelReset: (view.getUint32(offset + 0x04, true) & 0x1000_0000) !== 0,
    slotImplemented,
    physicalSlot: part(slotImplemented, 0x18, () => view.getUint32(offset + 0x14, true) >>> 19),
    maxLinkSpeedGts: mapKnown(linkCapabilities, (register) => LINK_SPEEDS[register & 0xf] ?? BROKEN),
    maxLinkWidth: mapKnown(linkCapabilities, (register) => (register >>> 4) & 0x3f || BROKEN),
    ariForwarding: part(isPort && version >= 2, 0x2a, () =>
      feature(view.getUint32(offset + 0x24, true), view.getUint16(offset + 0x28, true), 0x20),
    ),
  };
  if (cut) problems.push(`The PCI Express capability at ${hex(offset, 2)} runs past the last byte.`);
  return result;
}

/** Decodes 8 bytes. */
export function acsAt(view: DataView, offset: number): AcsCapability {
  const supported = view.getUint16(offset + 0x04, true);
  const enabled = view.getUint16(offset + 0x06, true);
  const entries = ACS_FEATURES.map((name, bit) => [name, feature(supported, enabled, 1 << bit)]);
  return Object.fromEntries(entries) as AcsCapability;
}

/** Decodes 6 bytes. */
export function ariAt(view: DataView, offset: number): AriCapability {
  return { nextFunction: view.getUint8(offset + 0x05) };
}

/** Decodes 64 bytes. */
export function sriovAt(view: DataView, offset: number): SriovCapability {
  const control = view.getUint16(offset + 0x08, true);
  return {
    totalVfs: view.getUint16(offset + 0x0e, true),
    initialVfs: view.getUint16(offset + 0x0c, true),
    numVfs: view.getUint16(offset + 0x10, true),
    vfOffset: view.getUint16(offset + 0x14, true),
    vfStride: view.getUint16(offset + 0x16, true),
    vfDeviceId: hex(view.getUint16(offset + 0x1a, true), 4),
    vfEnable: (control & 0x01) !== 0,
    vfMemoryEnable: (control & 0x08) !== 0,
    ariHierarchy: (control & 0x10) !== 0,
    vfBars: Array.from({ length: 6 }, (_, index) => view.getUint32(offset + 0x24 + 4 * index, true)),
  };
}

/** Decodes 12 bytes: `00-11-22-ff-ff-33-44-55`. */
export function serialNumberAt(view: DataView, offset: number): string {
  const bytes = Array.from({ length: 8 }, (_, index) => hex(view.getUint8(offset + 0x0b - index), 2));
  return bytes.join('-');
}

/** Decodes 4 bytes. */
export function advancedFeaturesAt(view: DataView, offset: number): AdvancedFeatures {
  return { functionLevelReset: (view.getUint8(offset + 0x03) & 0x02) !== 0 };
}

/** Decodes 6 bytes. */
export function powerManagementAt(view: DataView, offset: number): PowerManagement {
  const control = view.getUint16(offset + 0x04, true);
  return {
    version: view.getUint16(offset + 0x02, true) & 0x7,
    powerState: POWER_STATES[(control & 0x3) as 0 | 1 | 2 | 3],
    noSoftReset: (control & 0x08) !== 0,
  };
}
