import { isPciAddress, type PciAddress } from '../pci/address.ts';
import type { DriverState } from './change.ts';

/** Where it is kept which drivers functions had: gone with the boot, as what the kernel was told is. */
export const EARLIER_DRIVERS_PATH = '/run/portal-gun/earlier-drivers.json';

const SCHEMA = 'portal-gun/earlier-drivers/v1';

/** What a function was on before it was bound, and which function that was. */
export interface EarlierDriver extends DriverState {
  /** `8086:10c9`: another device at the address has no earlier driver. */
  readonly id: string | null;
}

export type EarlierDrivers = ReadonlyMap<PciAddress, EarlierDriver>;

/** The record, ordered by address; `null` where there is nothing to keep. */
export function serializeEarlierDrivers(earlier: EarlierDrivers): string | null {
  if (earlier.size === 0) return null;
  const devices = Object.fromEntries([...earlier].sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ schema: SCHEMA, devices }, null, 2)}\n`;
}

/** Reads the record. One that is damaged holds nothing: the kernel then chooses the drivers. */
export function parseEarlierDrivers(text: string | null): EarlierDrivers {
  const earlier = new Map<PciAddress, EarlierDriver>();
  for (const [address, entry] of Object.entries(devicesIn(text))) {
    if (isPciAddress(address) && isEarlierDriver(entry)) earlier.set(address, entry);
  }
  return earlier;
}

function devicesIn(text: string | null): object {
  try {
    const { schema, devices } = JSON.parse(text ?? '{}') as { schema?: unknown; devices?: unknown };
    return schema === SCHEMA && typeof devices === 'object' && devices !== null ? devices : {};
  } catch {
    return {};
  }
}

function isEarlierDriver(value: unknown): value is EarlierDriver {
  if (typeof value !== 'object' || value === null) return false;
  const { id, driver, override } = value as Record<string, unknown>;
  return [id, driver, override].every((each) => each === null || typeof each === 'string');
}
