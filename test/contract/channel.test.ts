import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Channel, ChannelFailure } from '../../lib/host/channel.ts';
import { openLiveChannel } from '../../lib/host/live/live-channel.ts';
import { simulatedChannel } from '../support/simulated-channel.ts';
import { whySkipped } from '../support/skipping.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/*
 * What a `Channel` does, whatever it is made of: over a unix socket of the kernel, and simulated.
 */

interface Peer {
  readonly near: Channel;
  readonly far: Channel;
}

const folder = temporaryFolder();
const servers: Server[] = [];
let sockets = 0;

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Both ends of a connection over a socket of the kernel; the far end is a `Channel` too, of an own connection. */
async function overSocket(): Promise<Peer> {
  sockets += 1;
  const path = join(folder, `socket-${sockets}`);
  // Joins the two connections, and so is what QEMU is between its guest and us.
  const server = createServer({ pauseOnConnect: true });
  servers.push(server);
  server.listen(path);
  await once(server, 'listening');
  const accepted: import('node:net').Socket[] = [];
  const both = new Promise<void>((resolve) => {
    server.on('connection', (socket) => {
      accepted.push(socket);
      if (accepted.length === 2) resolve();
    });
  });
  const near = demand(await openLiveChannel(path, 5000));
  const far = demand(await openLiveChannel(path, 5000));
  await both;
  const [one, other] = accepted;
  if (one === undefined || other === undefined) throw new Error('two connections were made');
  for (const socket of accepted) socket.on('error', () => {});
  one.pipe(other);
  other.pipe(one);
  one.on('close', () => other.destroy());
  // What it sent before arrives first.
  other.on('close', () => one.end(() => one.destroy()));
  return { near, far };
}

function demand(opened: Channel | ChannelFailure): Channel {
  if ('failed' in opened) throw new Error(`cannot connect: ${opened.detail}`);
  return opened;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function readText(channel: Channel, length: number): Promise<string> {
  let text = '';
  while (text.length < length) {
    const piece = await channel.read();
    if (piece === null) return `${text}(closed)`;
    expect(piece.length).toBeGreaterThan(0);
    text += new TextDecoder().decode(piece);
  }
  return text;
}

for (const [name, connect] of [
  ['over a socket', overSocket],
  ['that is simulated', async (): Promise<Peer> => simulatedChannel()],
] as const) {
  describe(`a channel ${name}`, () => {
    it('carries bytes both ways, each once and in order', async () => {
      const { near, far } = await connect();
      expect(await near.write(bytes('one '))).toBe(true);
      expect(await near.write(bytes('two'))).toBe(true);
      expect(await readText(far, 7)).toBe('one two');
      expect(await far.write(new Uint8Array([0, 255]))).toBe(true);
      expect([...((await near.read()) ?? [])]).toEqual([0, 255]);
      near.close();
    });

    it('waits for bytes that come later', async () => {
      const { near, far } = await connect();
      const read = near.read();
      await sleep(20);
      await far.write(bytes('late'));
      expect(new TextDecoder().decode((await read) ?? undefined)).toBe('late');
      near.close();
    });

    it('gives what came before the end, and then the end, again and again', async () => {
      const { near, far } = await connect();
      await far.write(bytes('last'));
      await sleep(50);
      far.close();
      expect(await readText(near, 5)).toBe('last(closed)');
      expect(await near.read()).toBe(null);
      near.close();
    });

    it('ends a read that waits when it is closed, and takes nothing then', async () => {
      const { near } = await connect();
      const read = near.read();
      near.close();
      expect(await read).toBe(null);
      expect(await near.write(bytes('x'))).toBe(false);
      near.close();
    });

    it('holds back who writes more than is read', async () => {
      const { near, far } = await connect();
      const piece = new Uint8Array(64 * 1024).fill(120);
      let written = 0;
      const writing = (async () => {
        for (let index = 0; index < 256; index += 1) {
          if (!(await far.write(piece))) return;
          written += 1;
        }
      })();
      await sleep(200);
      const held = written;
      expect(held).toBeLessThan(100);
      let read = 0;
      while (read < 256 * piece.length) {
        const got = await near.read();
        if (got === null) break;
        read += got.length;
      }
      await writing;
      expect([written, read]).toEqual([256, 256 * piece.length]);
      near.close();
    });

    it('does not leave a writer waiting when the other side closes', async () => {
      const { near, far } = await connect();
      const piece = new Uint8Array(64 * 1024);
      const writing = (async () => {
        for (let index = 0; index < 10_000; index += 1) if (!(await near.write(piece))) return 'closed';
        return 'all written';
      })();
      await sleep(50);
      far.close();
      expect(await writing).toBe('closed');
      near.close();
    });
  });
}

describe('a connection that cannot be made', () => {
  it('names the reason', async () => {
    expect(await openLiveChannel(join(folder, 'nothing'), 1000)).toEqual({
      failed: 'absent',
      detail: 'ENOENT',
    });
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(await openLiveChannel(file, 1000)).toMatchObject({ failed: 'absent' });
    expect(await openLiveChannel(`/${'x'.repeat(200)}`, 1000)).toMatchObject({ detail: expect.any(String) });
  });

  const isRoot = process.geteuid?.() === 0;
  it.skipIf(isRoot)(
    `says that it is denied${whySkipped(!isRoot, 'run by root, who may open all')}`,
    async () => {
      const path = join(folder, 'closed');
      const server = createServer().listen(path);
      servers.push(server);
      await once(server, 'listening');
      chmodSync(path, 0);
      expect(await openLiveChannel(path, 1000)).toEqual({ failed: 'denied', detail: 'EACCES' });
    },
  );
});
