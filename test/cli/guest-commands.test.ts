import { mkdtempSync } from 'node:fs';
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
import { temporaryFolder } from '../support/temporary-folder.ts';

/* `portal exec` on a simulated libvirt, with an agent that is a process of this machine. */

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
