// Runs commands inside the lab for the one outside: messages are lines of JSON on a virtio serial port.
// Kept free of packages and of the project's code, which is what it is there to test.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, createReadStream, openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

const PORT = '/dev/virtio-ports/lab';
// V8 as an interpreter alone: under emulation it takes longer to compile what runs a few times than to run it, and what
// is compiled is translated once more, each time.
const WARM_PCI = ['node', '--no-opt', '--no-sparkplug', '/portal-gun/test/lab/guest/warm-pci.mjs'];
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

/**
 * @param {string} user
 * @param {string[]} command
 * @param {Record<string, string>} env
 * @param {import('node:child_process').StdioOptions} stdio
 */
function start(user, command, env, stdio) {
  const ordinary = user === 'nobody';
  const words = ordinary ? [...AS_NOBODY, ...command] : command;
  const child = spawn(words[0], words.slice(1), {
    cwd: ordinary ? '/' : '/root',
    env: { ...process.env, ...(ordinary ? { HOME: '/nonexistent' } : {}), ...env },
    stdio,
    detached: true,
  });
  child.stdin?.on('error', () => undefined);
  return child;
}

/**
 * A user's process in which `pci` runs again and again, and who waits for it, in their order.
 *
 * @type {Map<string, { child: import('node:child_process').ChildProcess, waiting: number[] }>}
 */
const warm = new Map();

/** @param {string} user */
function warmProcess(user) {
  const known = warm.get(user);
  if (known !== undefined) return known;
  // What it says of itself goes where the agent's words go; as a pipe, since on a terminal pci has colours.
  const child = start(user, WARM_PCI, {}, ['pipe', 'pipe', 'pipe', 'pipe']);
  child.stdout?.pipe(process.stdout, { end: false });
  child.stderr?.pipe(process.stderr, { end: false });
  /** @type {number[]} */
  const waiting = [];
  createInterface({ input: child.stdio[3] }).on('line', (line) => {
    const { stdout, stderr, exitCode } = JSON.parse(line);
    const id = waiting.shift() ?? 0;
    running.delete(id);
    const base64 = (text) => Buffer.from(text).toString('base64');
    tell({ id, stdout: base64(stdout), stderr: base64(stderr), exitCode });
  });
  const lose = (what) => {
    warm.delete(user);
    for (const id of waiting.splice(0)) {
      running.delete(id);
      tell({ id, failed: `the process that runs pci ${what}` });
    }
  };
  child.on('error', (error) => lose(`can not be started: ${error.message}`));
  child.on('close', (exitCode, signal) => lose(`ended: ${signal ?? exitCode}`));
  warm.set(user, { child, waiting });
  return { child, waiting };
}

/** @param {any} message */
function obey(message) {
  const { id } = message;
  if ('run' in message) {
    const child = start(message.user, message.run, message.env, ['pipe', 'pipe', 'pipe']);
    child.stdin?.end(message.stdin ?? '');
    follow(id, child);
  } else if ('pci' in message) {
    const { child, waiting } = warmProcess(message.user);
    waiting.push(id);
    running.set(id, child);
    child.stdin?.write(`${JSON.stringify(message.pci)}\n`);
  } else if ('terminal' in message) {
    const tty = openSync('/dev/hvc0', 'r+');
    const { rows, columns, type } = message.terminal;
    // No login shell: it would forget where pci is.
    const shell = `stty rows ${Number(rows)} cols ${Number(columns)}; exec bash -i`;
    const words = ['setsid', '--ctty', '--wait', 'bash', '-c', shell];
    follow(id, start(message.user, words, { TERM: type }, [tty, tty, tty]));
    closeSync(tty);
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
