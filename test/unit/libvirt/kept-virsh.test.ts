import { describe, expect, test } from 'vitest';
import type { ProgramAnswer, Runner } from '../../../lib/host/runner.ts';
import { KeptVirsh } from '../../../lib/libvirt/kept-virsh.ts';
import { FakeVirsh } from '../../support/fake-virsh.ts';
import { testKeptVirsh } from '../../support/kept-virsh-cases.ts';

const URI = 'qemu+ssh://far/system';
const UNKNOWN = ['domuuid', 'x'] as const;

const fake = (): FakeVirsh =>
  new FakeVirsh(([verb]) => ({ error: `failed to ${verb}\nerror: for a reason` }));

describe('a virsh that is kept open', () => {
  testKeptVirsh(() => new KeptVirsh(fake(), URI), UNKNOWN);

  test('is one process, which is asked for its version first', async () => {
    const runner = fake();
    const virsh = new KeptVirsh(runner, URI);
    for (const word of ['a', 'b'])
      expect(await virsh.runAll([['echo', word]])).toMatchObject([{ output: word }]);
    expect(runner.calls.map(({ args }) => args)).toEqual([['--quiet', '--connect', URI]]);
    const asks = runner.opened[0]?.requests.map((request) => /^(version|echo [ab]\b)/m.exec(request)?.[0]);
    expect(asks).toEqual(['version', 'echo a', 'echo b']);
  });

  test('gives a command a document to read', async () => {
    const read: unknown[] = [];
    const runner = new FakeVirsh((command, { options }) => {
      read.push([command, options.input]);
      return { output: '' };
    });
    const virsh = new KeptVirsh(runner, URI);
    await virsh.runAll([['define', virsh.inputFile]], '<a/>');
    await virsh.runAll([['dumpxml', 'a']]);
    expect(read).toEqual([
      [['define', '/dev/fd/3'], '<a/>'],
      [['dumpxml', 'a'], undefined],
    ]);
  });

  test('is started again if it ended since the last request', async () => {
    const runner = fake();
    const virsh = new KeptVirsh(runner, URI);
    await virsh.runAll([['echo', 'a']]);
    await runner.opened[0]?.close();
    expect(await virsh.runAll([['echo', 'b']])).toMatchObject([{ output: 'b', error: null }]);
    expect(runner.opened).toHaveLength(2);
  });

  test.each([
    [{ kind: 'failed', detail: 'was ended by SIGKILL' }, `was ended by SIGKILL, asked at ${URI}`],
    [{ kind: 'exited', exitCode: 1, stdout: '', stderr: '' }, 'ended before this was done: echo b'],
    [
      { kind: 'exited', exitCode: 127, stdout: '', stderr: 'no such library\n' },
      'ended before this was done: echo b (it said: no such library)',
    ],
  ] as const)('does not repeat a request that it did not survive: %j', async (ends, message) => {
    const runner = fake();
    const virsh = new KeptVirsh(runner, URI);
    await virsh.runAll([['echo', 'a']]);
    const [first] = runner.opened;
    if (first === undefined) throw new Error('it is not open');
    first.ends = ends;
    first.endsAt = 'echo';
    await expect(virsh.runAll([['echo', 'b']])).rejects.toMatchObject({ code: 'TOOL_FAILED', message });
    expect(runner.opened).toHaveLength(1);
    expect(await virsh.runAll([['echo', 'c']])).toMatchObject([{ output: 'c' }]);
    expect(runner.opened).toHaveLength(2);
  });

  /** A virsh whose stderr has this in place of the warning that it begins with, or before the mark of its last command. */
  const saying = (said: string, isFirst = false): Runner => {
    const virsh = fake();
    return {
      run: (...call) => virsh.run(...call),
      async open(...call) {
        const opening = await virsh.open(...call);
        if (opening.kind !== 'open') return opening;
        const { program } = opening;
        const ask = async (request: string, until: string): Promise<ProgramAnswer> => {
          const answer = await program.ask(request, until);
          if (answer.kind !== 'answered') return answer;
          const { stderr } = answer;
          const at = isFirst ? 0 : stderr.lastIndexOf('error: ');
          return { ...answer, stderr: `${stderr.slice(0, at)}${said}\n${stderr.slice(at)}` };
        };
        return { kind: 'open', program: { isOpen: true, ask, close: () => program.close() } };
      },
    };
  };

  test.each([
    ['error: Reconnected to the hypervisor', false],
    [`error: Disconnected from ${URI} due to end of file\nerror: Reconnected to the hypervisor`, false],
    [`error: Disconnected from ${URI} due to keepalive timeout`, true],
    ['libvirt: XML-RPC warning : something', false],
  ])('takes a connection that was opened again for no error: %j', async (said, isFirst) => {
    const virsh = new KeptVirsh(saying(said, isFirst), URI);
    expect(await virsh.runAll([['echo', 'a']])).toMatchObject([{ output: 'a', error: null }]);
  });

  test('reports a libvirt that is gone, as if it had been asked for the first time', async () => {
    const said =
      "error: Failed to reconnect to the hypervisor\nerror: Failed to connect socket to '/run/x': refused";
    await expect(new KeptVirsh(saying(said), URI).runAll([['echo', 'a']])).rejects.toMatchObject({
      code: 'NO_LIBVIRT',
      message: "libvirt does not answer: Failed to connect socket to '/run/x': refused",
    });
  });

  test.each([
    [{ kind: 'missing' }, 'TOOL_MISSING'],
    [{ kind: 'failed', detail: 'cannot be started: EMFILE' }, 'TOOL_FAILED'],
  ] as const)('reports that it cannot be started: %j', async (opening, code) => {
    const runner: Runner = { run: async () => ({ kind: 'missing' }), open: async () => opening };
    await expect(new KeptVirsh(runner, URI).runAll([['echo', 'a']])).rejects.toMatchObject({ code });
  });

  test('is closed if its version is too old', async () => {
    const virsh = fake();
    const runner: Runner = {
      run: (...call) => virsh.run(...call),
      async open(...call) {
        const opening = await virsh.open(...call);
        if (opening.kind !== 'open') return opening;
        const { program } = opening;
        const ask = async (request: string, until: string): Promise<ProgramAnswer> => {
          const answer = await program.ask(request, until);
          return answer.kind === 'answered'
            ? { ...answer, stdout: answer.stdout.replaceAll('11.3.0', '7.0.0') }
            : answer;
        };
        return { kind: 'open', program: { isOpen: true, ask, close: () => program.close() } };
      },
    };
    await expect(new KeptVirsh(runner, URI).runAll([['echo', 'a']])).rejects.toMatchObject({
      code: 'LIBVIRT_TOO_OLD',
    });
    expect(virsh.opened.map(({ isOpen }) => isOpen)).toEqual([false]);
  });
});
