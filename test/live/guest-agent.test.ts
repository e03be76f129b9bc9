import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ByteGatherer } from '../../lib/guest/agent/byte-gatherer.ts';
import type { GuestEvent } from '../../lib/guest/agent/guest-agent.ts';
import type { Channel } from '../../lib/host/channel.ts';
import { monotonicMs, pause } from '../../lib/host/this-process.ts';
import { AGENT_SCRIPT } from '../../lib/machines/boot/agent-script.ts';
import { AgentSession } from '../../lib/operations/guest/agent-session.ts';
import { AGENT_SHELLS, type AgentProcess, startAgent } from '../support/agent-process.ts';
import { whySkipped } from '../support/skipping.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const OWNER = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const MIB = 1024 * 1024;
/** A time to sleep that no other process sleeps. */
const SLEEP = `sleep ${100_000 + process.pid}`;

describe.each(AGENT_SHELLS)('the agent in $name', (shell) => {
  const whole = temporaryFolder();
  const it_ = it.skipIf(!shell.isThere);
  const why = whySkipped(shell.isThere, `${shell.name} is not installed`);

  interface Open {
    readonly agent: AgentSession;
    readonly process: AgentProcess;
    readonly folder: string;
  }

  const open = async (
    folder = mkdtempSync(join(whole, 'agent-')),
    wrap: (channel: Channel) => Channel = (channel) => channel,
  ): Promise<Open> => {
    const process = startAgent(shell, folder);
    const agent = new AgentSession(
      wrap(process.channel),
      { pause, monotonicMs },
      {
        subject: 'test0',
        nonce: randomBytes(8).toString('hex'),
      },
    );
    expect(await agent.greet(10_000)).toBe(true);
    return { agent, process, folder };
  };

  const ended = async ({ process: { process }, agent }: Open): Promise<void> => {
    agent.close();
    if (process.exitCode === null) await new Promise((resolve) => process.once('exit', resolve));
  };

  it_(`is valid${why}`, () => {
    const [program = '', ...args] = shell.words;
    const { status, stderr } = spawnSync(program, [...args, '-n'], { input: AGENT_SCRIPT, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it_(`greets with its version, boot id and capabilities${why}`, async () => {
    const session = await open();
    expect(session.agent.hello).toMatchObject({
      protocol: 1,
      bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      capabilities: ['exec', 'put', 'get', 'event', 'status'],
    });
    await ended(session);
    expect(existsSync(join(session.folder, 'run'))).toBe(false);
  });

  it_(`runs scripts with input, both outputs and the exit status${why}`, async () => {
    const session = await open();
    const { agent } = session;
    const result = await agent.exec('cat; echo err >&2; pwd; exit 3', { input: Buffer.from('in\0put\n') });
    expect(result.ended).toEqual({ kind: 'exit', status: 3 });
    expect(Buffer.from(result.out).toString()).toBe('in\0put\n/\n');
    expect(Buffer.from(result.err).toString()).toBe('err\n');
    expect((await agent.exec('kill -9 $$')).ended).toEqual({ kind: 'exit', status: 137 });
    expect((await agent.exec('')).ended).toEqual({ kind: 'exit', status: 0 });
    await ended(session);
  });

  it_(`keeps no listener of a script that ended${why}`, async () => {
    const session = await open();
    const { agent } = session;
    const warnings: string[] = [];
    const keep = (warning: Error): void => void warnings.push(`${warning.name}: ${warning.message}`);
    process.on('warning', keep);
    const { signal } = new AbortController();
    for (let script = 0; script < 30; script += 1) {
      expect((await agent.exec('true', { signal })).ended).toEqual({ kind: 'exit', status: 0 });
    }
    // Node prints a warning in a later turn.
    await pause(10);
    process.off('warning', keep);
    expect(warnings).toEqual([]);
    await ended(session);
  });

  it_(`runs two scripts at a time, and streams their outputs whole${why}`, async () => {
    const session = await open();
    const { agent } = session;
    const seen: string[] = [];
    const script = (name: string) =>
      `seq -f %.0f-${name} 30000 2> /dev/null || seq 30000 | sed s/$/-${name}/`;
    const outputs = await Promise.all(
      ['a', 'b'].map(async (name) => {
        const pieces: Buffer[] = [];
        const result = await agent.exec(script(name), {
          onOutput: (_, bytes) => {
            seen.push(name);
            pieces.push(Buffer.from(bytes));
          },
        });
        expect(result).toMatchObject({ ended: { kind: 'exit', status: 0 } });
        expect(result.out).toHaveLength(0);
        return Buffer.concat(pieces).toString();
      }),
    );
    for (const [index, name] of ['a', 'b'].entries()) {
      const lines = Array.from({ length: 30_000 }, (_, line) => `${line + 1}-${name}\n`);
      expect(outputs[index]).toBe(lines.join(''));
    }
    expect(seen.indexOf('b')).toBeLessThan(seen.lastIndexOf('a'));
    await ended(session);
  });

  it_(`ends what takes too long, prints too much or is cancelled, with its process group${why}`, async () => {
    const session = await open();
    const { agent } = session;
    const start = Date.now();
    const slow = await agent.exec(`trap "" TERM; echo begun; ${SLEEP} & ${SLEEP}; ${SLEEP}`, {
      timeoutMs: 500,
    });
    expect(slow.ended).toEqual({ kind: 'timeout' });
    expect(Buffer.from(slow.out).toString()).toBe('begun\n');
    expect(Date.now() - start).toBeLessThan(20_000);
    const loud = await agent.exec('yes', { maxOutputBytes: 100_000 });
    expect(loud.ended).toEqual({ kind: 'too-much-output' });
    expect(loud.out.length).toBeLessThanOrEqual(100_000);
    const cancel = new AbortController();
    const cancelled = agent.exec(SLEEP, { signal: cancel.signal });
    setTimeout(() => cancel.abort(), 300);
    expect((await cancelled).ended).toEqual({ kind: 'cancelled' });
    expect(sleeping()).toEqual([]);
    await ended(session);
  });

  it_(`does not wait for a process that a script leaves in the background${why}`, async () => {
    const session = await open();
    const { agent } = session;
    const { ended: end, out } = await agent.exec(`echo before; ${SLEEP} & echo $!`);
    expect(end).toEqual({ kind: 'exit', status: 0 });
    const [first, pid] = Buffer.from(out).toString().split('\n');
    expect(first).toBe('before');
    expect((await agent.exec(`kill ${pid}`)).ended).toEqual({ kind: 'exit', status: 0 });
    await ended(session);
  });

  it_(`ends the scripts of a session with it${why}`, async () => {
    const session = await open();
    const running = errorOf(() => session.agent.exec(SLEEP));
    await session.agent.exec('true');
    await ended(session);
    expect(await running).toMatchObject({ code: 'AGENT_FAILED' });
    await expect.poll(() => sleeping(), { timeout: 10_000 }).toEqual([]);
  });

  it_(`writes and reads files with mode and owner${why}`, async () => {
    const session = await open();
    const { agent, folder } = session;
    const content = randomBytes(2.5 * MIB);
    const path = join(folder, "a name with 'quotes' \\n");
    await agent.put(path, content, { mode: 0o640, ...OWNER });
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(statSync(path).mode & 0o7777).toBe(0o640);
    expect(Buffer.from(await agent.get(path, { maxBytes: 3 * MIB })).equals(content)).toBe(true);
    await agent.put(path, new Uint8Array(), { mode: 0o600, ...OWNER });
    expect(await agent.get(path, { maxBytes: 0 })).toHaveLength(0);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
    await ended(session);
  });

  it_(`refuses what cannot be read or written, and goes on${why}`, async () => {
    const session = await open();
    const { agent, folder } = session;
    const mode = { mode: 0o600, ...OWNER };
    mkdirSync(join(folder, 'folder'));
    writeFileSync(join(folder, 'large'), randomBytes(3 * MIB));
    const missing = await errorOf(() => agent.get(join(folder, 'missing'), { maxBytes: 1 }));
    expect(missing).toMatchObject({ code: 'GUEST_FILE_MISSING', subject: join(folder, 'missing') });
    expect(await errorOf(() => agent.get(join(folder, 'folder'), { maxBytes: 1 }))).toMatchObject({
      code: 'GUEST_FILE_FAILED',
      message: expect.stringContaining('is not a regular file'),
    });
    expect(await errorOf(() => agent.get(join(folder, 'large'), { maxBytes: MIB }))).toMatchObject({
      message: `has more than ${MIB} bytes`,
    });
    expect(await errorOf(() => agent.put(join(folder, 'folder'), Buffer.from('a'), mode))).toMatchObject({
      message: expect.stringContaining('is a directory'),
    });
    expect(await errorOf(() => agent.put(join(folder, 'no/file'), randomBytes(3 * MIB), mode))).toMatchObject(
      {
        message: expect.stringContaining('no such directory'),
      },
    );
    expect(await errorOf(() => agent.put('relative', Buffer.from('a'), mode))).toMatchObject({
      code: 'BAD_ARGUMENT',
    });
    expect((await agent.exec('true')).ended).toEqual({ kind: 'exit', status: 0 });
    await ended(session);
  });

  it_(`continues a file that was cut in the middle of a frame, and at its boundary${why}`, async () => {
    const content = randomBytes(4 * MIB);
    for (const cut of [MIB + 500, 2 * MIB, 3 * MIB - 1]) {
      const folder = mkdtempSync(join(whole, 'agent-'));
      const path = join(folder, 'file');
      const first = await open(folder, (channel) => cutAfter(channel, cut));
      expect(await errorOf(() => first.agent.put(path, content, { mode: 0o600, ...OWNER }))).toMatchObject({
        code: 'AGENT_FAILED',
      });
      await ended(first);
      const sha256 = createHash('sha256').update(content).digest('hex');
      const part = readFileSync(join(folder, `.portal-gun-${sha256}.part`));
      expect(part.length).toBeGreaterThan(0);
      expect(content.subarray(0, part.length).equals(part)).toBe(true);
      const sent: number[] = [];
      const second = await open(folder, (channel) => ({
        ...channel,
        write: (bytes) => {
          sent.push(bytes.length);
          return channel.write(bytes);
        },
      }));
      await second.agent.put(path, content, { mode: 0o600, ...OWNER });
      expect(readFileSync(path).equals(content)).toBe(true);
      expect(sent.reduce((sum, each) => sum + each, 0)).toBeLessThan(content.length - part.length + 1000);

      await ended(second);

      const partial = new ByteGatherer();
      const third = await open(folder, (channel) => cutReads(channel, cut));
      const cutError = await errorOf(() => third.agent.get(path, { maxBytes: 5 * MIB, partial }));
      expect(cutError).toMatchObject({ code: 'AGENT_FAILED' });
      expect(partial.length).toBeGreaterThan(0);
      await ended(third);
      const again = await open(folder);
      const read = await again.agent.get(path, { maxBytes: 5 * MIB, partial });
      expect(Buffer.from(read).equals(content)).toBe(true);
      await ended(again);
    }
  });

  it_(`begins a file anew if its first bytes are of something else${why}`, async () => {
    const session = await open();
    const { agent, folder } = session;
    const content = randomBytes(MIB);
    const sha256 = createHash('sha256').update(content).digest('hex');
    writeFileSync(join(folder, `.portal-gun-${sha256}.part`), 'something else');
    await agent.put(join(folder, 'file'), content, { mode: 0o600, ...OWNER });
    expect(readFileSync(join(folder, 'file')).equals(content)).toBe(true);
    await ended(session);
  });

  it_(`reports events${why}`, async () => {
    const session = await open();
    const { agent, folder } = session;
    const events: GuestEvent[] = [];
    const end = agent.onEvent((event) => events.push(event));
    chmodSync(join(folder, 'agent'), 0o755);
    const report = `PORTAL_AGENT_RUN=${join(folder, 'run')} sh ${join(folder, 'agent')} event`;
    await agent.exec(`${report} before-shutdown; ${report} config-changed some 'free  text' '\\n'`);
    await expect.poll(() => events.length, { timeout: 10_000 }).toBe(2);
    expect(events.map(({ name, data }) => [name, Buffer.from(data).toString()])).toEqual([
      ['before-shutdown', ''],
      ['config-changed', 'some free  text \\n'],
    ]);
    end();
    await ended(session);
  });
});

/** The processes that run {@link SLEEP}. */
function sleeping(): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() === SLEEP;
    } catch {
      return false;
    }
  });
}

async function errorOf(act: () => Promise<unknown>): Promise<unknown> {
  return act().then(
    () => 'no error',
    (error: unknown) => error,
  );
}

/** A connection that ends after so many bytes to the guest. */
function cutAfter(channel: Channel, bytes: number): Channel {
  let left = bytes;
  return {
    ...channel,
    async write(piece) {
      const part = piece.subarray(0, left);
      left -= part.length;
      const isWritten = await channel.write(part);
      if (left > 0) return isWritten;
      channel.close();
      return false;
    },
  };
}

/** A connection that ends after so many bytes from the guest. */
function cutReads(channel: Channel, bytes: number): Channel {
  let left = bytes;
  return {
    ...channel,
    async read() {
      if (left <= 0) {
        channel.close();
        return null;
      }
      const piece = await channel.read();
      const part = piece?.subarray(0, left) ?? null;
      left -= part?.length ?? 0;
      return part;
    },
  };
}
