import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { Fix } from '../../../lib/checks/validation/fix.ts';
import { STALE } from '../../../lib/plan/change-states.ts';
import { givesArguments } from '../../../lib/plan/fixes/grub-configuration.ts';
import { type FixState, type FixStep, planFixes } from '../../../lib/plan/fixes/plan-fixes.ts';
import { FIX_PATHS } from '../../../lib/sysfs/paths.ts';

const IOMMU: Fix = { kind: 'kernel-argument', argument: 'intel_iommu=on' };
const INTERRUPTS: Fix = { kind: 'kernel-argument', argument: 'intremap=on' };
const VHOST: Fix = { kind: 'load-module', module: 'vhost_net' };
const TUN: Fix = { kind: 'load-module', module: 'tun' };
const NESTED: Fix = { kind: 'module-option', module: 'kvm_intel', option: 'nested=1' };
const LIMIT: Fix = { kind: 'lock-limit', user: 'maria', sizeBytes: 3 * 2 ** 30 };
const ALL = [IOMMU, INTERRUPTS, VHOST, TUN, NESTED, LIMIT];

const NOTHING: FixState = {
  textOf: () => null,
  bootLoader: null,
  isLoaded: () => false,
  persistence: [],
};

/** A host after steps. */
function hostAfter(steps: readonly FixStep[], before: FixState = NOTHING): FixState {
  const files = new Map<string, string | null>();
  const loaded = new Set<string>();
  let bootLoader = before.bootLoader;
  for (const { change } of steps) {
    if (change.kind === 'file') {
      expect(before.textOf(change.path)).toBe(change.from);
      files.set(change.path, change.to);
    } else if (change.kind === 'module') loaded.add(change.module);
    else if (change.kind === 'boot-loader') {
      expect(change.from).toBe(bootLoader);
      bootLoader = change.to;
    }
  }
  return {
    ...before,
    textOf: (path) => files.get(path) ?? before.textOf(path),
    isLoaded: (module) => loaded.has(module) || before.isLoaded(module),
    bootLoader,
  };
}

const wordsOf = (steps: readonly FixStep[]) => steps.map(({ words }) => words);

describe('the steps of fixes', () => {
  it('load modules, write files, and make the configuration of the boot loader anew around its file', () => {
    const steps = planFixes(ALL, NOTHING);
    expect(wordsOf(steps)).toEqual([
      'load vhost_net',
      'load tun',
      'write /etc/modules-load.d/portal-gun.conf: vhost_net at each boot, tun at each boot',
      'write /etc/modprobe.d/portal-gun.conf: nested=1 for kvm_intel',
      'write /etc/security/limits.d/portal-gun.conf: how much memory maria may lock',
      'mark the GRUB configuration as stale',
      'write /etc/default/grub.d/zz-portal-gun.cfg: intel_iommu=on for the kernel, intremap=on for the kernel',
      'regenerate the GRUB configuration with update-grub, with intel_iommu=on intremap=on',
    ]);
    expect(steps.map(({ fixes }) => fixes)).toEqual([
      [VHOST],
      [TUN],
      [VHOST, TUN],
      [NESTED],
      [LIMIT],
      [IOMMU, INTERRUPTS],
      [IOMMU, INTERRUPTS],
      [IOMMU, INTERRUPTS],
    ]);
    const { textOf } = hostAfter(steps);
    expect(textOf(FIX_PATHS.loadedModules)).toMatch(
      /^# Made by pci validate --fix.*\n#.*\nvhost_net\ntun\n$/,
    );
    expect(textOf(FIX_PATHS.moduleOptions)).toMatch(/\noptions kvm_intel nested=1\n$/);
    expect(textOf(FIX_PATHS.limits)).toMatch(/\nmaria - memlock 3145728\n$/);
  });

  it('are none where all of it is done, and take no line twice', () => {
    const done = hostAfter(planFixes(ALL, NOTHING));
    expect(planFixes(ALL, done)).toEqual([]);
    expect(planFixes([VHOST, VHOST], NOTHING).at(-1)?.change).toMatchObject({
      to: expect.stringMatching(/\nvhost_net\n$/),
    });
  });

  it('add to what is there, whatever it is, and lose nothing of it', () => {
    const first = hostAfter(planFixes([IOMMU, VHOST], NOTHING));
    const own = `${first.textOf(FIX_PATHS.loadedModules)}# a person's word\nloop`;
    const edited = {
      ...first,
      textOf: (path: string) => (path === FIX_PATHS.loadedModules ? own : first.textOf(path)),
    };
    const steps = planFixes([INTERRUPTS, TUN], edited);
    expect(wordsOf(steps)).toEqual([
      'load tun',
      'add to /etc/modules-load.d/portal-gun.conf: tun at each boot',
      'mark the GRUB configuration as stale',
      'add to /etc/default/grub.d/zz-portal-gun.cfg: intremap=on for the kernel',
      'regenerate the GRUB configuration with update-grub, with intel_iommu=on intremap=on',
    ]);
    expect(hostAfter(steps, edited).textOf(FIX_PATHS.loadedModules)).toBe(`${own}\ntun\n`);
  });

  it('raise a limit, and lower none', () => {
    const limit = (gib: number): Fix => ({ kind: 'lock-limit', user: 'maria', sizeBytes: gib * 2 ** 30 });
    const limits = (state: FixState) => state.textOf(FIX_PATHS.limits)?.match(/memlock .*/g);
    expect(limits(hostAfter(planFixes([limit(3), limit(2)], NOTHING)))).toEqual(['memlock 3145728']);
    const low = hostAfter(planFixes([limit(1)], NOTHING));
    expect(limits(hostAfter(planFixes([limit(2)], low), low))).toEqual([
      'memlock 1048576',
      'memlock 2097152',
    ]);
    expect(planFixes([limit(1)], hostAfter(planFixes([limit(2)], low), low))).toEqual([]);
  });

  it('make the configuration anew where that was begun, or is not known to have been done', () => {
    const done = hostAfter(planFixes([IOMMU], NOTHING));
    const last = { kind: 'boot-loader', from: STALE, to: 'intel_iommu=on' };
    expect(planFixes([IOMMU], { ...done, bootLoader: STALE }).map(({ change }) => change)).toEqual([last]);
    expect(planFixes([IOMMU], { ...done, bootLoader: null }).map(({ change }) => change)).toEqual([
      { kind: 'boot-loader', from: null, to: STALE },
      last,
    ]);
  });

  it.each([
    ['the boot loader', FIX_PATHS.bootLoader, IOMMU],
    ['modules', FIX_PATHS.loadedModules, VHOST],
    ['options', FIX_PATHS.moduleOptions, NESTED],
  ])('replace no file for %s that somebody else made', (_, path, fix) => {
    for (const text of ['', 'options kvm_intel nested=0\n', '# Made by pci\n']) {
      const state = { ...NOTHING, textOf: (each: string) => (each === path ? text : null) };
      expect(() => planFixes([fix], state)).toThrow(
        expect.objectContaining({ code: 'NOT_OURS', subject: path }),
      );
    }
  });
});

describe('the settings of the boot loader', () => {
  it('come after what stands there, for ordinary starts, once the shell has read them', () => {
    const { textOf } = hostAfter(planFixes([IOMMU, INTERRUPTS], NOTHING));
    const script = `GRUB_CMDLINE_LINUX=recovery GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=off"
${textOf(FIX_PATHS.bootLoader)}
echo "$GRUB_CMDLINE_LINUX|$GRUB_CMDLINE_LINUX_DEFAULT"`;
    expect(execFileSync('sh', ['-euc', script], { encoding: 'utf8' })).toBe(
      'recovery|quiet intel_iommu=off intel_iommu=on intremap=on\n',
    );
  });
});

describe('what GRUB starts', () => {
  const entry = (...words: readonly string[]) =>
    `menuentry 'Debian' {\n\tlinux\t/boot/vmlinuz root=UUID=1 ro ${words.join(' ')}\n\tinitrd /boot/initrd.img\n}\n`;

  it.each([
    [true, ['quiet', 'intel_iommu=on'], ['intel_iommu=on']],
    [true, ['intel_iommu=on', 'intremap=on'], ['intremap=on', 'intel_iommu=on']],
    [false, ['intel_iommu=on'], ['intel_iommu=on', 'intremap=on']],
    [false, ['intel_iommu=on,sm_on'], ['intel_iommu=on']],
    [false, ['xintel_iommu=on'], ['intel_iommu=on']],
  ] as const)('%s: %j has %j', (isGiven, words, wanted) => {
    expect(givesArguments(entry('quiet') + entry(...words), wanted)).toBe(isGiven);
  });

  it('is not what another command is given', () => {
    expect(
      givesArguments('\tmultiboot2 /boot/xen intel_iommu=on\n# linux / intel_iommu=on\n', ['intel_iommu=on']),
    ).toBe(false);
  });
});
