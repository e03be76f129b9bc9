import type { SnapshotEntry } from '../../host/snapshot/snapshot.ts';
import { plausibleSerial } from '../../pci/plausible-serial.ts';
import { lastName } from '../paths.ts';

/** Attributes that contain a globally unique name. */
const NAMING: ReadonlySet<string> = new Set([
  'wwid',
  'subsysnqn',
  'port_name',
  'node_name',
  'host_sas_address',
  'sas_address',
  'node_guid',
  'unique_id',
]);

/** The part of such a name that shows its naming scheme, which is not secret. */
const SCHEME = /^(0x|(eui|uuid|naa|nvme|t10)\.|nqn\.[^:]*:(uuid:)?)?/;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/**
 * The world wide name in an attribute, without surrounding whitespace; `null` for another attribute, and for a blank
 * one.
 */
export function unitNameOf(path: string, entry: SnapshotEntry): string | null {
  if (entry.kind !== 'text' || !NAMING.has(lastName(path))) return null;
  const name = entry.text.trim();
  // SCSI hosts have a small number in an attribute of that name.
  return /^\d{1,5}$/.test(name) ? null : plausibleSerial(name);
}

/**
 * A name of the same form as another.
 *
 * @param redaction the replacement for a UUID, for hex digits without separators, and for any other text; each as
 * long as the original
 */
export function redactUnit(
  name: string,
  redaction: { uuid(uuid: string): string; hex(text: string): string; text(text: string): string },
): string {
  const [scheme = ''] = SCHEME.exec(name) ?? [];
  const own = name.slice(scheme.length);
  if (UUID.test(own)) return scheme + redaction.uuid(own.toLowerCase());
  if (!/^[0-9a-f:-]+$/i.test(own)) return scheme + redaction.text(own);
  const digits = [...redaction.hex(own.replace(/[:-]/g, ''))];
  return scheme + own.replace(/[0-9a-f]/gi, () => digits.shift() ?? '0');
}
