import { isPciAddress, type PciAddress } from '../../pci/address.ts';
import {
  EARLIER_DRIVERS_SCHEMA,
  earlierEntries,
  isLastSeen,
  type LastSeen,
} from '../../pci/persisted/last-seen.ts';
import type { DriverState } from '../change-states.ts';
import { isReadable } from '../persistence/record.ts';

/** The driver of a function before it was bound, with the identity of the function. */
export interface EarlierDriver extends DriverState {
  /** `8086:10c9`: another device at the address has no earlier driver. */
  readonly id: string | null;
  /** The marks that the driver showed: on a VFIO driver they can no longer be read. */
  readonly seen?: LastSeen;
}

export type EarlierDrivers = ReadonlyMap<PciAddress, EarlierDriver>;

/**
 * The record, ordered by address; `null` if it is empty. If it would be too long to be read again, the marks are
 * omitted, because the drivers are more important.
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

/** Parses the record. A damaged one counts as empty: the kernel then chooses the drivers. */
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
