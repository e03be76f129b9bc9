import type { SnapshotEntry } from '../../host/snapshot/snapshot.ts';
import { plausibleSerial } from '../../pci/plausible-serial.ts';
import { lastName } from '../paths.ts';

/** Attributes that hold a name that only one unit in the world has. */
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

/** What of such a name says whose rules it follows; that is no secret. */
const SCHEME = /^(0x|(eui|uuid|naa|nvme|t10)\.|nqn\.[^:]*:(uuid:)?)?/;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** The world wide name that an attribute holds, without the blanks around it; `null` for any other, and for a blank one. */
export function unitNameOf(path: string, entry: SnapshotEntry): string | null {
  if (entry.kind !== 'text' || !NAMING.has(lastName(path))) return null;
  const name = entry.text.trim();
  // SCSI hosts have a small number of that name.
  return /^\d{1,5}$/.test(name) ? null : plausibleSerial(name);
}

/**
 * A name of the same form as another.
 *
 * @param redaction what takes the place of a UUID, of digits in hex without the signs between them, and of any other text; each as long as the original
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
