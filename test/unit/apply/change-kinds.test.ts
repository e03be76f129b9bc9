import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { loadMakers } from '../../../lib/apply/change-makers.ts';
import { Journal, readJournals } from '../../../lib/apply/journal/journal.ts';
import type { Change } from '../../../lib/plan/change.ts';
import type { ChangeKind } from '../../../lib/plan/change-kind.ts';
import { CHANGE_KINDS, kindOf } from '../../../lib/plan/change-kinds.ts';
import { isChange } from '../../../lib/plan/change-shape.ts';
import { type FileChange, fileKind } from '../../../lib/plan/changes/host/file.ts';
import type { Plan } from '../../../lib/plan/plan.ts';
import { formatScript } from '../../../lib/plan/script/script.ts';
import { validatorOf } from '../../support/json-schemas.ts';
import { MemoryFiles } from '../../support/memory-files.ts';
import { SAMPLE_CHANGES } from '../../support/sample-changes.ts';

const LIB = join(import.meta.dirname, '../../../lib');
const OCCASION = { startedAt: '2026-11-22T07:00:00.000Z', bootId: 'a-boot' };
const SAMPLES = Object.values(SAMPLE_CHANGES).flat();
const NAMED = SAMPLES.map((change, index) => [`${change.kind} (${index})`, change] as const);
/** What lines may begin with that is no function of the script. */
const PROGRAMS = ['chmod', 'echo', 'if', 'ip', 'mkdir', 'printf', 'rm', 'virsh'];
const OPTIONAL = ['executable', 'vfs', 'withContent'];

function planOf(changes: readonly Change[]): Plan {
  const steps = changes.map((change) => ({ words: kindOf(change).words(change, 'galaxy0'), change }));
  return { title: 'All of it', guards: [], steps };
}

describe('the table of kinds', () => {
  interface MadeUpChange {
    readonly kind: 'made-up';
    readonly from: boolean;
    readonly to: boolean;
  }
  type KindsFor<C extends { readonly kind: string }> = {
    readonly [K in C['kind']]: ChangeKind<Extract<C, { readonly kind: K }>>;
  };
  type LeftOut<M extends keyof ChangeKind<Change>> =
    Omit<ChangeKind<Change>, M> extends ChangeKind<Change> ? M : never;
  type Optional = { [M in keyof ChangeKind<Change>]: LeftOut<M> }[keyof ChangeKind<Change>];

  it('does not compile without a row for each kind, nor a row without each part', () => {
    const whole: KindsFor<Change> = CHANGE_KINDS;
    // @ts-expect-error a kind that has no row
    const missing: KindsFor<Change | MadeUpChange> = CHANGE_KINDS;
    const { safety: _, ...rest } = fileKind;
    // @ts-expect-error a row that does not say what the safety rules are asked
    const unsafe: ChangeKind<FileChange> = rest;
    expectTypeOf<Optional>().toBeNever();
    expect([whole, missing, unsafe]).toEqual([CHANGE_KINDS, CHANGE_KINDS, rest]);
  });

  it('has a sample of each kind here, and a maker', async () => {
    expect(Object.keys(SAMPLE_CHANGES).sort()).toEqual(Object.keys(CHANGE_KINDS).sort());
    for (const [kind, samples] of Object.entries(SAMPLE_CHANGES)) {
      expect(new Set(samples.map((change) => change.kind))).toEqual(new Set([kind]));
    }
    await loadMakers(planOf(SAMPLES));
  });

  it('is asked by whoever has to know of a kind: nobody else tells kinds apart by their names', () => {
    const rooms = ['plan', 'apply'];
    const files = rooms.flatMap((room) =>
      readdirSync(join(LIB, room), { recursive: true, encoding: 'utf8' }).map((name) => join(room, name)),
    );
    const telling = files.filter(
      (file) => file.endsWith('.ts') && /\bchange\.kind\b/.test(readFileSync(join(LIB, file), 'utf8')),
    );
    expect(telling.sort()).toEqual(['apply/change-makers.ts', 'plan/change-kinds.ts']);
  });
});

describe('a change of each kind', () => {
  const validate = validatorOf('plan', { strict: false });

  it.each(NAMED)('is the same once it was in a journal: %s', async (_, change) => {
    const files = new MemoryFiles();
    const plan = planOf([change]);
    await Journal.begin(files, plan, OCCASION);
    const [left] = await readJournals(files);
    expect(left?.plan).toEqual(plan);
  });

  it.each(NAMED)('is none without one of its parts, or with one in another form: %s', (_, change) => {
    expect(isChange(change)).toBe(true);
    for (const key of Object.keys(change)) {
      const { [key as keyof Change]: removed, ...rest } = change;
      expect(isChange(rest), `without ${key}`).toBe(OPTIONAL.includes(key));
      expect(isChange({ ...change, [key]: 0.5 }), `${key} a number`).toBe(false);
      expect(isChange({ ...change, [key]: [removed] }), `${key} a list`).toBe(false);
    }
  });

  it.each(NAMED)('is said in a line, and written as a script that a shell reads: %s', (_, change) => {
    const { words, script } = kindOf(change);
    expect(words(change, 'galaxy0')).toMatch(/^\S.*\S$/);
    const text = formatScript(planOf([change]), '0.1.0');
    execFileSync('sh', ['-n'], { input: text });
    const called = script.lines(change, {
      ...{ device: () => '<hostdev/>', rootPort: () => '<controller/>' },
      ...{ namespace: 'urn:x', prefix: 'x' },
    });
    expect(called.length).toBeGreaterThan(0);
    for (const line of called) {
      const [name] = /^[a-z_]+(?= )/.exec(line) ?? [];
      if (name === undefined || PROGRAMS.includes(name)) continue;
      expect(text, name).toMatch(new RegExp(`^${name}\\(\\) `, 'm'));
    }
  });

  it.each(NAMED)('is in the published schema of plans: %s', (_, change) => {
    const { title, guards, steps } = planOf([change]);
    const document = { schema: 'portal-gun/plan/v1', host: { label: 'this machine' }, title, guards, steps };
    expect(
      validate({ ...document, findings: [], report: null }),
      JSON.stringify(validate.errors?.at(-1)),
    ).toBe(true);
  });
});

describe('what each kind says of itself', () => {
  it('is this', () => {
    const told = SAMPLES.map((change) => {
      const kind = kindOf(change);
      const functions = (['to', 'from'] as const).map(
        (each) => kind.functions(change, each)?.join() ?? 'all',
      );
      const asks = (['to', 'from'] as const).map((each) => kind.safety(change, each).asks);
      const flags = [
        kind.madeBy,
        kind.endsWithBoot(change) ? 'ends with the boot' : 'stays',
        kind.unlessUndone,
        ...(kind.removesFunctions ? ['removes functions'] : []),
        ...(kind.loads(change) === null ? [] : ['loads a module']),
      ];
      return [
        change.kind,
        `functions ${functions.map((each) => each || 'none').join(' / ')}`,
        `asks ${asks.join(' / ')}`,
        `touches ${kind.touches(change).join() || 'nothing'}`,
        flags.join(', '),
      ].join('; ');
    });
    expect(`\n${told.join('\n')}\n`).toMatchInlineSnapshot(`
      "
      driver; functions 0000:07:00.0 / 0000:07:00.0; asks taking / returning; touches 0000:07:00.0; this-machine, ends with the boot, left-if-held
      driver; functions 0000:07:00.0 / 0000:07:00.0; asks returning / losing; touches 0000:07:00.0; this-machine, ends with the boot, left-if-held
      module; functions all / none; asks nothing / nothing; touches nothing; this-machine, ends with the boot, left, loads a module
      module; functions all / none; asks nothing / nothing; touches nothing; this-machine, ends with the boot, left
      file; functions all / none; asks nothing / nothing; touches /etc/portal-gun/bindings.json; this-machine, stays, stuck
      file; functions all / none; asks nothing / nothing; touches /run/portal-gun/earlier-drivers.json; this-machine, ends with the boot, stuck
      initramfs; functions all / none; asks nothing / nothing; touches initramfs; this-machine, stays, stuck
      initramfs; functions all / none; asks nothing / nothing; touches initramfs; this-machine, stays, stuck
      boot-loader; functions all / none; asks nothing / nothing; touches boot-loader; this-machine, stays, stuck
      boot-loader; functions all / none; asks nothing / nothing; touches boot-loader; this-machine, stays, stuck
      vfs; functions 0000:01:00.0 / 0000:01:00.0; asks vfs / vfs; touches 0000:01:00.0; this-machine, ends with the boot, stuck, removes functions
      link; functions 0000:01:00.0 / 0000:01:00.0; asks nothing / losing; touches 0000:01:00.0; this-machine, ends with the boot, stuck
      link; functions 0000:01:00.0 / 0000:01:00.0; asks losing / nothing; touches 0000:01:00.0; this-machine, ends with the boot, stuck
      assignment; functions 0000:07:00.0 / none; asks assigning / nothing; touches 00000000-0000-4000-8000-000000000001; libvirt, stays, stuck
      attachment; functions 0000:07:00.0 / none; asks plugging / nothing; touches 0000:07:00.0,00000000-0000-4000-8000-000000000001; libvirt, ends with the boot, stuck
      attachment; functions none / 0000:07:00.0; asks nothing / plugging; touches 0000:07:00.0,00000000-0000-4000-8000-000000000001; libvirt, ends with the boot, stuck
      category; functions none / none; asks nothing / nothing; touches 00000000-0000-4000-8000-000000000001; libvirt, stays, stuck
      category; functions none / none; asks nothing / nothing; touches 00000000-0000-4000-8000-000000000001; libvirt, ends with the boot, stuck
      hooks; functions none / none; asks nothing / nothing; touches hooks qemu:///system; this-machine, ends with the boot, left
      directory; functions none / none; asks nothing / nothing; touches /run/portal-gun/machines/r0; this-machine, ends with the boot, left
      directory; functions none / none; asks nothing / nothing; touches /var/log/portal-gun/machines/r0; this-machine, stays, left
      image; functions none / none; asks nothing / nothing; touches /var/lib/portal-gun/machines/r0/www.qcow2; this-machine, stays, stuck
      image; functions none / none; asks nothing / nothing; touches /var/lib/portal-gun/machines/r0/root.qcow2; this-machine, stays, stuck
      image; functions none / none; asks nothing / nothing; touches /var/lib/portal-gun/machines/r0/www.qcow2; this-machine, stays, stuck
      network; functions none / none; asks nothing / nothing; touches network isolated-lan; libvirt, stays, stuck
      network; functions none / none; asks nothing / nothing; touches network isolated-lan; libvirt, stays, stuck
      definition; functions none / none; asks nothing / nothing; touches 00000000-0000-4000-8000-000000000001; libvirt, stays, stuck
      definition; functions none / none; asks nothing / nothing; touches 00000000-0000-4000-8000-000000000001; libvirt, stays, stuck
      guest-file; functions none / none; asks nothing / nothing; touches web0:/etc/motd; guest, ends with the boot, left
      guest-file; functions none / none; asks nothing / nothing; touches web0:/etc/motd; guest, ends with the boot, left
      guest-file; functions none / none; asks nothing / nothing; touches web0:/srv/it; guest, ends with the boot, left
      guest-file; functions none / none; asks nothing / nothing; touches web0:/srv/it's; guest, ends with the boot, left
      guest-setting; functions none / none; asks nothing / nothing; touches web0:service nginx; guest, ends with the boot, left
      guest-setting; functions none / none; asks nothing / nothing; touches web0:restart nginx; guest, ends with the boot, left
      power; functions 0000:07:00.0 / none; asks plugging / nothing; touches 00000000-0000-4000-8000-000000000001,0000:07:00.0; libvirt, ends with the boot, stuck
      power; functions none / none; asks nothing / nothing; touches 00000000-0000-4000-8000-000000000001; libvirt, ends with the boot, stuck
      "
    `);
  });
});
