import { BROKEN, isUnknown, type Known } from '../../base/known.ts';
import {
  type AcsCapability,
  type AdvancedFeatures,
  type AriCapability,
  acsAt,
  advancedFeaturesAt,
  ariAt,
  type PcieCapability,
  type PowerManagement,
  pcieAt,
  powerManagementAt,
  type SriovCapability,
  serialNumberAt,
  sriovAt,
} from './capabilities.ts';
import { type Capability, decodeOne, extendedWalk, lost, walk } from './capability-list.ts';
import { CAPABILITY, EXTENDED_CAPABILITY } from './capability-names.ts';
import {
  CARDBUS_HEADER_BYTES,
  EXTENDED_SPACE_BYTES,
  HEADER_BYTES,
  hex,
  type Registers,
  SPACE_BYTES,
} from './registers.ts';

/**
 * The configuration space of one function.
 *
 * In all parts, `null` is "this function has no such capability". DENIED: the kernel does not return it to an
 * ordinary user. UNREAD: it is beyond the 256 bytes of a capture. BROKEN: damage hides it, because a list without a
 * proper end may have contained the capability.
 */
export interface ConfigSpace {
  readonly sizeBytes: number;
  /** 4 hex digits, the raw value of the register. */
  readonly vendorId: Known<string>;
  /** 4 hex digits, the raw value of the register. */
  readonly deviceId: Known<string>;
  /**
   * Both ids read `ffff`, although the rest of the header does not. This is so for every VF: the kernel takes its ids
   * from its PF.
   */
  readonly idsHidden: boolean;
  /** The function does not answer: the header reads all ones, or its ids are those of no function. */
  readonly isSilent: boolean;
  /** 2 hex digits. */
  readonly revision: Known<string>;
  /** 6 hex digits: class, subclass, programming interface. */
  readonly classCode: Known<string>;
  /** 0 normal, 1 bridge, 2 CardBus bridge; BROKEN for others. */
  readonly headerType: Known<0 | 1 | 2>;
  readonly multifunction: Known<boolean>;
  /** The raw values of the six BAR registers of an ordinary header, 32 bits each; empty for other headers. */
  readonly bars: readonly number[];
  readonly ioEnabled: Known<boolean>;
  /** Always false for a VF: the bit is in its PF, `sriov.vfMemoryEnable`. */
  readonly memoryEnabled: Known<boolean>;
  readonly busMaster: Known<boolean>;
  /** In the order of the list; if it is damaged, those before the damage. */
  readonly capabilities: Known<readonly Capability[]>;
  /** In the order of the list, which may differ from that of the offsets; `null` without an extended space. */
  readonly extendedCapabilities: Known<readonly Capability[]>;
  readonly pcie: Known<PcieCapability>;
  readonly acs: Known<AcsCapability>;
  readonly ari: Known<AriCapability>;
  readonly sriov: Known<SriovCapability>;
  /** As lspci prints it: `00-11-22-ff-ff-33-44-55`. */
  readonly deviceSerialNumber: Known<string>;
  readonly af: Known<AdvancedFeatures>;
  readonly pm: Known<PowerManagement>;
  /** The errors in these bytes, one sentence each. */
  readonly problems: readonly string[];
}

/**
 * Parses a configuration space from `/sys/bus/pci/devices/ADDRESS/config`: 64 bytes for an ordinary user (128 of a
 * CardBus bridge), 256 or 4096 for root. Accepts any bytes and never throws: errors are in `problems`, and facts that
 * cannot be known because of them are BROKEN.
 *
 * Source: PCI Express Base Specification, chapter 7, and Linux' `include/uapi/linux/pci_regs.h`.
 */
export function parseConfigSpace(bytes: Uint8Array): ConfigSpace {
  const size = Math.min(bytes.byteLength, EXTENDED_SPACE_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, size);
  const problems: string[] = [];
  const whole: Registers = { view, end: size, problems };
  const low: Registers = { view, end: Math.min(size, SPACE_BYTES), problems };

  const known = <T>(offset: number, length: number, read: () => Known<T>): Known<T> =>
    offset + length <= size ? read() : BROKEN;
  const command = (bit: number) => known(0x04, 2, () => (view.getUint16(0x04, true) & bit) !== 0);
  const dead = size >= HEADER_BYTES && bytes.subarray(0, HEADER_BYTES).every((byte) => byte === 0xff);
  const headerType = known(0x0e, 1, () => headerTypeOf(view.getUint8(0x0e)));

  if (dead) problems.push('Every byte of the header reads ff: the function does not answer.');
  else if (size > 0x0e && isUnknown(headerType)) {
    problems.push(`The header is of the unknown type ${hex(view.getUint8(0x0e) & 0x7f, 2)}.`);
  }
  checkSize(bytes.byteLength, headerType, problems);

  const ordinary = size < HEADER_BYTES || isUnknown(headerType) ? lost(BROKEN) : walk(low, headerType === 2);
  const decode = <T>(id: number, length: number, read: (offset: number) => T): Known<T> =>
    decodeOne(low, ordinary, id, length, read);
  const pcie = decode(CAPABILITY.pciExpress, 0x08, (offset) => pcieAt(low, offset));
  // The first word of the PCI-X status shows whether it is mode 2, the only mode with an extended space.
  const pciX = decode(CAPABILITY.pciX, 0x08, (offset) => view.getUint32(offset + 4, true) >= 0x4000_0000);
  const extended = extendedWalk(whole, ordinary, pciX);
  const decodeExtended = <T>(id: number, length: number, read: (offset: number) => T): Known<T> =>
    decodeOne(whole, extended, id, length, read);

  return {
    sizeBytes: bytes.byteLength,
    vendorId: known(0x00, 2, () => hex(view.getUint16(0x00, true), 4)),
    deviceId: known(0x02, 2, () => hex(view.getUint16(0x02, true), 4)),
    idsHidden: size >= HEADER_BYTES && !dead && view.getUint32(0, true) === 0xffff_ffff,
    // The kernel treats these ids as an empty slot (pci_bus_generic_read_dev_vendor_id), in addition to all ones.
    isSilent: dead || (size >= HEADER_BYTES && EMPTY_SLOT.includes(view.getUint32(0, true))),
    revision: known(0x08, 1, () => hex(view.getUint8(0x08), 2)),
    classCode: known(0x08, 4, () => hex(view.getUint32(0x08, true) >>> 8, 6)),
    headerType,
    multifunction: known(0x0e, 1, () => (isUnknown(headerType) ? BROKEN : view.getUint8(0x0e) >= 0x80)),
    bars: size >= HEADER_BYTES && headerType === 0 ? barsAt(view, 0x10) : [],
    ioEnabled: command(1),
    memoryEnabled: command(2),
    busMaster: command(4),
    capabilities: ordinary.found,
    extendedCapabilities: extended.found,
    pcie,
    acs: decodeExtended(EXTENDED_CAPABILITY.acs, 0x08, (offset) => acsAt(view, offset)),
    ari: decodeExtended(EXTENDED_CAPABILITY.ari, 0x08, (offset) => ariAt(view, offset)),
    sriov: decodeExtended(EXTENDED_CAPABILITY.sriov, 0x40, (offset) => sriovAt(view, offset)),
    deviceSerialNumber: decodeExtended(EXTENDED_CAPABILITY.deviceSerialNumber, 0x0c, (offset) =>
      serialNumberAt(view, offset),
    ),
    af: decode(CAPABILITY.advancedFeatures, 0x06, (offset) => advancedFeaturesAt(view, offset)),
    pm: decode(CAPABILITY.powerManagement, 0x08, (offset) => powerManagementAt(view, offset)),
    problems,
  };
}

function barsAt(view: DataView, offset: number): readonly number[] {
  return Array.from({ length: 6 }, (_, index) => view.getUint32(offset + 4 * index, true));
}

const EMPTY_SLOT: readonly number[] = [0x0000_0000, 0x0000_ffff, 0xffff_0000];

function headerTypeOf(register: number): Known<0 | 1 | 2> {
  const type = register & 0x7f;
  return type === 0 || type === 1 || type === 2 ? type : BROKEN;
}

function checkSize(sizeBytes: number, headerType: Known<number>, problems: string[]): void {
  if (sizeBytes < HEADER_BYTES) {
    problems.push(`Only ${sizeBytes} bytes are there, not even the ${HEADER_BYTES} of a header.`);
  } else if (
    sizeBytes !== HEADER_BYTES &&
    sizeBytes !== SPACE_BYTES &&
    sizeBytes !== EXTENDED_SPACE_BYTES &&
    !(sizeBytes === CARDBUS_HEADER_BYTES && headerType === 2)
  ) {
    problems.push(`${sizeBytes} bytes are there, where a whole configuration space has 256 or 4096.`);
  }
}
