import { describe, expect, it } from 'vitest';
import type { Run, Runner } from '../../../lib/host/runner.ts';
import { Virsh } from '../../../lib/libvirt/virsh.ts';
import { type FakeCall, FakeVirsh } from '../../support/fake-virsh.ts';

const exited = (stdout: string, stderr = '', exitCode = 0): Run => ({
  kind: 'exited',
  exitCode,
  stdout,
  stderr,
});
const VERSION = exited('Using library: libvirt 11.3.0\nRunning against daemon: 11.3.0');
const UNCONNECTED = 'error: failed to connect to the hypervisor\nerror: ';

/** A virsh that answers so to whatever it is asked, but for its version, alone or before others. */
function virshThat(answer: (call: FakeCall) => Run, version: Run = VERSION, connect: string | null = null) {
  const calls: FakeCall[] = [];
  const runner: Runner = {
    async run(program, args, options = {}) {
      expect(program).toBe('virsh');
      calls.push({ args, options });
      const asksVersion = args.includes('version') || options.input?.includes('version --daemon') === true;
      return asksVersion ? version : answer({ args, options });
    },
  };
  return { virsh: new Virsh(runner, connect), calls };
}

/** `fail` fails; there is no other command but `echo`. */
const fake = (): FakeVirsh =>
  new FakeVirsh((command) => ({ error: `failed to ${command.join(' ')}\nerror: for a reason` }));

describe('virsh', () => {
  it('runs one command, over what is asked for', async () => {
    const { virsh, calls } = virshThat(() => exited('<a/>'), VERSION, 'qemu+ssh://host/system');
    const command = ['define', '/dev/stdin'];
    expect(await virsh.run(command, { input: '<b/>' })).toEqual({ command, output: '<a/>', error: null });
    const before = ['--quiet', '--connect', 'qemu+ssh://host/system'];
    expect(calls.map(({ args }) => args)).toEqual([
      [...before, 'version', '--daemon'],
      [...before, ...command],
    ]);
    expect(calls[1]?.options.input).toBe('<b/>');
  });

  it('asks the system where nobody says which, and looks at the version once', async () => {
    const { virsh, calls } = virshThat(() => exited(''));
    await virsh.run(['list'], { readOnly: true });
    await virsh.run(['list'], { readOnly: true });
    expect(virsh.uri).toBe('qemu:///system');
    expect(calls).toHaveLength(3);
    expect(calls[2]?.args).toEqual(['--quiet', '--readonly', '--connect', 'qemu:///system', 'list']);
  });

  it.each([
    ['error: failed to get domain', "failed to get domain 'x'"],
    ['', 'exits with 1'],
  ])('says why a command failed: %j', async (said, expected) => {
    const stderr = said === '' ? '' : `2026-01-01: warning\n${said} 'x'\n`;
    const { virsh } = virshThat(() => exited('', stderr, 1));
    expect((await virsh.run(['domuuid', 'x'])).error).toBe(expected);
  });

  it('runs many commands in one process, and says of each what it printed or why it failed', async () => {
    const runner = fake();
    const virsh = new Virsh(runner, null);
    const commands = [['echo', 'a'], ['fail', 'b'], ['echo', 'two\ttabs'], ['fail'], ['echo', 'virsh']];
    const answers = await virsh.runAll(commands);
    expect(answers.map(({ output, error }) => [output, error])).toEqual([
      ['a', null],
      ['', 'failed to fail b: for a reason'],
      ['', 'has a control character'],
      ['', 'failed to fail: for a reason'],
      ['virsh', null],
    ]);
    expect(answers.map(({ command }) => command)).toEqual(commands);
    expect(runner.calls.map(({ args }) => args.at(-1))).toEqual(['qemu:///system']);
  });

  it('looks at the version along with the first of what it is asked, and not again', async () => {
    const runner = fake();
    const virsh = new Virsh(runner, null);
    for (const readOnly of [true, false, true]) {
      expect(await virsh.runAll([['echo', 'a']], { readOnly })).toMatchObject([{ output: 'a' }]);
    }
    expect(runner.calls.map(({ options }) => options.input?.includes('version --daemon'))).toEqual([
      ...[true, false, false],
    ]);
  });

  it('gives a command something to read, and looks at the version before', async () => {
    const runner = fake();
    const answers = await new Virsh(runner, null).runAll(
      [
        ['fail', 'it'],
        ['echo', '/a b/"; c'],
      ],
      {
        input: '<a/>',
      },
    );
    expect(answers.map(({ output, error }) => [output, error])).toEqual([
      ['', 'failed to fail it: for a reason'],
      ['/a b/"; c', null],
    ]);
    const [version, script] = runner.calls;
    expect(version?.args.slice(-2)).toEqual(['version', '--daemon']);
    expect(script?.options.input).toBe('<a/>');
    expect(script?.args.at(-1)).toMatch(/^echo "\w+""0\."; .*; fail it; .*; echo "\/a b\/\\"; c"; echo /);
    expect(runner.calls).toHaveLength(2);
  });

  it('starts nothing where there is no command', async () => {
    const runner = fake();
    expect(await new Virsh(runner, null).runAll([])).toEqual([]);
    expect(runner.calls).toEqual([]);
  });

  it('says at which command it was cut short', async () => {
    const whole = fake();
    const runner: Runner = {
      async run(...call) {
        const run = (await whole.run(...call)) as Extract<Run, { kind: 'exited' }>;
        const end = run.stdout.indexOf('echo b');
        return end < 0 ? run : { ...run, stdout: run.stdout.slice(0, end) };
      },
    };
    await expect(
      new Virsh(runner, null).runAll([
        ['echo', 'a'],
        ['echo', 'b'],
      ]),
    ).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: 'ended before this was done: echo b (it said: libvirt: some warning)',
    });
  });

  it('says what it said where it can not even start', async () => {
    const said = 'virsh: error while loading shared libraries: libvirt.so.0: \x1b[2J';
    const { virsh } = virshThat(() => exited(''), exited('', `warning\n${said}\n`, 127));
    await expect(virsh.runAll([['list']])).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message:
        'ended before this was done: version --daemon ' +
        '(it said: virsh: error while loading shared libraries: libvirt.so.0: \\x1b[2J)',
    });
  });

  it('quotes for the parser of virsh', async () => {
    const runner = fake();
    await new Virsh(runner, null).runAll([['metadata', `it's "a\\b"; $(x)`, '--uri', 'urn:x', '']]);
    expect(runner.calls[0]?.options.input?.split('\n')[3]).toBe(
      String.raw`metadata "it's \"a\\b\"; $(x)" --uri urn:x ""`,
    );
  });
});

describe('what stands in the way of every command', () => {
  const qemu = 'qemu:///system';
  const remote = 'qemu+ssh://far/system';
  it.each([
    [null, { kind: 'missing' }, 'TOOL_MISSING', 'virsh', 'is not installed', 'libvirt-clients'],
    [
      null,
      { kind: 'failed', detail: 'did not end within 60 s' },
      'TOOL_FAILED',
      'virsh',
      'did not end within 60 s, asked at qemu:///system',
      'virsh --connect',
    ],
    [
      null,
      exited('', `${UNCONNECTED}Failed to connect socket to '/run/s': No such file or directory`, 1),
      'NO_LIBVIRT',
      qemu,
      "libvirt does not answer: Failed to connect socket to '/run/s': No such file or directory",
      'systemctl start libvirtd',
    ],
    [
      null,
      exited('', `${UNCONNECTED}Failed to connect socket to '/run/s': Connection refused`, 1),
      'NO_LIBVIRT',
      qemu,
      'Connection refused',
      'systemctl start libvirtd',
    ],
    [
      null,
      exited('', `${UNCONNECTED}Failed to connect socket to '/run/s': Permission denied`, 1),
      'PERMISSION_DENIED',
      qemu,
      'Permission denied',
      'group libvirt',
    ],
    [
      null,
      exited('', `${UNCONNECTED}authentication unavailable: no polkit agent available`, 1),
      'PERMISSION_DENIED',
      qemu,
      'authentication unavailable',
      'group libvirt',
    ],
    [
      remote,
      exited('', `${UNCONNECTED}Cannot recv data: ssh: Could not resolve hostname far`, 1),
      'NO_LIBVIRT',
      remote,
      'Could not resolve hostname far',
      'ssh needs a key',
    ],
    [
      remote,
      exited('', `${UNCONNECTED}Cannot recv data: Permission denied (publickey,password).`, 1),
      'NO_LIBVIRT',
      remote,
      'Permission denied (publickey,password).',
      'ssh needs a key',
    ],
    [
      'not\u001b a uri',
      exited('', `${UNCONNECTED}internal error: Unable to parse URI not\u001b a uri`, 1),
      'BAD_ARGUMENT',
      'not\\x1b a uri',
      'Unable to parse URI not\\x1b a uri',
      'qemu:///system',
    ],
    [
      null,
      exited('Using library: libvirt 7.10.0\nRunning against daemon: 11.3.0'),
      'LIBVIRT_TOO_OLD',
      'virsh',
      'is libvirt 7.10.0',
      'libvirt 8',
    ],
    [
      remote,
      exited('Using library: libvirt 11.3.0\nRunning against daemon: 6.0.0'),
      'LIBVIRT_TOO_OLD',
      remote,
      'is libvirt 6.0.0',
      'libvirt 8',
    ],
  ] as const)('at %j is said: %j', async (connect, version, code, subject, message, hint) => {
    const { virsh } = virshThat(() => exited(''), version, connect);
    const expected = {
      code,
      subject,
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    };
    await expect(virsh.run(['list'])).rejects.toMatchObject(expected);
    await expect(virsh.runAll([['list']])).rejects.toMatchObject(expected);
    await expect(virsh.runAll([['list']], { input: '' })).rejects.toMatchObject(expected);
  });

  it('is told without what virsh says of the history that it does not get', async () => {
    const said = `${UNCONNECTED}gone\nerror: Failed to create '/dev/null/libvirt/virsh': Not a directory`;
    const { virsh } = virshThat(() => exited(''), exited('', said, 1));
    await expect(virsh.runAll([['list']])).rejects.toMatchObject({
      message: 'libvirt does not answer: gone',
    });
  });

  it('is no version of a hypervisor that can not be told', async () => {
    const failed = exited('Using library: libvirt 8.0.0', 'error: Cannot find suitable emulator', 1);
    const { virsh } = virshThat(() => exited('x'), failed);
    expect((await virsh.run(['list'])).output).toBe('x');
  });
});
