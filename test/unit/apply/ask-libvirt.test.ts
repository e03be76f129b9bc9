import { expect, test } from 'vitest';
import { runAndLook } from '../../../lib/apply/changes/ask-libvirt.ts';
import { Virsh } from '../../../lib/libvirt/virsh.ts';
import { FakeVirsh } from '../../support/fake-virsh.ts';

const LOOK = ['echo', 'found'];

test.each([
  ['in one process if virsh can read both as lines', '<machine/>', 1],
  // The version, the command, and the look.
  ['each in a process of its own if an argument holds lines', '<machine>\n  <note/>\n</machine>', 3],
])('a command is run, and looked after: %s', async (_, argument, processes) => {
  const runner = new FakeVirsh(() => ({ output: '' }));
  const { error, found } = await runAndLook(new Virsh(runner, null), ['set', argument], LOOK);
  expect({ error, output: found.output }).toEqual({ error: null, output: 'found' });
  expect(runner.calls).toHaveLength(processes);
});

test('why a command with lines in it failed is told, and what was found all the same', async () => {
  const runner = new FakeVirsh(() => ({ error: 'no such machine' }));
  const { error, found } = await runAndLook(new Virsh(runner, null), ['fail', 'a\nb'], LOOK);
  expect({ error, output: found.output }).toEqual({ error: 'no such machine', output: 'found' });
});
