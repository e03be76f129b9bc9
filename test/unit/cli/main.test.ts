import { describe, expect, it } from 'vitest';
import { runProgram } from '../../../lib/cli/main.ts';
import { PCI_PROGRAM } from '../../../lib/cli/pci-program.ts';

type Listener = (error: Error & { code?: string }) => void;

/** What a program does with an error of its output. */
async function listenersOf(): Promise<readonly Listener[]> {
  const listeners: Listener[] = [];
  const stream = { write: () => undefined, on: (_: 'error', listener: Listener) => listeners.push(listener) };
  await runProgram(PCI_PROGRAM, {
    argv: ['node', 'pci', '--version'],
    env: {},
    stdout: stream,
    stderr: stream,
  });
  return listeners;
}

describe('output that has nobody to read it any more', () => {
  // A terminal that is hung up gives EIO, and what was begun has yet to be undone.
  it.each(['EPIPE', 'EIO'])('ends nothing: %s', async (code) => {
    const listeners = await listenersOf();
    expect(listeners).toHaveLength(2);
    for (const listener of listeners) listener(Object.assign(new Error(code), { code }));
  });

  it('is told from a disk that is full', async () => {
    for (const listener of await listenersOf()) {
      expect(() => listener(Object.assign(new Error('full'), { code: 'ENOSPC' }))).toThrow('full');
    }
  });
});
