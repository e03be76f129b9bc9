import { spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
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

const LOCK_PATH = '/run/portal-gun/lock';
const LOCK_MODE = 0o600;
const CONFLICT = 75;
/** The descriptor by which `flock` gets the file to lock. */
const PASSED = 3;
const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Takes the lock of this machine, which allows one change at a time. The kernel keeps the lock (flock(2)) with the
 * open file of this process, and releases it when this process ends for any reason.
 *
 * A user who can open a file can lock it, so only root may open this one. A file that others could open is replaced,
 * unless a process of root holds it.
 *
 * @param folders the folders that are searched for `flock`
 * @returns a function that releases the lock
 * @throws PortalGunError HOST_LOCKED if another process has it, PERMISSION_DENIED, TOOL_MISSING without `flock`
 */
export async function lockHost(
  path: string = LOCK_PATH,
  folders: readonly string[] = PROGRAM_FOLDERS,
): Promise<() => void> {
  const program = findProgram('flock', folders);
  if (program === null) {
    throw new PortalGunError('TOOL_MISSING', 'is not installed', {
      subject: 'flock',
      hint: 'install util-linux',
    });
  }
  try {
    prepareFolder('', dirname(path));
    for (;;) {
      const descriptor = await takeFile(path, program);
      // In the meantime another process may have replaced the file.
      if (isSameFile(fstatSync(descriptor), statusOf(path))) {
        note(descriptor);
        return () => closeSync(descriptor);
      }
      closeSync(descriptor);
    }
  } catch (error) {
    throw lockError(path, error);
  }
}

/** Opens the lock file and locks it; returns its descriptor. */
async function takeFile(path: string, program: string): Promise<number> {
  const descriptor = openSync(path, FLAGS, LOCK_MODE);
  try {
    const stats = fstatSync(descriptor);
    const wasOpen = stats.uid !== process.geteuid?.() || (stats.mode & 0o077) !== 0;
    const isTaken = await lockFile(descriptor, program);
    if (isTaken && !wasOpen) return descriptor;
    if (!isTaken && (!wasOpen || isHeldByRoot(stats))) throw heldError(path, descriptor);
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
 * `flock` locks the open file that it gets, and the lock stays when `flock` ends. `false` if another process has it.
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

/** Replaces a file with a new one, unless another process did so first. */
function replace(path: string, old: Stats): void {
  const draft = `${path}.${process.pid}`;
  const descriptor = openSync(draft, FLAGS | constants.O_EXCL, LOCK_MODE);
  fchmodSync(descriptor, LOCK_MODE);
  closeSync(descriptor);
  if (isSameFile(old, statusOf(path))) renameSync(draft, path);
  else rmSync(draft, { force: true });
}

/** Writes the process id into the file, for the error of other processes. */
function note(descriptor: number): void {
  fchmodSync(descriptor, LOCK_MODE);
  ftruncateSync(descriptor);
  writeSync(descriptor, `${process.pid}\n`, 0);
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

/**
 * Whether a process of root holds a lock on a file, by `/proc/locks`: `1: FLOCK  ADVISORY  WRITE 812 00:1b:5678 0
 * EOF`.
 */
function isHeldByRoot({ ino }: Stats): boolean {
  const lines = readFileSync('/proc/locks', 'utf8').split('\n');
  return lines.some((line) => {
    const [, pid, inode] = /FLOCK\s+\S+\s+\S+\s+(\d+)\s+\w+:\w+:(\d+)/.exec(line) ?? [];
    return inode === String(ino) && statusOf(`/proc/${pid}`)?.uid === 0;
  });
}

function heldError(path: string, descriptor: number): PortalGunError {
  const pid = /^\d{1,10}\n$/.exec(readFileSync(descriptor, 'utf8'))?.[0].trim();
  return new PortalGunError('HOST_LOCKED', 'is held by another process that changes this host', {
    subject: path,
    ...(pid === undefined ? {} : { hint: `wait until it ends; to see which process it is: ps -p ${pid}` }),
  });
}

function closeQuietly(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // It is already closed.
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
