import { createHash } from 'node:crypto';
import { Cancelled, demandGoing } from '../../base/cancelled.ts';
import { PortalGunError } from '../../base/errors.ts';
import { shellCommand } from '../../base/shell-command.ts';
import { formatSize } from '../../base/text.ts';
import type { GuestAgent } from '../../guest/agent/guest-agent.ts';
import type { HostSession } from '../session/host-session.ts';
import { demandGuestPath } from './guest-file.ts';
import { type OpenAgentOptions, openAgent } from './open-agent.ts';

/** A file is in memory while it is copied. */
const MAX_COPY_BYTES = 256 * 1024 * 1024;
/** The permissions of a file if the guest does not report any: those of a file that may be secret. */
const SECRET_MODE = 0o600;
/** Only these bits are of a file that is copied: a program must not get the rights of its owner by a copy. */
const PERMISSIONS = 0o777;
const ROOT = { uid: 0, gid: 0 };
const STAT_MS = 10_000;
const STAT_BYTES = 4096;

interface CopyOptions extends OpenAgentOptions {
  /** An absolute path in the guest. */
  readonly guestPath: string;
  /** A path of this host. */
  readonly hostPath: string;
  /** The permission bits of the copy, 0 to `0o777`. Default: those of the file. */
  readonly mode?: number | undefined;
  /** Gets how much is transferred, from time to time. */
  readonly onProgress?: ((doneBytes: number, allBytes: number) => void) | undefined;
}

/** Options for copying a file into a guest. */
export type CopyToGuestOptions = CopyOptions;

/** Options for copying a file out of a guest. */
export interface CopyFromGuestOptions extends CopyOptions {
  /** Whether a file of this host is replaced. Default: no. */
  readonly overwrites?: boolean | undefined;
}

/** A file that was copied. */
export interface CopiedFile {
  readonly sizeBytes: number;
  /** In lowercase hexadecimal digits. */
  readonly sha256: string;
  /** Permission bits of the copy, 0 to `0o777`. */
  readonly mode: number;
}

/**
 * Copies a file of this host, of at most 256 MiB, into a running guest, where it then belongs to root and replaces what was at
 * its path. If the copy is interrupted, what arrived stays in the guest beside the target, and the next copy of the same
 * content to the same directory continues there.
 *
 * @throws PortalGunError as {@link openAgent}; NOT_FOUND, PERMISSION_DENIED and BAD_ARGUMENT for the file of this host;
 *   GUEST_FILE_FAILED, AGENT_FAILED, BAD_ARGUMENT for a path that is not absolute
 * @throws Cancelled after the signal
 */
export async function copyToGuest(session: HostSession, options: CopyToGuestOptions): Promise<CopiedFile> {
  const { guestPath, hostPath, signal, onProgress } = options;
  demandGuestPath(guestPath);
  const files = await session.ports.openUserFiles();
  const file = files.readWhole(hostPath, MAX_COPY_BYTES);
  const mode = options.mode ?? file.mode;
  const sizeBytes = file.bytes.length;
  return withAgent(session, options, async (agent) => {
    await statIn(agent, guestPath, 'name the file in it', signal);
    demandGoing(signal);
    await agent.put(
      guestPath,
      file.bytes,
      { mode, ...ROOT },
      { onProgress: (doneBytes) => onProgress?.(doneBytes, sizeBytes) },
    );
    return copied(file.bytes, mode);
  });
}

/**
 * Copies a file of a running guest, of at most 256 MiB, to this host: whole, or not at all. Only its permission bits are
 * kept, not its owner.
 *
 * @throws PortalGunError as {@link openAgent}; FILE_EXISTS, OUTPUT_FAILED and PERMISSION_DENIED for the file of this host;
 *   GUEST_FILE_MISSING, GUEST_FILE_FAILED, AGENT_FAILED, BAD_ARGUMENT for a path that is not absolute
 * @throws Cancelled after the signal; nothing is left
 */
export async function copyFromGuest(
  session: HostSession,
  options: CopyFromGuestOptions,
): Promise<CopiedFile> {
  const { guestPath, hostPath, overwrites = false, signal, onProgress } = options;
  demandGuestPath(guestPath);
  const files = await session.ports.openUserFiles();
  files.demandPlace(hostPath);
  if (!overwrites && files.isFile(hostPath)) {
    throw new PortalGunError('FILE_EXISTS', 'exists; it was not replaced', { subject: hostPath });
  }
  return withAgent(session, options, async (agent) => {
    const found = await statIn(agent, guestPath, 'only files are copied: make one of it with tar', signal);
    const allBytes = found?.sizeBytes ?? 0;
    if (allBytes > MAX_COPY_BYTES) {
      const [size, most] = [formatSize(allBytes), formatSize(MAX_COPY_BYTES)];
      throw new PortalGunError('GUEST_FILE_FAILED', `has ${size}, more than the limit of ${most}`, {
        subject: guestPath,
      });
    }
    const bytes = await agent.get(guestPath, {
      maxBytes: MAX_COPY_BYTES,
      onProgress: (doneBytes) => onProgress?.(doneBytes, allBytes),
    });
    demandGoing(signal);
    const mode = options.mode ?? found?.mode ?? SECRET_MODE;
    files.putWhole(hostPath, { bytes, mode }, overwrites);
    return copied(bytes, mode);
  });
}

function copied(bytes: Uint8Array, mode: number): CopiedFile {
  return { sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), mode };
}

/**
 * What a guest reports about a file; `null` if it reports nothing that can be read.
 *
 * @throws PortalGunError GUEST_FILE_FAILED, with a hint, for a directory
 */
async function statIn(
  agent: GuestAgent,
  path: string,
  hint: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly mode: number; readonly sizeBytes: number } | null> {
  const script = shellCommand('stat', '-L', '-c', '%a %s %F', path);
  const { ended, out } = await agent.exec(script, { signal, timeoutMs: STAT_MS, maxOutputBytes: STAT_BYTES });
  if (ended.kind !== 'exit' || ended.status !== 0) return null;
  const text = Buffer.from(out).toString('latin1');
  const [, mode, size, kind] = /^([0-7]{1,4}) (\d{1,15}) ([a-z ]+)\n$/.exec(text) ?? [];
  if (mode === undefined) return null;
  if (kind === 'directory') {
    throw new PortalGunError('GUEST_FILE_FAILED', 'is a directory', { subject: path, hint });
  }
  return { mode: Number.parseInt(mode, 8) & PERMISSIONS, sizeBytes: Number(size) };
}

/** Works with an agent until the signal: the end of the session is the only way to end a transfer. */
async function withAgent<T>(
  session: HostSession,
  { machine, waitMs, signal }: OpenAgentOptions,
  work: (agent: GuestAgent) => Promise<T>,
): Promise<T> {
  let agent: GuestAgent | null = null;
  const end = (): void => agent?.close();
  signal?.addEventListener('abort', end);
  try {
    agent = await openAgent(session, { machine, waitMs, signal });
    demandGoing(signal);
    return await work(agent);
  } catch (error) {
    if (signal?.aborted === true) throw new Cancelled();
    throw error;
  } finally {
    signal?.removeEventListener('abort', end);
    end();
  }
}
