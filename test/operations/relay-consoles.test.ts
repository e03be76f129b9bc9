import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { takeFileLock } from '../../lib/host/file-lock.ts';
import type { HostPorts } from '../../lib/host/host-ports.ts';
import { openGrowingFile } from '../../lib/host/live/live-growing-file.ts';
import { monotonicMs, pause } from '../../lib/host/this-process.ts';
import { consolePortName } from '../../lib/libvirt/machine/console-ports.ts';
import { machinePaths } from '../../lib/machines/resolved-machine.ts';
import { relayConsoles } from '../../lib/operations/console/relay-consoles.ts';
import { HostSession } from '../../lib/operations/session/host-session.ts';
import { consoleLibvirt } from '../support/console-libvirt.ts';
import { routerCluster } from '../support/router-cluster.ts';
import { simulatedChannel } from '../support/simulated-channel.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/* The consoles of other machines on ports of a VM, on simulated channels. With real VMs they are in the lab. */

const folder = temporaryFolder();
const paths = machinePaths('galaxy0');
let tests = 0;

/** `user0` has the console of `galaxy0`. */
function setup(writes: boolean) {
  tests += 1;
  const place = (path: string): string => join(folder, `${tests}-${path.replaceAll('/', '_')}`);
  const log = place(paths.consoleLog);
  const libvirt = consoleLibvirt(paths.console, paths.consoleLog, 'running');
  libvirt.add('user0', { category: 'controller' });
  libvirt.addDevice(
    'user0',
    `<channel type='unix'><source mode='bind' path='/run/user0-port'/><target type='virtio' name='${consolePortName({ of: 'galaxy0', writes })}'/></channel>`,
  );
  libvirt.start('user0', 'running');
  libvirt.add('stopped', { category: 'application' });
  const [port, console] = [simulatedChannel(), simulatedChannel()];
  const channels: Readonly<Record<string, typeof port.near>> = {
    '/run/user0-port': port.near,
    [paths.console]: console.near,
  };
  const ports: HostPorts = {
    ...routerCluster().ports,
    runner: libvirt,
    monotonicMs,
    pause,
    lockFile: (path, note) => takeFileLock(place(path), note),
    openGrowing: async (path) => openGrowingFile(place(path)),
    openChannel: async (path) => channels[path] ?? { failed: 'absent', detail: 'ENOENT' },
  };
  return { ports, guest: port.far, machine: console.far, log, lock: place(`${paths.console}.lock`) };
}

function later() {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Starts a relay, and waits until its ports are connected. */
async function relay(ports: HostPorts) {
  const ending = new AbortController();
  const { promise: started, resolve: onStart } = later();
  const ended = relayConsoles(new HostSession(ports), { machine: 'user0', signal: ending.signal, onStart });
  await Promise.race([started, ended]);
  return { ended, stop: () => ending.abort() };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const readText = async ({ read }: { read(): Promise<Uint8Array | null> }): Promise<string> =>
  new TextDecoder().decode((await read()) ?? new Uint8Array());

describe('consoles of other machines', () => {
  it('shows what a machine prints, from its last lines on', async () => {
    const { ports, guest, log } = setup(false);
    writeFileSync(log, `${Array.from({ length: 20 }, (_, line) => `line ${line}`).join('\n')}\n`);
    const { ended, stop } = await relay(ports);
    expect(await readText(guest)).toMatch(/^line 10\n[\s\S]*line 19\n$/);
    appendFileSync(log, 'more\n');
    expect(await readText(guest)).toBe('more\n');
    stop();
    await ended;
  });

  it('waits for a machine that has not been started yet', async () => {
    const { ports, guest, log } = setup(false);
    const { ended, stop } = await relay(ports);
    writeFileSync(log, 'first\n');
    expect(await readText(guest)).toBe('first\n');
    stop();
    await ended;
  });

  it('sends no keys if the definition allows only reading', async () => {
    const { ports, guest } = setup(false);
    const { ended, stop } = await relay(ports);
    await guest.write(bytes('reboot\r'));
    expect(await readText(guest)).toContain(
      'nothing was sent to galaxy0: the definition of this machine allows',
    );
    stop();
    await ended;
  });

  it('sends keys if the definition allows it', async () => {
    const { ports, guest, machine } = setup(true);
    const { ended, stop } = await relay(ports);
    await guest.write(bytes('ls\r'));
    expect(await readText(machine)).toBe('ls\r');
    stop();
    await ended;
  });

  it('sends no keys while another process has the console, and sends them after it', async () => {
    const { ports, guest, machine, lock } = setup(true);
    const release = await takeFileLock(lock, '4711 ann 2026-01-01T00:00:00.000Z');
    if (typeof release !== 'function') throw new Error('the lock is taken');
    const { ended, stop } = await relay(ports);
    await guest.write(bytes('ls\r'));
    expect(await readText(guest)).toContain('its console is open in process 4711 of user ann');
    release();
    await guest.write(bytes('id\r'));
    expect(await readText(machine)).toBe('id\r');
    stop();
    await ended;
  });

  it('takes what a machine prints while its console is open for keys', async () => {
    const { ports, guest, machine } = setup(true);
    const { ended, stop } = await relay(ports);
    await guest.write(bytes('cat big\r'));
    expect(await readText(machine)).toBe('cat big\r');
    const block = new Uint8Array(64 * 1024);
    for (let count = 0; count < 10; count += 1) expect(await machine.write(block)).toBe(true);
    stop();
    await ended;
  });

  it('keeps a machine running whose reader stops', async () => {
    const { ports, log } = setup(false);
    writeFileSync(log, '');
    const { ended, stop } = await relay(ports);
    for (let count = 0; count < 20; count += 1) appendFileSync(log, Buffer.alloc(64 * 1024, 0x61));
    stop();
    await ended;
  });

  it('ends with the VM', async () => {
    const { ports, guest } = setup(true);
    const { ended } = await relay(ports);
    guest.close();
    await ended;
  });

  it('is one at a time for each VM', async () => {
    const { ports } = setup(false);
    const { ended, stop } = await relay(ports);
    await expect(relay(ports)).rejects.toMatchObject({ code: 'CONSOLE_BUSY' });
    stop();
    await ended;
  });

  it('waits for the relay of the last start, and for the ports', async () => {
    const { ports } = setup(false);
    const { ended, stop } = await relay(ports);
    const ending = new AbortController();
    const { promise: started, resolve: onStart } = later();
    let opened = 0;
    const late: HostPorts['openChannel'] = async (...words) => {
      opened += 1;
      return opened === 1 ? { failed: 'absent', detail: 'ENOENT' } : ports.openChannel(...words);
    };
    const next = relayConsoles(new HostSession({ ...ports, openChannel: late }), {
      ...{ machine: 'user0', waitMs: 20_000, signal: ending.signal, onStart },
    });
    await pause(300);
    expect(opened).toBe(0);
    stop();
    await ended;
    await started;
    expect(opened).toBe(2);
    ending.abort();
    await next;
  });

  it('stops to wait after the time, or with the signal, and never waits for a VM that stopped', async () => {
    const { ports } = setup(false);
    const { ended, stop } = await relay(ports);
    const session = new HostSession(ports);
    await expect(relayConsoles(session, { machine: 'user0', waitMs: 300 })).rejects.toMatchObject({
      code: 'CONSOLE_BUSY',
    });
    const signal = AbortSignal.timeout(300);
    expect(await relayConsoles(session, { machine: 'user0', waitMs: 60_000, signal })).toBeUndefined();
    await expect(relayConsoles(session, { machine: 'stopped', waitMs: 60_000 })).rejects.toMatchObject({
      code: 'NOT_RUNNING',
    });
    stop();
    await ended;
  });

  it.each([
    ['galaxy0', 'NO_CONSOLE'],
    ['stopped', 'NOT_RUNNING'],
    ['nobody', 'MACHINE_NOT_FOUND'],
  ])('is refused for %s: %s', async (machine, code) => {
    const { ports } = setup(false);
    const session = new HostSession(ports);
    await expect(relayConsoles(session, { machine })).rejects.toMatchObject({ code });
  });
});
