import { describe, expect, it } from 'vitest';
import { runProgram } from '../../../lib/cli/main.ts';
import { PCI_PROGRAM } from '../../../lib/cli/tables/pci-program.ts';
import { Interrupted } from '../../../lib/cli/terminal/dialogue.ts';

type Listener = (error: Error & { code?: string }) => void;

/** What becomes of a program whose output fails, before or after it is through. */
async function runWith(args: readonly string[], stream: 'stdout' | 'stderr', code: string, isLate = false) {
  const listeners: Record<string, Listener> = {};
  const written = { stdout: '', stderr: '' };
  const fail = (): void => listeners[stream]?.(Object.assign(new Error(code), { code }));
  const streamOf = (name: 'stdout' | 'stderr') => ({
    isTTY: code === 'EIO',
    write: (text: string) => {
      written[name] += text;
      if (name === stream && !isLate) fail();
    },
    on: (_: 'error', listener: Listener) => {
      listeners[name] = listener;
    },
  });
  const host = {
    ...{ argv: ['node', 'pci', ...args], env: {} },
    ...{ stdout: streamOf('stdout'), stderr: streamOf('stderr') },
    exitCode: undefined as number | undefined,
  };
  await runProgram(PCI_PROGRAM, host);
  if (isLate) fail();
  return { ...written, exitCode: host.exitCode };
}

describe('output that can not be written', () => {
  it.each([false, true])('is an error where its disk is full, and no bug: late %s', async (isLate) => {
    const { exitCode, stderr } = await runWith(['--version'], 'stdout', 'ENOSPC', isLate);
    expect(exitCode).toBe(7);
    expect(stderr).toBe(
      'pci: stdout: cannot be written: ENOSPC [OUTPUT_FAILED]\nhint: check the directory, its permissions and the free space\n',
    );
  });

  // A terminal that is hung up gives EIO.
  it.each(['EPIPE', 'EIO'])('is told to nobody where nobody reads it any more: %s', async (code) => {
    expect(await runWith(['--version'], 'stdout', code)).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('does not hide a graver error', async () => {
    const { exitCode, stderr } = await runWith(
      ['show', '99:00.0', '--host', 'fixtures/lab-intel.snapshot'],
      'stderr',
      'ENOSPC',
    );
    expect(exitCode).toBe(3);
    expect(stderr).toContain('99:00.0');
  });
});

describe('Ctrl-C at a question', () => {
  it('ends with 130, and with a line of its own', async () => {
    const [list] = PCI_PROGRAM.commands;
    if (list === undefined) throw new Error('there is no command');
    const asking = { ...list, load: () => Promise.resolve(() => Promise.reject(new Interrupted())) };
    const written: string[] = [];
    const stream = { write: (text: string) => written.push(text), on: () => undefined };
    const host = {
      ...{ argv: ['node', 'pci', 'list'], env: {}, stdout: stream, stderr: stream },
      exitCode: undefined as number | undefined,
    };
    await runProgram({ ...PCI_PROGRAM, commands: [asking] }, host);
    expect({ exitCode: host.exitCode, written: written.join('') }).toEqual({ exitCode: 130, written: '\n' });
  });
});
