import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Channel } from '../../lib/host/channel.ts';
import { takeFileLock } from '../../lib/host/file-lock.ts';
import type { HostPorts } from '../../lib/host/host-ports.ts';
import { monotonicMs, pause } from '../../lib/host/this-process.ts';
import { AGENT_SHELLS, startAgent } from '../support/agent-process.ts';
import { validatorOf } from '../support/json-schemas.ts';
import { type Outcome, portalOn } from '../support/pci-program.ts';
import { routerCluster } from '../support/router-cluster.ts';
import { simulatedChannel } from '../support/simulated-channel.ts';
import { SimulatedLibvirt } from '../support/simulated-libvirt.ts';
import { whySkipped } from '../support/skipping.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

type Process = NonNullable<Parameters<typeof portalOn>[3]>;

/* `portal exec` and `portal cp` on a simulated libvirt, with an agent that is a process of this machine. */

const folder = temporaryFolder();
const socket = join(folder, 'agent');
const [dash] = AGENT_SHELLS;
const channelXml = `<channel type='unix'><source mode='bind' path='${socket}'/><target type='virtio' name='org.portal-gun.agent.1'/></channel>`;

function portsWith(libvirt: SimulatedLibvirt, open: () => Channel): HostPorts {
  return {
    ...routerCluster().ports,
    runner: libvirt,
    monotonicMs,
    pause,
    lockFile: takeFileLock,
    openChannel: async (path) => (path === socket ? open() : { failed: 'absent', detail: 'ENOENT' }),
  };
}

const running = () => new SimulatedLibvirt().addDevice('galaxy0', channelXml).start('galaxy0', 'running');

async function exec(
  args: readonly string[],
  { isTerminal = false, ports = portsWith(running(), realAgent) } = {},
): Promise<Outcome & { readonly written: string }> {
  let written = '';
  const outcome = await portalOn(ports, ['exec', ...args], undefined, {
    openStreams: async () => ({
      input: { isTerminal, read: async () => null, setRaw: () => undefined },
      output: {
        isTerminal,
        size: () => null,
        async write(piece) {
          written += Buffer.from(piece).toString('latin1');
          return true;
        },
      },
      close: () => undefined,
    }),
  });
  return { ...outcome, written };
}

function realAgent(): Channel {
  if (dash === undefined) throw new Error('no shell');
  return startAgent(dash, mkdtempSync(join(folder, 'agent-'))).channel;
}

/** An agent that answers a hello with this text, in which NONCE is that of the hello. */
function liar(text: string): () => Channel {
  return () => {
    const { near, far } = simulatedChannel();
    void (async () => {
      const hello = Buffer.from((await far.read()) ?? []).toString();
      await far.write(Buffer.from(text.replaceAll('NONCE', hello.trim().split(' ').at(-1) ?? '')));
    })();
    return near;
  };
}

const HELLO = 'pg1 0 hello 0 NONCE proto=1 boot=6f1f4f0e-0c0d-4b1e-9d2a-2f4a3b1c0d0e uptime=1.5 caps=exec\n';

describe('portal exec', () => {
  it('prints both outputs, and returns the exit status', async () => {
    const script = 'echo "out $1"; echo err >&2; exit 5';
    const outcome = await exec(['galaxy0', '--', 'sh', '-c', script, 'sh', "it's"]);
    expect(outcome).toMatchObject({ exitCode: 5, written: "out it's\n", stderr: 'err\n', stdout: '' });
  });

  it('leaves out what would control a terminal, unless asked for it', async () => {
    const words = ['--', 'printf', 'a\\033[2Jb\\n'];
    expect((await exec(['galaxy0', ...words], { isTerminal: true })).written).toBe('ab\n');
    expect((await exec(['galaxy0', '--raw', ...words], { isTerminal: true })).written).toBe('a\x1b[2Jb\n');
    expect((await exec(['galaxy0', ...words])).written).toBe('a\x1b[2Jb\n');
  });

  it('prints a document', async () => {
    const { stdout, exitCode } = await exec(['galaxy0', '--json', '--', 'sh', '-c', 'echo a; exit 3']);
    expect(exitCode).toBe(3);
    const document: unknown = JSON.parse(stdout);
    const validate = validatorOf('guest-exec', { strict: true });
    expect({ isValid: validate(document), errors: validate.errors }).toEqual({ isValid: true, errors: null });
    expect(document).toMatchObject({
      machine: 'galaxy0',
      ended: 'exit',
      status: 3,
      stdout: 'a\n',
      stderr: '',
    });
  });

  it('ends a command that takes too long', async () => {
    const outcome = await exec(['galaxy0', '--timeout', '1', '--', 'sleep', '1000']);
    expect(outcome.exitCode).toBe(7);
    expect(outcome.stderr).toContain(
      'galaxy0: the command did not end within 1 s, and was ended [GUEST_TIMEOUT]',
    );
  });

  it.each([
    ['the VM does not run', new SimulatedLibvirt().addDevice('galaxy0', channelXml), 'NOT_RUNNING', 4],
    ['the VM has no channel', new SimulatedLibvirt().start('galaxy0', 'running'), 'NO_AGENT', 6],
  ])('fails if %s', async (_, libvirt, code, exitCode) => {
    const outcome = await exec(['galaxy0', '--', 'true'], { ports: portsWith(libvirt, realAgent) });
    expect(outcome.exitCode).toBe(exitCode);
    expect(outcome.stderr).toContain(`[${code}]`);
  });

  it('waits for the agent, and for its other user, only for a time', async () => {
    const silent = () => simulatedChannel().near;
    const late = await exec(['galaxy0', '--wait', '1', '--', 'true'], {
      ports: portsWith(running(), silent),
    });
    expect(late.stderr).toContain('galaxy0: its agent did not answer within 1 s [AGENT_SILENT]');
    const lock = takeFileLock(`${socket}.lock`, '1 someone 2026-01-01T00:00:00.000Z');
    const release = await lock;
    const busy = await exec(['galaxy0', '--wait', '1', '--', 'true']);
    expect(busy.stderr).toContain('galaxy0: its agent is in use by process 1 of user someone');
    expect(busy.stderr).toContain('[AGENT_BUSY]');
    if (typeof release === 'function') release();
  });

  it.each([
    [HELLO.replace('proto=1', 'proto=99'), 'it speaks version "99" of the protocol'],
    [`${HELLO}pg1 1 out 9999999\n`, 'a frame has more than 1048576 bytes'],
    [`${HELLO}\x1b[2J\n`, 'a line is not a header of a frame: "\\x1b[2J"'],
    [`${HELLO}pg1 7 out 1\na`, 'it sent a frame for request 7, which does not exist'],
  ])('ends with what was wrong if the guest lies: %j', async (text, words) => {
    const outcome = await exec(['galaxy0', '--', 'true'], { ports: portsWith(running(), liar(text)) });
    expect(outcome).toMatchObject({ exitCode: 7, written: '', stdout: '' });
    expect(outcome.stderr).toContain(`galaxy0: the session with its agent ended: ${words}`);
    expect(outcome.stderr).toContain('[AGENT_FAILED]');
  });
});

describe('portal cp', () => {
  const MIB = 1024 * 1024;
  const isRoot = process.getuid?.() === 0;
  const asRoot = it.skipIf(!isRoot);
  const why = whySkipped(isRoot, 'the agent gives files to root');

  const cp = (args: readonly string[], ports = portsWith(running(), realAgent), more: Process = {}) =>
    portalOn(ports, ['cp', ...args], undefined, more);

  const place = () => mkdtempSync(join(folder, 'cp-'));

  /** A local file with random content. */
  function fileIn(
    at: string,
    size = 1000,
    name = 'file',
  ): { readonly path: string; readonly content: Buffer } {
    const path = join(at, name);
    const content = randomBytes(size);
    writeFileSync(path, content);
    return { path, content };
  }

  asRoot(`copies a file there and back, with its permissions${why}`, async () => {
    const at = place();
    // Neither is it unpacked.
    const { path, content } = fileIn(at, 2.5 * MIB, 'a.gz');
    chmodSync(path, 0o4751);
    const guest = join(at, "in the guest's.gz");
    expect(await cp([path, `galaxy0:${guest}`])).toEqual({
      exitCode: 0,
      stdout: `${path} copied to galaxy0:${guest}: 2.5 MiB\n`,
      stderr: '',
    });
    expect(readFileSync(guest).equals(content)).toBe(true);
    expect(statSync(guest).mode & 0o7777).toBe(0o751);
    const back = join(at, 'back.gz');
    chmodSync(guest, 0o4666);
    expect(await cp([`galaxy0:${guest}`, back])).toMatchObject({ exitCode: 0, stderr: '' });
    expect(readFileSync(back).equals(content)).toBe(true);
    expect(statSync(back).mode & 0o7777).toBe(0o666);
    chmodSync(guest, 0o640);
    expect(await cp([`galaxy0:${guest}`, back, '--overwrite'])).toMatchObject({ exitCode: 0, stderr: '' });
    expect(statSync(back).mode & 0o7777).toBe(0o640);
    expect(readdirSync(at).sort()).toEqual(['a.gz', 'back.gz', "in the guest's.gz"]);
  });

  asRoot(`gives the permissions of --mode, and replaces a file of a guest${why}`, async () => {
    const at = place();
    const { path, content } = fileIn(at, 0);
    const guest = fileIn(at, 10, 'guest').path;
    expect(await cp([path, `galaxy0:${guest}`, '--mode', '0604'])).toMatchObject({ exitCode: 0 });
    expect(readFileSync(guest).equals(content)).toBe(true);
    expect(statSync(guest).mode & 0o7777).toBe(0o604);
  });

  it('replaces a file of this host only with --overwrite', async () => {
    const at = place();
    const { path: guest, content } = fileIn(at);
    const old = fileIn(at, 5, 'old');
    const refused = await cp([`galaxy0:${guest}`, old.path]);
    expect(refused).toMatchObject({ exitCode: 4, stdout: '' });
    expect(refused.stderr).toContain(`${old.path}: exists; it was not replaced [FILE_EXISTS]`);
    expect(readFileSync(old.path).equals(old.content)).toBe(true);
    const done = await cp([`galaxy0:${guest}`, old.path, '--overwrite', '--mode', '600']);
    expect(done).toMatchObject({ exitCode: 0, stderr: '' });
    expect(readFileSync(old.path).equals(content)).toBe(true);
    expect(statSync(old.path).mode & 0o7777).toBe(0o600);
  });

  it('prints a document', async () => {
    const at = place();
    const { path: guestPath, content } = fileIn(at);
    chmodSync(guestPath, 0o640);
    const hostPath = join(at, 'copy');
    const { stdout, exitCode } = await cp([`galaxy0:${guestPath}`, hostPath, '--json']);
    expect(exitCode).toBe(0);
    const document: unknown = JSON.parse(stdout);
    const validate = validatorOf('guest-copy', { strict: true });
    expect({ isValid: validate(document), errors: validate.errors }).toEqual({ isValid: true, errors: null });
    expect(document).toEqual({
      schema: 'portal-gun/guest-copy/v1',
      machine: 'galaxy0',
      direction: 'from-guest',
      guestPath,
      hostPath,
      sizeBytes: 1000,
      sha256: createHash('sha256').update(content).digest('hex'),
      mode: '640',
    });
  });

  it.each([
    [['a', 'b'], 2, 'b: neither path is in a guest [BAD_ARGUMENT]'],
    [['./a:b', '/c:d'], 2, '/c:d: neither path is in a guest [BAD_ARGUMENT]'],
    [['x:/a', 'y:/b'], 2, 'y:/b: both paths are in guests [BAD_ARGUMENT]'],
    [
      ['PLACE/file', 'galaxy0:tmp/a'],
      2,
      'tmp/a: is not an absolute path of a file in a guest [BAD_ARGUMENT]',
    ],
    [['galaxy0:', 'PLACE/new'], 2, 'is not an absolute path of a file in a guest [BAD_ARGUMENT]'],
    [['PLACE/none', 'galaxy0:/a'], 3, 'PLACE/none: no such file [NOT_FOUND]'],
    [['PLACE', 'galaxy0:/a'], 2, 'PLACE: cannot be read: is a directory [BAD_ARGUMENT]'],
    [['galaxy0:PLACE/file', 'PLACE'], 7, 'PLACE: is a directory [OUTPUT_FAILED]'],
    [['galaxy0:PLACE/file', 'PLACE/no/file'], 7, 'PLACE/no/file: cannot be written: no such folder'],
    [['galaxy0:PLACE/none', 'PLACE/new'], 3, 'PLACE/none: the guest has no such file [GUEST_FILE_MISSING]'],
    [['galaxy0:PLACE/folder', 'PLACE/new'], 7, 'PLACE/folder: is a directory [GUEST_FILE_FAILED]'],
    [['PLACE/file', 'galaxy0:PLACE/folder'], 7, 'PLACE/folder: is a directory [GUEST_FILE_FAILED]'],
    [['galaxy0:/dev/null', 'PLACE/new'], 7, '"is not a regular file: /dev/null"'],
    [['PLACE/file', 'galaxy0:PLACE/no/file'], 7, 'no such directory: PLACE/no/'],
    [['PLACE/file', 'nowhere:/a'], 3, 'nowhere: no such VM'],
    [['PLACE/file', 'galaxy0:/a', '--mode', '999'], 2, '--mode: invalid value "999" [BAD_ARGUMENT]'],
    [['PLACE/file', 'galaxy0:/a', '--wait', '0'], 2, '--wait: invalid value "0" [BAD_ARGUMENT]'],
    [['PLACE/file', 'galaxy0:/a', '--overwrite'], 2, '--overwrite: applies only to a file of this host'],
  ])('fails for %j', async (args, exitCode, message) => {
    const at = place();
    fileIn(at);
    mkdirSync(join(at, 'folder'));
    const put = (text: string) => text.replaceAll('PLACE', at);
    const outcome = await cp(args.map(put));
    expect(outcome.stderr).toContain(put(message));
    expect(outcome).toMatchObject({ exitCode, stdout: '' });
    expect(readdirSync(at).sort()).toEqual(['file', 'folder']);
  });

  it('fails if the agent is silent', async () => {
    const at = place();
    const ports = portsWith(running(), () => simulatedChannel().near);
    const { stderr } = await cp([fileIn(at).path, 'galaxy0:/a', '--wait', '1'], ports);
    expect(stderr).toContain('galaxy0: its agent did not answer within 1 s [AGENT_SILENT]');
  });

  it('refuses files above the limit, before it copies them', async () => {
    const at = place();
    const large = join(at, 'large');
    writeFileSync(large, '');
    truncateSync(large, 256 * MIB + 1);
    const there = await cp([large, 'galaxy0:/a']);
    expect(there.stderr).toContain(`${large}: has 256.0 MiB, more than the limit of 256 MiB [BAD_ARGUMENT]`);
    const back = await cp([`galaxy0:${large}`, join(at, 'new')]);
    expect(back.stderr).toContain(
      `${large}: has 256.0 MiB, more than the limit of 256 MiB [GUEST_FILE_FAILED]`,
    );
    expect(existsSync(join(at, 'new'))).toBe(false);
  });

  asRoot(`ends with a signal, and continues in a guest${why}`, async () => {
    const at = place();
    const { path, content } = fileIn(at, 8 * MIB);
    const guest = join(at, 'guest');
    const there = interrupting(3 * MIB, 'write');
    expect(await cp([path, `galaxy0:${guest}`], there.ports, there.process)).toEqual({
      exitCode: 130,
      stdout: '',
      stderr: 'portal: interrupted; the same command continues the copy\n',
    });
    expect(existsSync(guest)).toBe(false);
    expect(readdirSync(at).filter((name) => name.endsWith('.part'))).toHaveLength(1);
    expect(await cp([path, `galaxy0:${guest}`])).toMatchObject({ exitCode: 0 });
    expect(readFileSync(guest).equals(content)).toBe(true);
    expect(readdirSync(at).sort()).toEqual(['file', 'guest']);
    const back = interrupting(3 * MIB, 'read');
    expect(await cp([`galaxy0:${guest}`, join(at, 'back')], back.ports, back.process)).toEqual({
      exitCode: 130,
      stdout: '',
      stderr: 'portal: interrupted; no file was written\n',
    });
    expect(readdirSync(at).sort()).toEqual(['file', 'guest']);
  });

  /** A process that gets SIGINT after so many bytes to the guest, or from it. */
  function interrupting(bytes: number, way: 'read' | 'write'): { ports: HostPorts; process: Process } {
    let left = bytes;
    let interrupt: (() => void) | null = null;
    const count = (piece: Uint8Array | null): void => {
      left -= piece?.length ?? 0;
      if (left <= 0) interrupt?.();
    };
    const ports = portsWith(running(), () => {
      const channel = realAgent();
      return {
        ...channel,
        async read() {
          const piece = await channel.read();
          if (way === 'read') count(piece);
          return piece;
        },
        async write(piece) {
          const isWritten = await channel.write(piece);
          if (way === 'write') count(piece);
          return isWritten;
        },
      };
    });
    const process: Process = {
      on(signal, listener) {
        if (signal === 'SIGINT') interrupt = () => listener(signal);
      },
      off: () => undefined,
    };
    return { ports, process };
  }
});
