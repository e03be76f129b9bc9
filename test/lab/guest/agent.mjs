// Runs commands inside the lab for the one outside: messages are lines of JSON on a virtio serial port.
// Kept free of packages and of the project's code, which is what it is there to test.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, createReadStream, openSync, writeSync } from 'node:fs';

const PORT = '/dev/virtio-ports/lab';
/** Without root's groups, which would let it read what others may not. */
const AS_NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];

// Here, and not before the agent is started: drivers load while Node does.
spawnSync('/portal-gun/test/lab/guest/bring-up.sh', { stdio: 'inherit' });

// Once, for both directions: the kernel lets one open it.
const port = openSync(PORT, 'r+');
/** @type {Map<number, import('node:child_process').ChildProcess>} */
const running = new Map();

/** @param {object} message */
function tell(message) {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let done = 0; done < bytes.length; ) done += writeSync(port, bytes, done);
}

/**
 * @param {number} id
 * @param {import('node:child_process').ChildProcess} child
 */
function follow(id, child) {
  running.set(id, child);
  child.stdout?.on('data', (data) => tell({ id, stdout: data.toString('base64') }));
  child.stderr?.on('data', (data) => tell({ id, stderr: data.toString('base64') }));
  child.on('error', (error) => {
    running.delete(id);
    tell({ id, failed: error.message });
  });
  child.on('close', (exitCode, signal) => {
    running.delete(id);
    tell({ id, exitCode, signal });
  });
}

/** @param {any} message */
function obey(message) {
  const { id } = message;
  if ('run' in message) {
    const ordinary = message.user === 'nobody';
    const words = ordinary ? [...AS_NOBODY, ...message.run] : message.run;
    const child = spawn(words[0], words.slice(1), {
      cwd: ordinary ? '/' : '/root',
      env: { ...process.env, ...(ordinary ? { HOME: '/nonexistent' } : {}), ...message.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(message.stdin ?? '');
    follow(id, child);
  } else if ('terminal' in message) {
    const tty = openSync('/dev/hvc0', 'r+');
    const { rows, columns, type } = message.terminal;
    const shell = `stty rows ${Number(rows)} cols ${Number(columns)}; exec bash -l -i`;
    const child = spawn('setsid', ['--ctty', '--wait', 'bash', '-c', shell], {
      env: { ...process.env, TERM: type },
      stdio: [tty, tty, tty],
    });
    closeSync(tty);
    follow(id, child);
  } else if ('signal' in message) {
    const child = running.get(id);
    // The whole process group: what a shell started is to end with it.
    if (child?.pid !== undefined) process.kill(-child.pid, message.signal);
  } else if ('powerOff' in message) {
    // An ordinary exit would wait for the read of the port that is under way.
    process.kill(process.pid, 'SIGKILL');
  }
}

let unread = '';
createReadStream('', { fd: port, encoding: 'utf8' }).on('data', (text) => {
  const lines = (unread + text).split('\n');
  unread = lines.pop() ?? '';
  for (const line of lines) obey(JSON.parse(line));
});
tell({ ready: true });
