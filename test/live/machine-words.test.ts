import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { tagCommand, unassignCommand, virshCommand } from '../../lib/libvirt/machine/machine-words.ts';
import { uuidOf } from '../support/made-up-libvirt.ts';

/** The words that a shell makes of a command. */
function wordsOf(command: string): readonly string[] {
  const script = `set -- ${command}; printf '%s\\0' "$@"`;
  return execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

test.each(['a b', "it's", 'a$(touch x)`id`', 'a; rm -rf /', '~root', '*', '&&', 'ü', '"', '#x'])(
  'a machine called %j is one word of a command',
  (name) => {
    const machine = { name, uuid: uuidOf(1) };
    expect(wordsOf(unassignCommand('0000:01:00.0', machine))).toEqual([
      ...['pci', 'unassign', '0000:01:00.0', '--machine', name],
    ]);
    expect(wordsOf(virshCommand('edit', machine))).toEqual(['virsh', 'edit', name]);
    expect(wordsOf(tagCommand(machine, 'router'))).toEqual(['portal', 'tag', name, '--type', 'router']);
  },
);

test.each(['-v', '--help', '-'])('a machine called %s is no option', (name) => {
  const machine = { name, uuid: uuidOf(1) };
  expect(wordsOf(unassignCommand('0000:01:00.0', machine, '--live'))).toEqual([
    ...['pci', 'unassign', '0000:01:00.0', '--live', `--machine=${name}`],
  ]);
  expect(wordsOf(virshCommand('edit', machine))).toEqual(['virsh', 'edit', machine.uuid]);
  expect(wordsOf(tagCommand(machine, 'mail'))).toEqual(['portal', 'tag', '--type', 'mail', '--', name]);
});

test.each(['a\nb', ' a', 'a\x9b'])('a machine called %j goes by its UUID', (name) => {
  expect(unassignCommand('0000:01:00.0', { name, uuid: uuidOf(1) })).toContain(uuidOf(1));
});
