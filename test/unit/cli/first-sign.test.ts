import { expect, test } from 'vitest';
import { runProgram } from '../../../lib/cli/main.ts';
import { PCI_PROGRAM } from '../../../lib/cli/tables/pci-program.ts';
import { idleHost } from '../../support/idle-host.ts';
import { simulateMachine } from '../../support/simulated-changes.ts';
import { simulatedPorts } from '../../support/simulated-ports.ts';

const ERASED = '\r\x1b\\[K';
const HOST = ['--host', 'fixtures/gpu-desktop.snapshot', '--pci-ids', 'bundled'];

/** Runs a command on a terminal on which the line is or is not printed before it ends, and tells all that was written, in order. */
async function written(args: readonly string[], { isLate = true, term = 'xterm' } = {}): Promise<string> {
  let text = '';
  const stream = { isTTY: true, write: (piece: string) => (text += piece), on: () => undefined };
  await runProgram(
    PCI_PROGRAM,
    {
      argv: ['node', 'pci', ...args],
      env: { TERM: term },
      stdout: stream,
      stderr: stream,
      async printLate(line, afterMs) {
        expect(afterMs).toBeLessThan(300);
        if (isLate) text += line;
        return { callOff: () => isLate };
      },
    },
    simulatedPorts(simulateMachine(idleHost([])), { input: 'portal-gun: policy/v1' }),
  );
  return text;
}

test('a command that takes its time shows that it works, until it prints something', async () => {
  const quick = await written(['list', ...HOST], { isLate: false });
  expect(quick).not.toContain('Reading');
  expect(await written(['list', ...HOST])).toBe(`Reading the host …\r\x1b[K${quick}`);
});

test('on a terminal that cannot erase, the line stays', async () => {
  const quick = await written(['list', ...HOST], { isLate: false, term: 'dumb' });
  expect(await written(['list', ...HOST], { term: 'dumb' })).toBe(`Reading the host …\n${quick}`);
});

test('the line is removed before an error, and once', async () => {
  expect(await written(['show', '99:00.0', ...HOST])).toMatch(
    new RegExp(`^Reading the host …${ERASED}pci: [^\\r]*\\[DEVICE_NOT_FOUND\\]\\n[^\\r]*$`),
  );
});

test('the line is removed if a command prints nothing', async () => {
  expect(await written(['diff', HOST[1] ?? '', HOST[1] ?? ''])).toMatch(
    new RegExp(`^Reading the host …${ERASED}[^\\r]*$`),
  );
});

test.each([
  [['--version']],
  [['--help']],
  [['list', '--no-such-option']],
  [['apply', '-', ...HOST]],
  [['apply', '-f', '-', ...HOST]],
])('nothing is shown for %j, which reads no host, or what a person types', async (args) => {
  expect(await written(args)).not.toContain('Reading');
});
