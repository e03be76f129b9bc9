import { spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { PortalGunError } from '../base/errors.ts';
import { Distrust, prepareFolder } from './file/own-files.ts';
import { errorCode } from './host-reader.ts';
import { findProgram, PROGRAM_FOLDERS } from './programs.ts';

const LOCK_MODE = 0o600;
const CONFLICT = 75;
/** Of `flock`: the number of the descriptor that it locks. */
const PASSED = 3;
const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The longest note that is read, because a file that is not our lock can have any length. */
const MAX_NOTE = 300;

/** A lock that another process has. */
export interface HeldLock {
  /** The note of that process about itself; empty if it has not written one yet. */
  readonly note: string;
}

/**
 * Takes a lock of this machine, which one process has at a time. The kernel keeps it (flock(2)) with the open file,
 * which no other process has, and so releases it when this process ends, for any reason.
 *
 * Any user that can open a file can lock it, so only its owner may open this one. A file that others could open is
 * replaced, unless a process of root holds it.
 *
 * @param note describes this process, for others that find the lock
 * @param folders that may have `flock`
 * @returns a function that releases the lock, or its holder
 * @throws PortalGunError PERMISSION_DENIED, OUTPUT_FAILED, TOOL_MISSING without `flock`
 */
export async function takeFileLock(
  path: string,
  note: string,
  folders: readonly string[] = PROGRAM_FOLDERS,
): Promise<(() => void) | HeldLock> {
  const program = findProgram('flock', folders);
  if (program === null) {
    throw new PortalGunError('TOOL_MISSING', 'is not there', {
      subject: 'flock',
      hint: 'install util-linux',
    });
  }
  try {
    prepareFolder('', dirname(path));
    for (;;) {
      const taken = await takeFile(path, program);
      if (typeof taken !== 'number') return taken;
      // Meanwhile another process may have put a new file in its place.
      if (isSameFile(fstatSync(taken), statusOf(path))) {
        writeNote(taken, note);
        return () => closeSync(taken);
      }
      closeSync(taken);
    }
  } catch (error) {
    throw lockError(path, error);
  }
}

/** Opens the file of the lock and locks it; returns its descriptor, or its holder. */
async function takeFile(path: string, program: string): Promise<number | HeldLock> {
  const descriptor = openSync(path, FLAGS, LOCK_MODE);
  try {
    const stats = fstatSync(descriptor);
    const wasOpen = stats.uid !== process.geteuid?.() || (stats.mode & 0o077) !== 0;
    const isTaken = await lockFile(descriptor, program);
    if (isTaken && !wasOpen) return descriptor;
    if (!isTaken && (!wasOpen || isHeldByRoot(stats))) {
      const note = readNote(descriptor);
      closeSync(descriptor);
      return { note };
    }
    // A user other than root may hold the old file, or take it at any time.
    replace(path, stats);
    closeSync(descriptor);
    return takeFile(path, program);
  } catch (error) {
    closeQuietly(descriptor);
    throw error;
  }
}

/**
 * `flock` locks the open file that it inherits, which stays locked when it ends; `false` if another process has the
 * lock.
 */
function lockFile(descriptor: number, program: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const args = ['--nonblock', '--conflict-exit-code', String(CONFLICT), String(PASSED)];
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe', descriptor],
      detached: true,
      cwd: '/',
      env: { LC_ALL: 'C', PATH: PROGRAM_FOLDERS.join(':') },
    });
    let complaint = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0 || code === CONFLICT) resolve(code === 0);
      else reject(new Error(complaint.trim() || `flock exits with ${code}`));
    });
  });
}

/** Puts a new file in the place of one, unless another process did so first. */
function replace(path: string, old: Stats): void {
  const draft = `${path}.${process.pid}`;
  const descriptor = openSync(draft, FLAGS | constants.O_EXCL, LOCK_MODE);
  fchmodSync(descriptor, LOCK_MODE);
  closeSync(descriptor);
  if (isSameFile(old, statusOf(path))) renameSync(draft, path);
  else rmSync(draft, { force: true });
}

function writeNote(descriptor: number, note: string): void {
  fchmodSync(descriptor, LOCK_MODE);
  ftruncateSync(descriptor);
  writeSync(descriptor, `${note}\n`, 0);
}

function readNote(descriptor: number): string {
  const bytes = Buffer.alloc(MAX_NOTE);
  const length = readSync(descriptor, bytes, 0, MAX_NOTE, 0);
  return bytes.toString('utf8', 0, length).trim();
}

function statusOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

function isSameFile(a: Stats, b: Stats | null): boolean {
  return b !== null && a.dev === b.dev && a.ino === b.ino;
}

/** Whether a process that holds a lock on a file is root's, by `/proc/locks`: `1: FLOCK  ADVISORY  WRITE 812 00:1b:5678 0 EOF`. */
function isHeldByRoot({ ino }: Stats): boolean {
  const lines = readFileSync('/proc/locks', 'utf8').split('\n');
  return lines.some((line) => {
    const [, pid, inode] = /FLOCK\s+\S+\s+\S+\s+(\d+)\s+\w+:\w+:(\d+)/.exec(line) ?? [];
    return inode === String(ino) && statusOf(`/proc/${pid}`)?.uid === 0;
  });
}

function closeQuietly(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // It is closed already.
  }
}

function lockError(path: string, error: unknown): PortalGunError {
  if (error instanceof PortalGunError) return error;
  const what =
    error instanceof Distrust || errorCode(error).startsWith('Error')
      ? (error as Error).message
      : errorCode(error);
  const isDenied = error instanceof Distrust || ['EACCES', 'EPERM', 'ELOOP'].includes(what);
  return new PortalGunError(isDenied ? 'PERMISSION_DENIED' : 'OUTPUT_FAILED', `cannot be locked: ${what}`, {
    subject: path,
  });
}
