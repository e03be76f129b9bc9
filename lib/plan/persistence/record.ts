import * as z from 'zod/mini';
import { type ErrorDetails, PortalGunError } from '../../base/errors.ts';
import { comparePciAddresses } from '../../pci/address.ts';
import type { PersistedDevice } from '../../pci/persisted/persisted-device.ts';

/** The read limit of an attribute also applies to a record. */
const MAX_LENGTH = 64 * 1024;

/** The form of a file with devices for each boot. */
export interface RecordForm<T extends PersistedDevice> {
  readonly path: string;
  /** `portal-gun/bindings/v1`. */
  readonly schema: string;
  /** The required parts of an entry, each in its form. Unknown keys are kept, because later versions have them. */
  readonly entry: z.ZodMiniType<T>;
}

/**
 * A record, ordered by address; `null` if it is empty.
 *
 * @throws PortalGunError CANNOT_PERSIST if it would be too large to be read again
 */
export function serializeRecord<T extends PersistedDevice>(
  { schema }: RecordForm<T>,
  entries: readonly T[],
): string | null {
  if (entries.length === 0) return null;
  const devices = byAddress(entries);
  const record = { schema, devices };
  // A long record is written without indentation.
  const text = [2, 0].map((indent) => `${JSON.stringify(record, null, indent)}\n`).find(isReadable);
  if (text !== undefined) return text;
  throw new PortalGunError('CANNOT_PERSIST', `${devices.length} devices are more than can be kept`);
}

/** Entries in the order of a record. */
export function byAddress<T extends PersistedDevice>(entries: readonly T[]): readonly T[] {
  return [...entries].sort((a, b) => comparePciAddresses(a.address, b.address));
}

/** Whether a text is within the read limit. */
export function isReadable(text: string): boolean {
  return Buffer.byteLength(text) <= MAX_LENGTH;
}

/**
 * Parses a record; `null` is an empty one.
 *
 * @throws PortalGunError BAD_RECORD
 */
export function parseRecord<T extends PersistedDevice>(
  { path, schema, entry: form }: RecordForm<T>,
  text: string | null,
): readonly T[] {
  if (text === null) return [];
  const record = parseObject(text);
  if (!isObject(record)) throw damaged(path, 'it is not a JSON object');
  const { devices } = record;
  if (record['schema'] !== schema || !Array.isArray(devices))
    throw damaged(path, `it is not one of ${schema}`);
  return devices.map((entry: unknown, index) => {
    const { error } = z.safeParse(form, entry);
    if (error === undefined) return entry as T;
    const keys = error.issues[0]?.path ?? [];
    const which = keys.length === 0 ? '' : ` (${keys.join('.')})`;
    throw damaged(path, `entry ${index + 1} is invalid${which}`, {
      text,
      path: ['devices', index, ...keys],
    });
  });
}

function parseObject(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function damaged(path: string, detail: string, part?: ErrorDetails['part']): PortalGunError {
  return new PortalGunError('BAD_RECORD', detail, {
    subject: path,
    ...(part === undefined ? {} : { part }),
  });
}
