import { describe, expect, it } from 'vitest';
import type { SnapshotEntry } from '../../../lib/host/snapshot/snapshot.ts';
import { SnapshotEntries } from '../../../lib/host/snapshot/snapshot-entries.ts';

const text = (value: string): SnapshotEntry => ({ kind: 'text', text: value });

/** Entries, and others with the same folder. */
function shared(): { readonly first: SnapshotEntries; readonly second: SnapshotEntries } {
  const first = SnapshotEntries.of([
    ['/sys/a', text('1')],
    ['/sys/b', text('2')],
  ]);
  const second = new SnapshotEntries();
  for (const [directory, folder] of first.folders()) second.setFolder(directory, folder);
  return { first, second };
}

describe('a folder that several snapshots have', () => {
  it('has all its entries in each', () => {
    const { first, second } = shared();
    expect([...second]).toEqual([...first]);
    expect(second.size).toBe(2);
  });

  it.each(['first', 'second'] as const)('changes only in the one that is changed: the %s', (which) => {
    const both = shared();
    const other = which === 'first' ? both.second : both.first;
    both[which].set('/sys/a', text('new'));
    both[which].set('/sys/c', text('3'));
    expect([...both[which].values()]).toEqual([text('new'), text('2'), text('3')]);
    expect([...other.values()]).toEqual([text('1'), text('2')]);
    expect([both[which].size, other.size]).toEqual([3, 2]);
  });

  it('adds to a folder that is there', () => {
    const { first } = shared();
    const second = SnapshotEntries.of([['/sys/z', text('9')]]);
    for (const [directory, folder] of first.folders()) second.setFolder(directory, folder);
    expect([...second.keys()]).toEqual(['/sys/z', '/sys/a', '/sys/b']);
    expect([...first.keys()]).toEqual(['/sys/a', '/sys/b']);
  });
});
