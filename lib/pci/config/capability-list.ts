import { BROKEN, DENIED, isUnknown, type Known, mapKnown, UNREAD, type Unknown } from '../../base/known.ts';
import { CAPABILITY, capabilityName, extendedCapabilityName } from './capability-names.ts';
import { CARDBUS_HEADER_BYTES, HEADER_BYTES, hex, type Registers, SPACE_BYTES } from './registers.ts';

/** One entry of a capability list. */
export interface Capability {
  readonly id: number;
  /** Its offset in the configuration space, in bytes. */
  readonly offset: number;
  /** For users: `MSI-X`. */
  readonly name: string;
  /** The version of an extended capability; `null` for others, which have none in their header. */
  readonly version: number | null;
}

/** A list up to its end, or up to its damage. */
export interface Walk {
  readonly found: Known<readonly Capability[]>;
  /** The answer for a capability that is not in the list. */
  readonly otherwise: null | Unknown;
}

/** A list that cannot be followed, and why. */
export function lost(why: null | Unknown): Walk {
  return { found: why, otherwise: why };
}

/** The end of a damaged list: the capabilities before the damage are known, and others may have been behind it. */
function cutOff(registers: Registers, found: readonly Capability[], problem: string): Walk {
  registers.problems.push(problem);
  return { found: found.length === 0 ? BROKEN : found, otherwise: BROKEN };
}

/**
 * Follows the list of ordinary capabilities of a complete header. DENIED if the bytes end with the header, because
 * the kernel returns only the header to an ordinary user.
 */
export function walk(registers: Registers, cardbus: boolean): Walk {
  const { view, end, problems } = registers;
  if ((view.getUint16(0x06, true) & 0x10) === 0) return lost(null);
  let offset = view.getUint8(cardbus ? 0x14 : 0x34) & 0xfc;
  // The kernel returns only these bytes to an ordinary user. They include the pointer.
  const isDenied = end === HEADER_BYTES || (cardbus && end === CARDBUS_HEADER_BYTES);
  if (isDenied && offset >= HEADER_BYTES) return lost(DENIED);

  const found: Capability[] = [];
  const seen = new Set<number>();
  let from = 'The capability pointer';
  while (offset !== 0) {
    const at = hex(offset, 2);
    if (offset < HEADER_BYTES) return cutOff(registers, found, `${from} points into the header, at ${at}.`);
    if (offset + 2 > end) return cutOff(registers, found, `${from} points to ${at}, behind the last byte.`);
    if (seen.has(offset)) return cutOff(registers, found, `The capability list loops: it is at ${at} again.`);
    const id = view.getUint8(offset);
    if (id === 0xff) return cutOff(registers, found, `The capability at ${at} has the ID ff.`);
    if (id === 0) problems.push(`The capability at ${at} has the ID 00.`);
    seen.add(offset);
    found.push({ id, offset, name: capabilityName(id), version: null });
    from = `The capability at ${at}`;
    offset = view.getUint8(offset + 1) & 0xfc;
  }
  return { found, otherwise: null };
}

/**
 * Follows the list of extended capabilities. A function has that list if it has PCI Express among its ordinary
 * capabilities, or PCI-X of mode 2. UNREAD if the bytes end before it.
 */
export function extendedWalk(whole: Registers, ordinary: Walk, pciX: Known<boolean>): Walk {
  if (isUnknown(ordinary.found)) return lost(ordinary.found);
  const express = ordinary.found?.some(({ id }) => id === CAPABILITY.pciExpress) ?? false;
  if (!express && pciX !== true) return lost(isUnknown(pciX) ? pciX : ordinary.otherwise);
  if (whole.end === SPACE_BYTES) return lost(UNREAD);
  if (whole.end < SPACE_BYTES + 4) return lost(BROKEN);
  if (isAliased(whole)) {
    return cutOff(whole, [], 'The extended space repeats the first 256 bytes: it cannot be reached.');
  }
  const { view, end } = whole;
  const found: Capability[] = [];
  const seen = new Set<number>();
  let from = '';
  let offset = SPACE_BYTES;
  while (offset !== 0) {
    const at = hex(offset, 3);
    if (offset < SPACE_BYTES) {
      return cutOff(whole, found, `${from} points to ${at}, before the extended space.`);
    }
    if (offset + 4 > end) return cutOff(whole, found, `${from} points to ${at}, behind the last byte.`);
    if (seen.has(offset)) return cutOff(whole, found, `The extended list loops: it is at ${at} again.`);
    const header = view.getUint32(offset, true);
    if (header === 0 && offset === SPACE_BYTES) break;
    const id = header & 0xffff;
    if (header === 0 || id === 0xffff) {
      return cutOff(whole, found, `There is no extended capability at ${at}: it reads ${hex(header, 8)}.`);
    }
    seen.add(offset);
    found.push({ id, offset, name: extendedCapabilityName(id), version: (header >>> 16) & 0xf });
    from = `The extended capability at ${at}`;
    offset = (header >>> 20) & 0xffc;
  }
  return { found, otherwise: null };
}

// Some bridges drop the upper address bits. The kernel uses the same test (pci_ext_cfg_is_aliased).
function isAliased({ view, end }: Registers): boolean {
  const first = view.getUint32(0, true);
  if (first === 0 || first === 0xffff_ffff) return false;
  for (let offset = SPACE_BYTES; offset + 4 <= end; offset += SPACE_BYTES) {
    if (view.getUint32(offset, true) !== first) return false;
  }
  return true;
}

/** Decodes the first capability with that id; `read` needs `length` bytes. `null` if it is not in a complete list. */
export function decodeOne<T>(
  { end, problems }: Registers,
  { found, otherwise }: Walk,
  id: number,
  length: number,
  read: (offset: number) => T,
): Known<T> {
  return mapKnown(found, (list) => {
    const capability = list.find((candidate) => candidate.id === id);
    if (capability === undefined) return otherwise;
    if (capability.offset + length <= end) return read(capability.offset);
    problems.push(
      `The ${capability.name} capability at ${hex(capability.offset, 2)} runs past the last byte.`,
    );
    return BROKEN;
  });
}
