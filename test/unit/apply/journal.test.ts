import { describe, expect, it } from 'vitest';
import { Journal, readJournals } from '../../../lib/apply/journal/journal.ts';
import type { Plan } from '../../../lib/plan/plan.ts';
import { MemoryFiles } from '../../support/memory-files.ts';

const PLAN: Plan = {
  title: 'Give group 1 to vfio-pci: 1 device',
  guards: [],
  steps: [
    {
      words: 'load vfio-pci',
      change: { kind: 'module', module: 'vfio-pci', driver: 'vfio-pci', from: false, to: true },
    },
    { words: 'a file', change: { kind: 'file', path: '/run/portal-gun/a', from: null, to: 'a\n' } },
  ],
};
const OCCASION = { startedAt: '2026-11-22T07:00:00.000Z', bootId: 'a-boot' };
const PATH = '/var/lib/portal-gun/journal/20261122T070000000Z.jsonl';

describe('a journal', () => {
  it('holds the plan before anything else, and the last mark of each step', async () => {
    const files = new MemoryFiles();
    const journal = await Journal.begin(files, PLAN, OCCASION);
    expect([...files.files.keys()]).toEqual([PATH]);
    await journal.mark(0, 'begun');
    await journal.mark(0, 'done');
    await journal.mark(1, 'begun');
    const [left] = await readJournals(files);
    expect(left).toMatchObject({ id: journal.id, ...OCCASION, plan: PLAN });
    expect([...(left?.marks ?? [])]).toEqual([
      [0, 'done'],
      [1, 'begun'],
    ]);
    await journal.end();
    expect(await readJournals(files)).toEqual([]);
  });

  it('passes over a line that was cut short, and one after it counts', async () => {
    const files = new MemoryFiles();
    const journal = await Journal.begin(files, PLAN, OCCASION);
    await journal.mark(0, 'begun');
    const whole = files.files.get(PATH) ?? '';
    for (let length = whole.indexOf('\n'); length < whole.length; length += 1) {
      files.files.set(PATH, whole.slice(0, length));
      const [cut] = await readJournals(files);
      expect([...(cut?.marks ?? [])]).toEqual([]);
    }
    files.files.set(PATH, whole.slice(0, -3));
    await journal.mark(1, 'begun');
    const [left] = await readJournals(files);
    expect([...(left?.marks ?? [])]).toEqual([[1, 'begun']]);
  });

  it.each([
    ['empty', ''],
    ['no JSON', 'plan'],
    ['of another version', '{"schema":"portal-gun/journal/v2","plan":{"steps":[]}}'],
    ['without a plan', '{"schema":"portal-gun/journal/v1"}'],
  ])('that is %s is refused, and stays', async (_, text) => {
    const files = new MemoryFiles();
    files.files.set(PATH, text);
    await expect(readJournals(files)).rejects.toMatchObject({ code: 'JOURNAL_FAILED', subject: PATH });
    expect(files.files.get(PATH)).toBe(text);
  });

  it('that can not be written keeps everything as it is', async () => {
    const files = new MemoryFiles();
    files.replace = async () => ({ failed: 'ENOSPC' });
    await expect(Journal.begin(files, PLAN, OCCASION)).rejects.toMatchObject({
      code: 'JOURNAL_FAILED',
      message: 'cannot be written: ENOSPC',
    });
  });

  const head = (steps: unknown, more: object = {}) =>
    JSON.stringify({
      schema: 'portal-gun/journal/v1',
      ...OCCASION,
      plan: { title: 't', guards: [], steps },
      ...more,
    });
  const step = (change: object) => [{ words: 'w', change }];
  const file = (path: string) => step({ kind: 'file', path, from: null, to: 'a' });
  const driver = { driver: 'vfio-pci', override: null };
  it.each([
    ['a step without a change', head([{ words: 'w' }])],
    ['a kind that is none', head(step({ kind: 'nope' }))],
    ['a kind of every object', head(step({ kind: 'toString' }))],
    ['a file of others', head(file('/etc/shadow'))],
    ['a path that leads out', head(file('/run/portal-gun/../../etc/cron.d/a'))],
    [
      'an address that leads out',
      head(step({ kind: 'driver', address: '../../x', from: driver, to: driver })),
    ],
    [
      'a driver that is a path',
      head(
        step({
          kind: 'driver',
          address: '0000:03:00.0',
          from: driver,
          to: { driver: '../x', override: null },
        }),
      ),
    ],
    [
      'a module that is an option',
      head(step({ kind: 'module', module: '-r', driver: null, from: true, to: false })),
    ],
    [
      'a machine that is an option',
      head(
        step({
          kind: 'category',
          uri: 'qemu:///system',
          machine: '--all',
          place: 'live',
          from: null,
          to: 'host',
          metadata: null,
        }),
      ),
    ],
    ['names that are none', head([], { allowed: [1] })],
    ['a mark of no step', `${head([])}\n{"step":0,"mark":"begun"}`],
    ['a line that is no mark', `${head([])}\n5`],
  ])('is not gone by where it has %s', async (_, text) => {
    const files = new MemoryFiles();
    files.files.set(PATH, text);
    await expect(readJournals(files)).rejects.toMatchObject({ code: 'JOURNAL_FAILED', subject: PATH });
  });

  it('allows nothing where it is of an earlier version', async () => {
    const files = new MemoryFiles();
    files.files.set(PATH, head(file('/run/portal-gun/vfs-0')));
    expect([...((await readJournals(files))[0]?.allowed ?? ['none'])]).toEqual([]);
  });
});
