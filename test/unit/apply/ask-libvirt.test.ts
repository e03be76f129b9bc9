import { expect, test } from 'vitest';
import { runAndLook } from '../../../lib/apply/changes/machine/ask-libvirt.ts';
import type { Runner } from '../../../lib/host/runner.ts';
import { KeptVirsh } from '../../../lib/libvirt/kept-virsh.ts';
import { FakeVirsh } from '../../support/fake-virsh.ts';

const URI = 'test:///default';
const LOOK = ['echo', 'found'];
const ELEMENT = '<machine>\n  <note/>\n</machine>';

/** A runner that keeps no program open. */
const withoutOpen = (virsh: FakeVirsh): Runner => ({ run: (...call) => virsh.run(...call) });

test.each([
  ['in one process', '<machine/>', true, 1],
  // The version, the command, and what is kept open for the look.
  ['if an argument has lines, in a process of its own', ELEMENT, true, 3],
  ['in one process, without one that is kept open', '<machine/>', false, 1],
  ['each in a process of its own, without one that is kept open', ELEMENT, false, 3],
])('a command is run, and looked after: %s', async (_, argument, keepsOpen, processes) => {
  const fake = new FakeVirsh(() => ({ output: '' }));
  const virsh = new KeptVirsh(keepsOpen ? fake : withoutOpen(fake), URI);
  const { error, found } = await runAndLook(virsh, ['set', argument], LOOK);
  expect({ error, output: found.output }).toEqual({ error: null, output: 'found' });
  expect(fake.calls).toHaveLength(processes);
});

test.each([true, false])(
  'a command reads a document, and is looked after; a program kept open: %s',
  async (keepsOpen) => {
    const read: unknown[] = [];
    const fake = new FakeVirsh(([verb, file], { options: { input } }) => {
      read.push([verb, file, input]);
      return { output: '' };
    });
    const virsh = new KeptVirsh(keepsOpen ? fake : withoutOpen(fake), URI);
    await runAndLook(virsh, ['define', virsh.inputFile], LOOK, '<a/>');
    expect(read).toEqual([['define', keepsOpen ? '/dev/fd/3' : '/dev/stdin', '<a/>']]);
  },
);

test('why a command with lines in it failed is told, and what was found all the same', async () => {
  const runner = new FakeVirsh(() => ({ error: 'no such machine' }));
  const { error, found } = await runAndLook(new KeptVirsh(runner, URI), ['fail', 'a\nb'], LOOK);
  expect({ error, output: found.output }).toEqual({ error: 'no such machine', output: 'found' });
});
