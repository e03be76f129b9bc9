import { PortalGunError } from '../../base/errors.ts';
import type { GrowingFile } from '../../host/growing-file.ts';
import { isFailure } from '../../host/host-reader.ts';
import type { HostSession } from '../session/host-session.ts';
import { demandLog, findConsole } from './find-console.ts';

/** Options of `portal console --log`. */
export interface ConsoleLogOptions {
  /** The name or UUID of a VM. */
  readonly machine: string;
  /** Only the last lines; all by default. */
  readonly lines?: number | undefined;
  /** Whether it continues with text that is added, until `signal`. */
  readonly follow?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

const PIECE_BYTES = 64 * 1024;
const LOOK_MS = 200;
const LINE_FEED = 0x0a;

/**
 * Reads the output of the console of a VM, in pieces, from its log: the owner of the console loses nothing. A log
 * that is rotated or truncated is followed into its new file.
 *
 * @throws PortalGunError MACHINE_NOT_FOUND, NO_CONSOLE, NOT_FOUND if nothing was logged, PERMISSION_DENIED,
 *   BAD_ARGUMENT, TOOL_FAILED, and the errors of reading libvirt
 */
export async function* readConsoleLog(
  session: HostSession,
  options: ConsoleLogOptions,
): AsyncGenerator<Uint8Array> {
  const path = demandLog(await findConsole(session, options.machine));
  yield* readLog(session, path, options);
}

/**
 * Reads a log in pieces, as {@link readConsoleLog} does. If it is followed, it need not exist yet.
 *
 * @throws PortalGunError NOT_FOUND, PERMISSION_DENIED, TOOL_FAILED
 */
export async function* readLog(
  session: HostSession,
  path: string,
  { lines, follow = false, signal }: Omit<ConsoleLogOptions, 'machine'>,
): AsyncGenerator<Uint8Array> {
  const { ports } = session;
  let log = await openLog(session, path);
  if (log === null && !follow) throw new PortalGunError('NOT_FOUND', 'no such file', { subject: path });
  let offset = log === null || lines === undefined ? 0 : offsetOfLast(log, lines);
  try {
    while (signal?.aborted !== true) {
      const piece = log?.read(offset, PIECE_BYTES) ?? new Uint8Array();
      offset += piece.length;
      if (piece.length > 0) {
        yield piece;
        continue;
      }
      if (!follow) return;
      if (log !== null && log.size() < offset) {
        offset = 0;
        continue;
      }
      if (log === null || log.isReplaced()) {
        const next = await openLog(session, path);
        if (next !== null) {
          // Between the last read and this one, a little may have been added to the old file.
          const rest = log?.read(offset, PIECE_BYTES) ?? new Uint8Array();
          log?.close();
          log = next;
          offset = 0;
          if (rest.length > 0) yield rest;
          continue;
        }
      }
      await ports.pause(LOOK_MS, signal);
    }
  } finally {
    log?.close();
  }
}

/** The last lines of a log, for orientation only. They are empty if the log does not exist or is not readable. */
export async function lastLines(session: HostSession, path: string, lines: number): Promise<Uint8Array> {
  const log = await session.ports.openGrowing(path);
  if (log === null || isFailure(log)) return new Uint8Array();
  try {
    return log.read(offsetOfLast(log, lines), PIECE_BYTES);
  } finally {
    log.close();
  }
}

async function openLog({ ports }: HostSession, path: string): Promise<GrowingFile | null> {
  const log = await ports.openGrowing(path);
  if (!isFailure(log)) return log;
  throw new PortalGunError(
    log.unknown === 'denied' ? 'PERMISSION_DENIED' : 'TOOL_FAILED',
    `cannot be read: ${log.detail}`,
    { subject: path },
  );
}

/** The offset of the last lines of a file; a line without an end counts. */
function offsetOfLast(log: GrowingFile, lines: number): number {
  const size = log.size();
  if (lines === 0) return size;
  let left = lines;
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - PIECE_BYTES);
    const piece = log.read(start, end - start);
    for (let index = piece.length - 1; index >= 0; index -= 1) {
      // The end of the last line does not start another line.
      if (piece[index] !== LINE_FEED || start + index === size - 1) continue;
      left -= 1;
      if (left <= 0) return start + index + 1;
    }
    end = start;
  }
  return 0;
}
