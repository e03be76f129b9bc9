import type { HostMarks } from '../host-marks.ts';

/** The schema of the record with the marks of functions before a VFIO driver took them. */
export const EARLIER_DRIVERS_SCHEMA = 'portal-gun/earlier-drivers/v1';

/** The marks that a host driver showed of a function before a VFIO driver took it. Valid only in the same boot. */
export interface LastSeen extends Partial<HostMarks> {
  /** The boot id of the kernel. */
  readonly boot: string;
  readonly subsystem: string | null;
}

/** Whether a value of the record has this form. */
export function isLastSeen(value: unknown): value is LastSeen {
  if (typeof value !== 'object' || value === null) return false;
  const { boot, subsystem, drive, model, wwn, guid, mac } = value as Record<string, unknown>;
  const marks = [drive, model, wwn, guid, mac];
  return (
    typeof boot === 'string' &&
    (subsystem === null || typeof subsystem === 'string') &&
    marks.every((mark) => mark === undefined || typeof mark === 'string')
  );
}

/** The record of a function that a VFIO driver takes. */
export function lastSeenAs(boot: string, subsystem: string | null, marks: HostMarks): LastSeen {
  const known = Object.entries(marks).filter(([, mark]) => mark !== null);
  return { boot, subsystem, ...Object.fromEntries(known) };
}

/** The entries of the record by address, not checked yet; empty if the record is damaged. */
export function earlierEntries(text: string | null): Readonly<Record<string, unknown>> {
  try {
    const { schema, devices } = JSON.parse(text ?? '{}') as { schema?: unknown; devices?: unknown };
    const isOurs = schema === EARLIER_DRIVERS_SCHEMA && typeof devices === 'object' && devices !== null;
    return isOurs ? (devices as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

/**
 * The recorded marks of the function at an address, if they are of this boot and the function has the same ids;
 * `null` otherwise.
 *
 * @param entry of the record
 * @param ids `8086:10d3`, and those of the subsystem
 */
export function lastSeenOf(
  entry: unknown,
  bootId: string,
  ids: { readonly id: string | null; readonly subsystem: string | null },
): HostMarks | null {
  if (typeof entry !== 'object' || entry === null) return null;
  const { id, seen } = entry as Record<string, unknown>;
  if (id !== ids.id || !isLastSeen(seen) || seen.boot !== bootId || seen.subsystem !== ids.subsystem) {
    return null;
  }
  const { drive = null, model = null, wwn = null, guid = null, mac = null } = seen;
  return { drive, model, wwn, guid, mac };
}
