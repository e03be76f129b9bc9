import { describe, expect, it } from 'vitest';
import { readJournals } from '../../../lib/apply/journal/journal.ts';
import { recover } from '../../../lib/apply/recover.ts';
import type { Run } from '../../../lib/host/runner.ts';
import { planFixes } from '../../../lib/plan/fixes/plan-fixes.ts';
import { applyPlan } from '../../support/apply-plan.ts';
import { FaultyHost, Killed } from '../../support/faults.ts';
import { exited, hostWithProgram } from '../../support/host-with-program.ts';

const STATE = '/var/lib/portal-gun/boot-loader';
const CONFIGURATION = '/boot/grub/grub.cfg';
const OCCASION = { startedAt: '2026-11-22T07:00:00.000Z', bootId: 'a-boot' };

const PLAN = {
  title: 't',
  guards: [],
  steps: planFixes([{ kind: 'kernel-argument', argument: 'intel_iommu=on' }], {
    textOf: () => null,
    bootLoader: null,
    isLoaded: () => false,
    persistence: [],
  }),
};
const SETTINGS = '/etc/default/grub.d/zz-portal-gun.cfg';

/** What the program does where all is well. */
function makeConfiguration(files: Map<string, string>): Run {
  files.set(CONFIGURATION, `\tlinux /vmlinuz ro quiet${files.has(SETTINGS) ? ' intel_iommu=on' : ''}\n`);
  return exited(0);
}

describe('making the configuration of the boot loader anew', () => {
  it('is done once it has what it was made for', async () => {
    const host = hostWithProgram(makeConfiguration);
    expect(await applyPlan(PLAN, host, OCCASION)).toMatchObject({ outcome: 'done' });
    expect(host.files.files.get(STATE)).toBe('intel_iommu=on\n');
    expect(host.files.files.get(CONFIGURATION)).toContain('intel_iommu=on');
  });

  it.each([
    [
      'makes one in which another file has the last word',
      (files: Map<string, string>) => {
        files.set(CONFIGURATION, '\tlinux /vmlinuz ro quiet\n');
        return exited(0);
      },
      'update-grub succeeded, but no entry of /boot/grub/grub.cfg has intel_iommu=on: check the other files in /etc/default/grub.d',
    ],
    ['fails', () => exited(1, 'Generating grub configuration file ...\nno space left\n'), 'no space left'],
    ['fails without a word', () => exited(2), 'update-grub exits with 2'],
    ['is not there', (): Run => ({ kind: 'missing' }), 'update-grub is not installed'],
    ['takes too long', (): Run => ({ kind: 'failed', detail: 'did not end' }), 'update-grub did not end'],
  ])('is undone, the file too, where the program %s', async (_, update, problem) => {
    // What it fails at once it does when it is called to undo.
    let calls = 0;
    const host = hostWithProgram((files) => {
      calls += 1;
      return calls === 1 ? update(files) : makeConfiguration(files);
    });
    const report = await applyPlan(PLAN, host, OCCASION);
    expect(report.outcome).toBe('undone');
    expect(report.steps.at(-1)).toMatchObject({ outcome: 'undone', problem });
    expect([...host.files.files]).toEqual([[CONFIGURATION, '\tlinux /vmlinuz ro quiet\n']]);
    expect(calls).toBe(2);
  });

  it('is undone where somebody had taken back by hand what was mended before', async () => {
    const host = hostWithProgram((files) => {
      files.set(CONFIGURATION, '\tlinux /vmlinuz ro quiet\n');
      return exited(0);
    });
    host.files.files.set(STATE, 'intel_iommu=on\n');
    const steps = planFixes([{ kind: 'kernel-argument', argument: 'intel_iommu=on' }], {
      textOf: () => null,
      bootLoader: 'intel_iommu=on',
      isLoaded: () => false,
      persistence: [],
    });
    expect(await applyPlan({ ...PLAN, steps }, host, OCCASION)).toMatchObject({ outcome: 'undone' });
    expect(host.files.files.has(SETTINGS)).toBe(false);
    expect(host.files.files.get(STATE)).toBe('intel_iommu=on\n');
  });

  it('is undone in the next boot as well, and finished there: it is on the disk', async () => {
    for (const recovery of ['undo', 'finish'] as const) {
      const host = hostWithProgram(makeConfiguration);
      const faulty = new FaultyHost(host, new Map([[9, 'kills-after']]));
      await expect(applyPlan(PLAN, faulty.host, OCCASION)).rejects.toThrow(Killed);
      const [left] = await readJournals(host.files);
      if (left === undefined) throw new Error('it left no journal');
      expect(host.files.files.get(STATE)).toBe('stale\n');
      const isUndone = recovery === 'undo';
      const outcome = isUndone ? 'undone' : 'done';
      expect(await recover(left, host, 'another-boot', recovery)).toMatchObject({ outcome });
      expect(host.files.files.has(SETTINGS)).toBe(!isUndone);
      expect(host.files.files.get(STATE)).toBe(isUndone ? undefined : 'intel_iommu=on\n');
      expect(host.files.files.get(CONFIGURATION)?.includes('intel_iommu=on')).toBe(!isUndone);
    }
  });
});
