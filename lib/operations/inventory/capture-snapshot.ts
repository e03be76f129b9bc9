import type { Snapshot } from '../../host/snapshot/snapshot.ts';
import { formatSnapshot, snapshotPieces } from '../../host/snapshot/snapshot-text.ts';
import { captureHost } from '../../sysfs/capture.ts';
import { hasMachineId, replaceIdentifiers } from '../../sysfs/redaction/replace-identifiers.ts';
import type { HostSession } from '../session/host-session.ts';

/** Options of a capture. */
export interface SnapshotOptions {
  /** Whether serial numbers, MACs, the host name and UUIDs are kept; by default they are replaced by stand-ins. */
  readonly raw?: boolean;
}

/** A captured host. */
export interface CapturedHost {
  readonly snapshot: Snapshot;
  /** The text of its file, which `host` of a session takes; made when it is asked for. */
  readonly text: string;
  /** The same text in pieces: that of a large host takes more memory than the host. */
  pieces(): Iterable<string>;
  /** Notes: sentences. */
  readonly notes: readonly string[];
}

const UNKEYED =
  'this host has no machine-id, so anyone who guesses a MAC or serial number can verify the guess';

/**
 * Captures everything that readers read of a host.
 *
 * @throws PortalGunError the errors of opening the host
 */
export function captureSnapshot({ host }: HostSession, { raw = false }: SnapshotOptions = {}): CapturedHost {
  const captured = captureHost(host);
  const snapshot = raw ? captured : replaceIdentifiers(captured);
  return {
    snapshot,
    get text() {
      return formatSnapshot(snapshot);
    },
    pieces: () => snapshotPieces(snapshot),
    notes: snapshot === captured || hasMachineId(captured) ? [] : [UNKEYED],
  };
}
