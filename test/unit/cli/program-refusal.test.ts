import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test, vi } from 'vitest';
import { livePorts } from '../../../lib/host/live/live-ports.ts';
import { programTrust } from '../../../lib/host/program-trust.ts';
import { refuseWritableProgram } from '../../../lib/operations/change/program-refusal.ts';
import type { Change } from '../../../lib/plan/change.ts';
import { whySkipped } from '../../support/skipping.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const isRoot = process.geteuid?.() === 0;

/** A program that only root can write. */
function program(name: string): string {
  const bin = join(folder, name, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const each of [join(folder, name), bin]) chmodSync(each, 0o755);
  for (const file of ['pci.js', 'chunk.js']) {
    writeFileSync(join(bin, file), '');
    chmodSync(join(bin, file), 0o755);
  }
  return join(bin, 'pci.js');
}

describe.runIf(isRoot)(
  `a program that root would run later${whySkipped(isRoot, 'run by an ordinary user')}`,
  () => {
    it('is trusted where only root can write it', () => {
      chmodSync(folder, 0o755);
      expect(programTrust.problemOf(['/bin/sh', program('good')])).toBe(null);
    });

    it.each([
      ['its file', 'pci.js', 0o757],
      ['a file beside it', 'chunk.js', 0o775],
      ['its folder', '.', 0o775],
      ['its folder, also if that is sticky', '.', 0o1777],
      ['a folder above', '..', 0o777],
    ])('is not where others can write %s', (name, at, mode) => {
      const file = program(name);
      const path = join(file, '..', at);
      chmodSync(path, mode);
      expect(programTrust.problemOf(['/bin/sh', file])).toEqual({
        path,
        what: `is writable by users other than root (mode ${mode.toString(8)})`,
      });
      // The interpreter as well.
      expect(programTrust.problemOf([program(`${name} 2`), '/bin/sh'])).toBe(null);
    });

    it('is trusted below a folder that is sticky', () => {
      const file = program('sticky');
      chmodSync(join(file, '../..'), 0o1777);
      expect(programTrust.problemOf(['/bin/sh', file])).toBe(null);
    });

    it('is not where somebody else owns it', () => {
      const file = program('owned');
      chownSync(join(file, '..'), 65534, 65534);
      expect(programTrust.problemOf(['/bin/sh', file])?.what).toBe(
        'belongs to user 65534, who can change it',
      );
    });
  },
);

test('a plan that has root run such a program later is refused by name, and no other plan', () => {
  const trust = vi
    .spyOn(programTrust, 'problemOf')
    .mockReturnValue({ path: '/home/a/pci.js', what: 'belongs to user 1000, who can change it' });
  const planOf = (path: string, to: string | null) => {
    const change: Change = { kind: 'file', path, from: null, to };
    return { title: 't', guards: [], steps: [{ words: 'w', change }] };
  };
  const refusal = (path: string, to: string | null, isWatched = false, allowed: readonly string[] = []) => {
    try {
      refuseWritableProgram(livePorts().user, planOf(path, to), isWatched, new Set(allowed));
      return null;
    } catch (error) {
      return error;
    }
  };
  const unit = '/etc/systemd/system/portal-gun.service';
  const hook = '/etc/libvirt/hooks/qemu.d/portal-gun';
  try {
    expect(refusal(unit, 'a')).toMatchObject({
      code: 'CANNOT_PERSIST',
      subject: '/home/a/pci.js',
      message:
        'belongs to user 1000, who can change it, and root would run it at each boot (program-writable)',
      hint: expect.stringContaining('--allow program-writable'),
    });
    expect(refusal(hook, 'a')).toMatchObject({ code: 'CANNOT_GUARD' });
    expect(refusal('/run/portal-gun/a', 'a', true)).toMatchObject({ code: 'WATCHDOG_FAILED' });
    expect(refusal(unit, null)).toBe(null);
    expect(refusal('/run/portal-gun/a', 'a')).toBe(null);
    expect(refusal(unit, 'a', true, ['program-writable'])).toBe(null);
  } finally {
    trust.mockRestore();
  }
});
