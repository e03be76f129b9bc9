import { isPciAddress, type PciAddress } from '../../pci/address.ts';
import {
  EARLIER_DRIVERS_SCHEMA,
  earlierEntries,
  isLastSeen,
  type LastSeen,
} from '../../pci/persisted/last-seen.ts';
import type { DriverState } from '../change-states.ts';
import { isReadable } from '../persistence/record.ts';

/** What a function was on before it was bound, and which function that was. */
export interface EarlierDriver extends DriverState {
  /** `8086:10c9`: another device at the address has no earlier driver. */
  readonly id: string | null;
  /** What that driver showed of it: on a VFIO driver it cannot be read any more. */
  readonly seen?: LastSeen;
}

export type EarlierDrivers = ReadonlyMap<PciAddress, EarlierDriver>;

/**
 * The record, ordered by address; `null` where there is nothing to keep. Where it would be too long to be read again, it does without
 * what was seen: the drivers count more.
 */
export function serializeEarlierDrivers(earlier: EarlierDrivers): string | null {
  if (earlier.size === 0) return null;
  const entries = [...earlier].sort(([a], [b]) => (a < b ? -1 : 1));
  const textOf = (some: readonly (readonly [PciAddress, EarlierDriver])[], indent: number): string =>
    `${JSON.stringify({ schema: EARLIER_DRIVERS_SCHEMA, devices: Object.fromEntries(some) }, null, indent)}\n`;
  const whole = [2, 0].map((indent) => textOf(entries, indent)).find(isReadable);
  const drivers = entries.map(([address, { seen: _, ...state }]) => [address, state] as const);
  return whole ?? textOf(drivers, 0);
}

/** Reads the record. One that is damaged holds nothing: the kernel then chooses the drivers. */
export function parseEarlierDrivers(text: string | null): EarlierDrivers {
  const earlier = new Map<PciAddress, EarlierDriver>();
  for (const [address, entry] of Object.entries(earlierEntries(text))) {
    if (isPciAddress(address) && isEarlierDriver(entry)) earlier.set(address, entry);
  }
  return earlier;
}

function isEarlierDriver(value: unknown): value is EarlierDriver {
  if (typeof value !== 'object' || value === null) return false;
  const { id, driver, override, seen } = value as Record<string, unknown>;
  const areTexts = [id, driver, override].every((each) => each === null || typeof each === 'string');
  return areTexts && (seen === undefined || isLastSeen(seen));
}
