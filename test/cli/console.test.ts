import { appendFileSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { EndingSignal } from '../../lib/cli/terminal/dialogue.ts';
import type { RawStreams } from '../../lib/cli/terminal/raw-streams.ts';
import { takeFileLock } from '../../lib/host/file-lock.ts';
import type { HostPorts } from '../../lib/host/host-ports.ts';
import { openGrowingFile } from '../../lib/host/live/live-growing-file.ts';
import { monotonicMs, pause } from '../../lib/host/this-process.ts';
import { consoleLibvirt, serialXml } from '../support/console-libvirt.ts';
import { validatorOf } from '../support/json-schemas.ts';
import { type Outcome, portalOn } from '../support/pci-program.ts';
import { routerCluster } from '../support/router-cluster.ts';
import { simulatedChannel } from '../support/simulated-channel.ts';
import type { SimulatedLibvirt } from '../support/simulated-libvirt.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/*
 * `portal console` on a simulated libvirt, channel and terminal. In a real terminal, with a real socket, it is in
 * console-terminal.test.ts, and with real VMs in the lab.
 */

const folder = temporaryFolder();
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const closing: (() => void)[] = [];
let tests = 0;

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Setup {
  readonly ports: HostPorts;
  readonly libvirt: SimulatedLibvirt;
  readonly far: ReturnType<typeof simulatedChannel>['far'];
  readonly log: string;
  readonly socket: string;
}

function setup(state: 'running' | 'paused' | 'shut-off' = 'running'): Setup {
  tests += 1;
  const [socket, log] = [join(folder, `${tests}.socket`), join(folder, `${tests}.log`)];
  const libvirt = consoleLibvirt(socket, log, state);
  const { near, far } = simulatedChannel();
  closing.push(() => far.close());
  const ports: HostPorts = {
    ...routerCluster().ports,
    runner: libvirt,
    monotonicMs,
    pause,
    lockFile: takeFileLock,
    openGrowing: async (path) => openGrowingFile(path),
    openChannel: async (path) => (path === socket ? near : { failed: 'absent', detail: 'ENOENT' }),
  };
  return { ports, libvirt, far, log, socket };
}

/** A terminal, or pipes, and what was written to it. */
function streams(isTerminal: boolean) {
  const input = simulatedChannel();
  let written = '';
  let isRaw = false;
  const modes: boolean[] = [];
  const raw: RawStreams = {
    input: {
      isTerminal,
      read: () => input.near.read(),
      setRaw(mode) {
        isRaw = mode;
        modes.push(mode);
      },
    },
    output: {
      isTerminal,
      size: () => (isTerminal ? { rows: 24, columns: 100 } : null),
      async write(piece) {
        written += new TextDecoder().decode(piece);
        return true;
      },
    },
    close() {
      isRaw = false;
    },
  };
  return {
    type: (text: string) => input.far.write(bytes(text)),
    end: () => input.far.close(),
    written: () => written,
    isRaw: () => isRaw,
    modes,
    openStreams: async () => raw,
  };
}

/** A process that signals can be sent to. */
function signals() {
  const listeners = new Map<EndingSignal, (signal: EndingSignal) => void>();
  return {
    on: (signal: EndingSignal, listener: (signal: EndingSignal) => void) => listeners.set(signal, listener),
    off: (signal: EndingSignal) => listeners.delete(signal),
    send: (signal: EndingSignal) => listeners.get(signal)?.(signal),
  };
}

const run = (
  ports: HostPorts,
  args: readonly string[],
  terminal = streams(false),
  process = signals(),
  command = 'console',
): Promise<Outcome> => portalOn(ports, [command, ...args], undefined, { ...terminal, ...process });

async function readUntil(far: Setup['far'], text: string): Promise<string> {
  let typed = '';
  while (!typed.includes(text)) {
    const piece = await far.read();
    if (piece === null) throw new Error(`closed after ${JSON.stringify(typed)}`);
    typed += new TextDecoder().decode(piece);
  }
  return typed;
}

describe('portal console at a terminal', () => {
  it('shows where the guest is, passes all keys, and leaves at ^]', async () => {
    const { ports, far, log } = setup();
    writeFileSync(
      log,
      `${Array.from({ length: 50 }, (_, index) => `line ${index}\r\n`).join('')}\x1b[2Jlogin: `,
    );
    const terminal = streams(true);
    const running = run(ports, ['galaxy0'], terminal);
    await terminal.type('ro\x03\x1b[Aot\r');
    expect(await readUntil(far, '\r')).toBe('ro\x03\x1b[Aot\r');
    expect(terminal.isRaw()).toBe(true);
    await far.write(bytes('\x1b[2Jhello'));
    await expect.poll(terminal.written).toContain('\x1b[2Jhello');
    await terminal.type('\x1d.');
    const outcome = await running;
    expect(outcome).toEqual({
      exitCode: 0,
      stdout: '',
      stderr:
        'portal: connected to galaxy0 (^] leaves, ^] ? shows help)\nportal: galaxy0: disconnected; the VM is unchanged\n',
    });
    expect(terminal.written()).toMatch(/^line 41\n/);
    expect(terminal.written()).toContain('line 49\nlogin: \x1b[2Jhello\x1b[0m\x1b[?25h');
    expect(terminal.written().endsWith('\r\n')).toBe(true);
    expect(terminal.modes).toEqual([true, false]);
  });

  it('leaves at ^] alone, shows help, types the size, and sends ^] for two', async () => {
    const { ports, far } = setup();
    const terminal = streams(true);
    const running = run(ports, ['galaxy0', '--escape', '^A'], terminal);
    await terminal.type('\x01\x01\x01s\x1d');
    expect(await readUntil(far, '\x1d')).toBe('\x01stty rows 24 cols 100\r\x1d');
    await terminal.type('\x01?');
    await terminal.type('\x01');
    const { exitCode, stderr } = await running;
    expect(exitCode).toBe(0);
    expect(stderr).toContain('(^A leaves, ^A ? shows help)');
    expect(stderr).toContain('^A s    type "stty rows R cols C"');
  });

  it('says that the VM stopped, and puts the terminal back', async () => {
    const { ports, far } = setup();
    const terminal = streams(true);
    const running = run(ports, ['galaxy0'], terminal);
    await far.write(bytes('bye'));
    far.close();
    expect(await running).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('portal: galaxy0: the console closed: the VM stopped\n'),
    });
    expect(terminal.written()).toContain('bye');
    expect(terminal.isRaw()).toBe(false);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 143],
    ['SIGINT', 130],
  ] as const)('puts the terminal back at %s', async (signal, exitCode) => {
    const { ports, far } = setup();
    const [terminal, process] = [streams(true), signals()];
    const running = run(ports, ['galaxy0'], terminal, process);
    await terminal.type('x');
    await readUntil(far, 'x');
    process.send(signal);
    expect((await running).exitCode).toBe(exitCode);
    expect(terminal.isRaw()).toBe(false);
    expect(await far.read()).toBe(null);
  });

  it('puts the terminal back if it breaks', async () => {
    const { ports, far } = setup();
    const terminal = streams(true);
    const broken = await terminal.openStreams();
    const running = portalOn(ports, ['console', 'galaxy0'], undefined, {
      openStreams: async () => ({
        ...broken,
        output: {
          ...broken.output,
          write: async (piece) => {
            if (new TextDecoder().decode(piece).includes('boom')) throw new Error('boom');
            return true;
          },
        },
      }),
    });
    await far.write(bytes('boom'));
    expect((await running).exitCode).toBe(70);
    expect(terminal.isRaw()).toBe(false);
    expect(await far.read()).toBe(null);
  });
});

describe('portal console with pipes', () => {
  it('sends all of its input, and ends when the guest is silent', async () => {
    const { ports, far } = setup();
    const pipes = streams(false);
    const running = run(ports, ['galaxy0'], pipes);
    await pipes.type('root\n\x1d.');
    pipes.end();
    expect(await readUntil(far, '.')).toBe('root\n\x1d.');
    for (let index = 0; index < 4; index += 1) {
      await far.write(bytes(`answer \x1b[1m${index}\n`));
      await pause(400);
    }
    expect(await running).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(pipes.written()).toBe([0, 1, 2, 3].map((index) => `answer \x1b[1m${index}\n`).join(''));
    expect(pipes.modes).toEqual([]);
  });
});

describe('portal console has one owner', () => {
  it('and says who it is, until it has ended', async () => {
    const { ports, far, socket } = setup();
    const terminal = streams(true);
    const running = run(ports, ['galaxy0'], terminal);
    await terminal.type('x');
    await readUntil(far, 'x');
    expect(await run(ports, ['galaxy0'])).toEqual({
      exitCode: 4,
      stdout: '',
      stderr:
        'portal: galaxy0: its console is open in process 4711 of user root, since 2026-01-01T00:00:00.000Z [CONSOLE_BUSY]\nhint: read what the VM prints: portal console galaxy0 --log --follow\n',
    });
    await terminal.type('\x1d.');
    await running;
    const lock = await takeFileLock(`${socket}.lock`, 'test');
    expect(lock).toBeTypeOf('function');
    if (typeof lock === 'function') lock();
  });

  it('says it of another program, whose connection is not seen otherwise', async () => {
    const { ports, socket } = setup();
    const table = `Num       RefCount Protocol Flags    Type St Inode Path
000000004bb0e703: 00000003 00000000 00000000 0001 03 1461683 ${socket}
000000004bb0e704: 00000003 00000000 00000000 0001 02     0 ${socket}
0000000063a2414b: 00000002 00000000 00010000 0001 01 1461679 ${socket}
`;
    const reader = { ...ports.reader, readTable: () => table };
    expect(await run({ ...ports, reader }, ['galaxy0'])).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('galaxy0: its console is open in another program [CONSOLE_BUSY]'),
    });
    const taken = { ...ports.reader, readTable: () => table.replace(' 02     0', ' 03     7') };
    const pipes = streams(false);
    pipes.end();
    expect((await run({ ...ports, reader: taken }, ['galaxy0'], pipes)).exitCode).toBe(0);
  });
});

describe('portal console refuses', () => {
  const pty = "<serial type='pty'><target port='0'/></serial><console type='pty'/>";
  it.each([
    ['', 'the VM has no serial console', 'hint: add to its definition: <serial type="unix">'],
    [pty, 'its console is a pseudo-terminal of libvirt', 'hint: use virsh console galaxy1'],
    ["<serial type='file'><source path='/tmp/a b'/></serial>", 'only writes to a file', "tail -f '/tmp/a b'"],
    [
      "<serial type='unix'><source mode='connect' path='/x'/></serial>",
      'that another program serves',
      'use that',
    ],
    ["<serial type='tcp'/>", 'is of type tcp', 'add to its definition'],
  ])('a VM with %j', async (xml, message, hint) => {
    const { ports, libvirt } = setup();
    libvirt.add('galaxy1');
    if (xml !== '') libvirt.addDevice('galaxy1', xml);
    libvirt.start('galaxy1');
    const { exitCode, stderr } = await run(ports, ['galaxy1']);
    expect(exitCode).toBe(6);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
    expect(stderr).toContain('[NO_CONSOLE]');
  });

  it('takes the socket of a VM that has a pty too', async () => {
    const { ports, libvirt, socket } = setup();
    libvirt.add('galaxy1');
    libvirt.addDevice('galaxy1', pty).addDevice('galaxy1', serialXml(socket, null)).start('galaxy1');
    const pipes = streams(false);
    pipes.end();
    expect((await run(ports, ['galaxy1'], pipes)).exitCode).toBe(0);
  });

  it.each([
    [['galaxy0'], 4, 'galaxy0: the VM is not running [NOT_RUNNING]\nhint: start it: virsh start galaxy0'],
    [['galaxy9'], 3, 'did you mean galaxy0?'],
    [['galaxy0', '--log'], 3, 'no such file [NOT_FOUND]'],
    [
      ['galaxy0', '--connect', 'qemu+ssh://root@star/system'],
      2,
      'hint: run the command on that host: ssh -t',
    ],
  ])('%j of a VM that is off', async (args, exitCode, message) => {
    const { ports } = setup('shut-off');
    const outcome = await run(ports, args);
    expect(outcome).toMatchObject({ exitCode, stderr: expect.stringContaining(message) });
  });

  it('a socket that nothing serves', async () => {
    const { ports } = setup();
    const openChannel = async () => ({ failed: 'absent', detail: 'ECONNREFUSED' }) as const;
    expect(await run({ ...ports, openChannel }, ['galaxy0'])).toMatchObject({
      exitCode: 7,
      stderr: expect.stringContaining('no program serves it (ECONNREFUSED) [CONSOLE_FAILED]'),
    });
    const denied = async () => ({ failed: 'denied', detail: 'EACCES' }) as const;
    expect((await run({ ...ports, openChannel: denied }, ['galaxy0'])).exitCode).toBe(5);
  });

  it.each([
    [['--follow'], '--follow: applies only to --log'],
    [['--log', '--escape', 'x'], '--escape: applies only without --log and --script'],
    [['--log', '--script', 'x'], '--log: cannot be used with --script'],
    [['--log', '--resume'], '--resume: cannot be used with --log'],
    [['--json'], '--json: applies only to --script'],
    [['--script', 'x', '--overwrite'], '--overwrite: applies only to --transcript'],
    [['--log', '--lines', 'all'], '--lines: invalid value "all"'],
    [['--escape', '^1'], '--escape: invalid value "^1"'],
    [['--script', '/nowhere'], '/nowhere: no such file'],
  ])('the options %j', async (args, message) => {
    const { ports } = setup();
    expect((await run(ports, ['galaxy0', ...args])).stderr).toContain(message);
  });
});

describe('portal console --log', () => {
  it('prints all bytes to a pipe, and to a terminal what does not act on it', async () => {
    const { ports, log } = setup('shut-off');
    const text = 'a\x1b[31mb\x1b[2J\x1b]0;x\x07\r\nc\n';
    writeFileSync(log, text);
    const [pipe, terminal, raw] = [streams(false), streams(true), streams(true)];
    expect(await run(ports, ['galaxy0', '--log'], pipe)).toMatchObject({ exitCode: 0, stderr: '' });
    await run(ports, ['galaxy0', '--log'], terminal);
    await run(ports, ['galaxy0', '--log', '--raw'], raw);
    expect([pipe.written(), terminal.written(), raw.written()]).toEqual([
      text,
      'a\x1b[31mb\nc\n\x1b[0m',
      text,
    ]);
  });

  it('is printed by portal log, too', async () => {
    const { ports, log } = setup('shut-off');
    writeFileSync(log, 'a\x1b[2J\none\ntwo\n');
    const [pipe, terminal] = [streams(false), streams(true)];
    expect(await run(ports, ['galaxy0', '--lines', '1'], pipe, signals(), 'log')).toMatchObject({
      exitCode: 0,
      stderr: '',
    });
    await run(ports, ['galaxy0'], terminal, signals(), 'log');
    expect([pipe.written(), terminal.written()]).toEqual(['two\n', 'a\none\ntwo\n']);
    expect((await run(ports, ['galaxy0', '-n', 'x'], pipe, signals(), 'log')).stderr).toContain(
      '--lines: invalid value "x"',
    );
    expect((await run(ports, ['galaxy0', '--script', 'f'], pipe, signals(), 'log')).exitCode).toBe(2);
  });

  it('prints the last lines, whatever is between', async () => {
    const { ports, log } = setup('shut-off');
    const lines = Array.from({ length: 5000 }, (_, index) => `${index} ${'x'.repeat(40)}`);
    writeFileSync(log, lines.join('\n'));
    for (const [count, expected] of [
      ['1', lines.slice(-1)],
      ['3000', lines.slice(-3000)],
      ['9999', lines],
      ['0', ['']],
    ] as const) {
      const pipe = streams(false);
      await run(ports, ['galaxy0', '--log', '-n', count], pipe);
      expect(pipe.written()).toBe(expected.join('\n'));
    }
    appendFileSync(log, '\n');
    const pipe = streams(false);
    await run(ports, ['galaxy0', '--log', '-n2'], pipe);
    expect(pipe.written()).toBe(`${lines.slice(-2).join('\n')}\n`);
  });

  it('follows it, also over rotation and truncation, until Ctrl-C', async () => {
    const { ports, log } = setup();
    writeFileSync(log, 'one\n');
    const [pipe, process] = [streams(false), signals()];
    const running = run(ports, ['galaxy0', '--log', '--follow'], pipe, process);
    await expect.poll(pipe.written).toBe('one\n');
    appendFileSync(log, 'two\n');
    await expect.poll(pipe.written).toBe('one\ntwo\n');
    renameSync(log, `${log}.0`);
    appendFileSync(`${log}.0`, 'late\n');
    writeFileSync(log, 'three\n');
    await expect.poll(pipe.written).toBe('one\ntwo\nlate\nthree\n');
    truncateSync(log);
    await pause(300);
    appendFileSync(log, '4\n');
    await expect.poll(pipe.written).toBe('one\ntwo\nlate\nthree\n4\n');
    process.send('SIGINT');
    expect(await running).toEqual({ exitCode: 130, stdout: '', stderr: '' });
  });
});

describe('portal console --script', () => {
  const script = (text: string): string => {
    const file = join(folder, `script-${tests}.yaml`);
    writeFileSync(file, text);
    return file;
  };
  const LOGIN = "- expect: 'login: '\n- send: root{enter}\n- expect: { text: '# ', timeout: 10s }\n";

  /** A guest that asks for a login. */
  async function guest({ far }: Setup): Promise<void> {
    await far.write(bytes('\x1b[2JDebian\r\nlogin: '));
    await readUntil(far, '\r');
    await far.write(bytes('root\r\n# '));
  }

  it('does its steps, and writes a transcript', async () => {
    const made = setup();
    const file = join(folder, 'transcript');
    const running = run(made.ports, ['galaxy0', '--script', script(LOGIN), '--transcript', file]);
    await guest(made);
    const { exitCode, stdout, stderr } = await running;
    expect([exitCode, stdout]).toEqual([0, '']);
    expect(stderr.replace(/\d+\.\d s/g, 'N s')).toBe(
      '✓ expect "login: "  N s\n✓ send "root\\r"  N s\n✓ expect "# "  N s\n',
    );
    expect(readFileSync(file, 'utf8')).toBe('Debian\nlogin: root\n# ');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await run(made.ports, ['galaxy0', '-f', script(LOGIN), '--transcript', file])).stderr).toContain(
      '[FILE_EXISTS]',
    );
  });

  it('gives a document', async () => {
    const made = setup();
    const running = run(made.ports, ['galaxy0', '--script', script(LOGIN), '--json']);
    await guest(made);
    const { exitCode, stdout, stderr } = await running;
    expect([exitCode, stderr]).toEqual([0, '']);
    const document: unknown = JSON.parse(stdout);
    const validate = validatorOf('console-script', { strict: true });
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    expect(document).toMatchObject({
      machine: { name: 'galaxy0', state: 'running' },
      outcome: 'done',
      steps: [{ kind: 'expect' }, { kind: 'send', words: 'send "root\\r"' }, { outcome: 'done' }],
      transcript: 'Debian\nlogin: root\n# ',
      transcriptIsCut: false,
      failure: null,
    });
  });

  it('ends in its time with what the VM printed last', async () => {
    const { ports, far } = setup();
    const file = script("- expect: { text: 'login: ', timeout: 300ms }\n- send: x\n");
    const running = run(ports, ['galaxy0', '--script', file]);
    await far.write(bytes('Kernel panic\r\n'));
    expect(await running).toEqual({
      exitCode: 7,
      stdout: '',
      stderr: `✗ expect "login: "  0.3 s
The VM printed last:
  Kernel panic
portal: ${file}:1:3: not found within 0.3 s: expect "login: " [CONSOLE_TIMEOUT]
hint: compare the expected text with the transcript; give the step more time: timeout: 2min
`,
    });
    const json = await run(setup().ports, ['galaxy0', '--script', file, '--json']);
    expect(json.exitCode).toBe(7);
    expect(JSON.parse(json.stdout)).toMatchObject({
      outcome: 'timeout',
      steps: [{ outcome: 'timeout' }, { outcome: 'pending', endedMs: null }],
      failure: { code: 'CONSOLE_TIMEOUT' },
    });
  });

  it('ends when the VM stops, and at Ctrl-C', async () => {
    const made = setup();
    const closed = run(made.ports, ['galaxy0', '--script', script(LOGIN)]);
    await made.far.write(bytes('x'));
    made.far.close();
    expect(await closed).toMatchObject({
      exitCode: 7,
      stderr: expect.stringContaining(
        'the VM stopped before this step ended: expect "login: " [CONSOLE_FAILED]',
      ),
    });
    const [other, process] = [setup(), signals()];
    const interrupted = run(
      other.ports,
      ['galaxy0', '--script', script(LOGIN), '--json'],
      undefined,
      process,
    );
    await pause(200);
    process.send('SIGINT');
    const { exitCode, stdout } = await interrupted;
    expect(exitCode).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'interrupted', failure: null });
  });

  it('resumes a paused VM once it is connected, and only if asked', async () => {
    const paused = setup('paused');
    const file = script('- expect: { text: x, timeout: 200ms }\n');
    await run(paused.ports, ['galaxy0', '--script', file]);
    expect(paused.libvirt.domain('galaxy0').state).toBe('paused');
    const order: string[] = [];
    const again = setup('paused');
    const ports: HostPorts = {
      ...again.ports,
      openChannel: async (path, ms) => {
        order.push(`connect while ${again.libvirt.domain('galaxy0').state}`);
        return again.ports.openChannel(path, ms);
      },
    };
    await run(ports, ['galaxy0', '--resume', '--script', file]);
    expect(order).toEqual(['connect while paused']);
    expect(again.libvirt.domain('galaxy0').state).toBe('running');
    const failing = setup('paused');
    failing.libvirt.failure = (command) => (command[0] === 'resume' ? 'no' : null);
    expect(await run(failing.ports, ['galaxy0', '--resume', '--script', file])).toMatchObject({
      exitCode: 7,
      stderr: expect.stringContaining('galaxy0: cannot be resumed: no [TOOL_FAILED]'),
    });
  });

  it('refuses a script with an error before it connects', async () => {
    const { ports } = setup();
    const file = script('- expct: x\n');
    expect(await run(ports, ['galaxy0', '--script', file])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(`portal: ${file}:1:10: no such key here: "expct" [BAD_SCRIPT]`),
    });
  });
});
