import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { PortalGunError } from '../base/errors.ts';
import { errorCode } from './host-reader.ts';

const LOCK_PATH = '/run/portal-gun/lock';
const CONFLICT = 75;

/**
 * Takes the lock of this machine: one changes it at a time. The kernel keeps it (flock(2)), in a process of its own
 * that ends when ours does, however that comes about; so nobody dead ever holds it.
 *
 * @returns what gives the lock back
 * @throws PortalGunError HOST_LOCKED where another process has it, PERMISSION_DENIED, TOOL_MISSING without `flock`
 */
export async function lockHost(path: string = LOCK_PATH): Promise<() => void> {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    throw lockError(path, errorCode(error));
  }
  const args = ['--nonblock', '--conflict-exit-code', String(CONFLICT), path, 'cat'];
  const child = spawn('flock', args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true, cwd: '/' });
  child.unref();
  await new Promise<void>((resolve, reject) => {
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    // It says back what it is told once it has the lock.
    child.stdout.once('data', () => resolve());
    child.stdin.on('error', () => {});
    child.once('error', (error) => reject(lockError(path, errorCode(error))));
    child.once('close', (code) =>
      reject(lockError(path, code === CONFLICT ? 'EWOULDBLOCK' : complaint.trim())),
    );
    child.stdin.write('held\n');
  });
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    if ('unref' in stream) (stream.unref as () => void)();
  }
  return () => {
    child.stdin.end();
  };
}

function lockError(path: string, what: string): PortalGunError {
  switch (what) {
    case 'EWOULDBLOCK':
      return new PortalGunError('HOST_LOCKED', 'is held by another process that changes this host', {
        subject: path,
      });
    case 'ENOENT':
      return new PortalGunError('TOOL_MISSING', 'is not there', {
        subject: 'flock',
        hint: 'install util-linux',
      });
    case 'EACCES':
    case 'EPERM':
      return new PortalGunError('PERMISSION_DENIED', `can't be locked: ${what}`, { subject: path });
    default:
      return /permission denied/i.test(what)
        ? new PortalGunError('PERMISSION_DENIED', `can't be locked: ${what}`, { subject: path })
        : new PortalGunError('OUTPUT_FAILED', `can't be locked: ${what}`, { subject: path });
  }
}
