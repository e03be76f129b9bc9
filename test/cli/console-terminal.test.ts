import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, describe, expect, it } from 'vitest';
import { takeFileLock } from '../../lib/host/file-lock.ts';
import { type ConsoleServer, serveConsole } from '../support/console-server.ts';
import { type InTerminal, inTerminal } from '../support/in-terminal.ts';
import { ROOT } from '../support/pci-program.ts';
import { whySkipped } from '../support/skipping.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/*
 * `portal console` in a real terminal, with a real socket, lock and signals. Only its libvirt is one of the test.
 */

const folder = temporaryFolder();
const RUN = `'${process.execPath}' test/support/run-typescript.mjs test/support/console-program.ts`;
const servers: ConsoleServer[] = [];
let tests = 0;

const { exitCode: noScript } = await execa('sh', ['-c', 'command -v script'], { reject: false });
const hasTerminal = noScript === 0 || process.env['CI'] !== undefined;

afterEach(() => {
  for (const server of servers.splice(0)) server.stop();
});

async function setup(state = 'running') {
  tests += 1;
  const [socket, log] = [join(folder, `${tests}`), join(folder, `${tests}.log`)];
  writeFileSync(log, 'earlier line\r\n');
  const server = await serveConsole(socket, log, (typed, print) => {
    if (typed.endsWith('ping\r')) print('pong\r\n');
  });
  servers.push(server);
  const command = (args: string): string => `${RUN} ${socket} ${log} ${state} console galaxy0 ${args}`;
  return { server, socket, log, command };
}

/** A shell that starts the command, and then says how the terminal is set. */
function shellWith(command: string): InTerminal {
  return inTerminal(
    `stty rows 31 cols 97; ${command}; echo "exit=$?"; stty -a | grep -o '.icanon\\|.\\?icanon'`,
    {
      cwd: ROOT,
    },
  );
}

describe.skipIf(!hasTerminal)(
  `portal console in a terminal${whySkipped(hasTerminal, 'no `script` here to make one')}`,
  () => {
    it('passes keys to the guest and its bytes to the terminal, and puts it back', async () => {
      const { server, command } = await setup();
      const terminal = shellWith(command(''));
      await terminal.shows('(^] leaves, ^] ? shows help)');
      await server.connected();
      expect(terminal.screen()).toContain('earlier line');
      terminal.type('ping\r');
      await terminal.shows('pong');
      // Keys that a terminal would take for itself.
      terminal.type('\x03\x1a\x1c\x04\x11\x13\x1b[A');
      await server.expectTyped('\x03\x1a\x1c\x04\x11\x13\x1b[A');
      server.print('\x1b[7mraw\x1b[0m\r\n');
      await terminal.shows('\x1b[7mraw\x1b[0m');
      terminal.type('\x1ds');
      await server.expectTyped('stty rows 31 cols 97\r');
      terminal.type('\x1d');
      await terminal.shows('exit=0');
      await terminal.exitCode;
      expect(terminal.screen()).toMatch(/exit=0\s+ ?icanon/);
    });

    it('says that the VM stopped, and puts the terminal back', async () => {
      const { server, command } = await setup();
      const terminal = shellWith(command(''));
      await terminal.shows('leaves');
      await server.connected();
      terminal.type('x');
      await server.expectTyped('x');
      server.stop();
      await terminal.shows('galaxy0: the console closed: the VM stopped');
      await terminal.exitCode;
      expect(terminal.screen()).toMatch(/exit=0\s+ ?icanon/);
    });

    it.each([
      ['TERM', 143],
      ['HUP', 143],
      ['INT', 130],
    ])('puts the terminal back at SIG%s', async (signal, exitCode) => {
      const { server, socket, command } = await setup();
      const terminal = shellWith(command(''));
      await terminal.shows('leaves');
      await server.connected();
      terminal.type('x');
      await server.expectTyped('x');
      const [pid] = readFileSync(`${socket}.lock`, 'utf8').split(' ');
      process.kill(Number(pid), `SIG${signal}` as NodeJS.Signals);
      await terminal.shows(`exit=${exitCode}`);
      await terminal.exitCode;
      expect(terminal.screen()).toMatch(/exit=\d+\s+ ?icanon/);
    });

    it('has one owner, whose death frees it', async () => {
      const { server, socket, command } = await setup();
      const terminal = shellWith(command(''));
      await terminal.shows('leaves');
      await server.connected();
      const [pid = '', user] = readFileSync(`${socket}.lock`, 'utf8').split(' ');
      const second = await execa('sh', ['-c', command('')], { cwd: ROOT, reject: false, stdin: 'ignore' });
      expect(second.exitCode).toBe(4);
      expect(second.stderr).toMatch(
        new RegExp(`its console is open in process ${pid} of user ${user}, since 20[-\\d]+T[\\d:.]+Z`),
      );
      const log = await execa('sh', ['-c', command('--log')], { cwd: ROOT });
      expect(log.stdout).toContain('earlier line');
      process.kill(Number(pid), 'SIGKILL');
      await terminal.exitCode;
      const isFree = async (): Promise<boolean> => {
        const lock = await takeFileLock(`${socket}.lock`, 'test');
        if (typeof lock === 'function') lock();
        return typeof lock === 'function';
      };
      await expect.poll(isFree).toBe(true);
    });

    it('ends with its terminal', async () => {
      const { server, socket, command } = await setup();
      const terminal = shellWith(command(''));
      await terminal.shows('leaves');
      await server.connected();
      const [pid] = readFileSync(`${socket}.lock`, 'utf8').split(' ');
      terminal.hangUp();
      await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 20_000 }).toBe(false);
    });

    it('makes the log harmless on a terminal, and follows it until Ctrl-C', async () => {
      const { server, command } = await setup();
      server.print('\x1b]0;title\x07\x1b[31mred\x1b[2J\r\n');
      // A shell before it would end at Ctrl-C too.
      const terminal = inTerminal(`exec ${command('--log --follow')}`, { cwd: ROOT });
      await terminal.shows('\x1b[31mred\r\n');
      server.print('more\r\n');
      await terminal.shows('more');
      terminal.type('\x03');
      expect(await terminal.exitCode).toBe(130);
      expect(terminal.screen()).not.toContain('title');
      expect(terminal.screen()).not.toContain('\x1b[2J');
    });
  },
);

describe('portal console over a real socket', () => {
  it('sends a pipe, and ends when the guest is silent', async () => {
    const { server, command } = await setup();
    const { exitCode, stdout } = await execa('sh', ['-c', command('')], { cwd: ROOT, input: 'ping\r' });
    expect([exitCode, stdout]).toEqual([0, 'pong']);
    expect(server.typed()).toBe('ping\r');
  });

  it('runs a script from stdin, with a transcript', async () => {
    const { server, command } = await setup();
    const transcript = join(folder, 'transcript');
    const script = '- send: ping{enter}\n- expect: { regex: "p[o]ng$", timeout: 10s }\n';
    const { exitCode, stdout } = await execa(
      'sh',
      ['-c', command(`--json -f - --transcript ${transcript}`)],
      {
        cwd: ROOT,
        input: script,
      },
    );
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'done', transcript: 'pong\n' });
    expect(readFileSync(transcript, 'utf8')).toBe('pong\n');
    expect(server.typed()).toBe('ping\r');
  });
});
