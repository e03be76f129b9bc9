import { describe, expect, it } from 'vitest';
import { UNREAD } from '../../../lib/base/known.ts';
import { awaitedBy, type Fix, obstacleTo } from '../../../lib/checks/validation/fix.ts';
import { chooseFixes, fixesOf } from '../../../lib/checks/validation/fixes.ts';
import { fixRemedy } from '../../../lib/checks/validation/remedies.ts';
import { type Asked, validateHost } from '../../../lib/checks/validation/validate.ts';
import type { ValidatedHost } from '../../../lib/checks/validation/validated-host.ts';
import type { Purpose } from '../../../lib/checks/validation/validation-rule.ts';
import type { BootLoader } from '../../../lib/facts/host-facts.ts';
import type { HostSpec } from '../../support/host-spec.ts';
import type { HostTree } from '../../support/host-tree.ts';
import {
  AT,
  goodFunctions,
  goodHost,
  machineWith,
  neededDevice,
  putStatus,
  readValidated,
} from '../../support/validated-hosts.ts';

const IOMMU: Fix = { kind: 'kernel-argument', argument: 'intel_iommu=on' };
const asked = (...purposes: readonly Purpose[]): Asked => ({ purposes, devices: [], machine: null });

function hostWith(
  change: (tree: HostTree) => void = () => {},
  spec: Partial<HostSpec> = {},
  more: Partial<ValidatedHost> = {},
): ValidatedHost {
  return readValidated(goodHost(change, spec), more);
}

/** What a rule would have done about a host. */
function fixOf(rule: string, host: ValidatedHost, purpose: Purpose = 'machines'): Fix | null {
  const result = validateHost(host, asked(purpose, 'passthrough')).find((each) => each.rule.id === rule);
  expect(result?.verdict.kind).toBe('violated');
  return result?.verdict.kind === 'violated' ? result.verdict.fix : null;
}

const withoutIommu = (words: string): Partial<HostSpec> => ({
  functions: goodFunctions().map(({ group: _, sriov: __, ...each }) => each),
  commandLine: `BOOT_IMAGE=/boot/vmlinuz root=/dev/vda1 ro ${words}`,
});

describe('the IOMMU is switched on', () => {
  const ofWords = (words: string, change?: (tree: HostTree) => void) =>
    fixOf('iommu-in-effect', hostWith(change, withoutIommu(words)));

  it.each([
    ['', IOMMU],
    ['intel_iommu=off', IOMMU],
    ['intel_iommu=on intel_iommu=off', IOMMU],
    ['intel_iommu=sm_on,off', IOMMU],
    // It was told, and there is none all the same.
    ['intel_iommu=on', null],
    ['intel_iommu=off intel_iommu=on', null],
    // Nothing takes it back.
    ['iommu=off', null],
    ['intel_iommu=off iommu=pt,off', null],
  ])('where the kernel is told "%s": %j', (words, fix) => {
    expect(ofWords(words)).toEqual(fix);
  });

  it('where the firmware has one of that kind, and the kernel is made for it', () => {
    expect(ofWords('', (tree) => tree.remove('/sys/firmware/acpi/tables/DMAR'))).toBeNull();
    const config = '/boot/config-6.12.9-amd64';
    const unable = (tree: HostTree) => {
      tree.remove(config);
      tree.text(config, 'CONFIG_PCI_IOV=y\n');
    };
    expect(ofWords('', unable)).toBeNull();
    expect(ofWords('', (tree) => tree.remove(config))).toEqual(IOMMU);
  });

  it('for a machine with devices too', () => {
    const host = hostWith(undefined, withoutIommu(''));
    const machine = machineWith({ devices: [neededDevice(AT.network)] });
    const results = validateHost(host, { ...asked('passthrough'), machine });
    const result = results.find(({ rule }) => rule.id === 'machine-devices');
    expect(result?.verdict).toMatchObject({ kind: 'violated', fix: IOMMU });
  });
});

describe('interrupt remapping is switched on', () => {
  const REMAPPING: Fix = { kind: 'kernel-argument', argument: 'intremap=on' };
  it.each([
    ['nointremap', REMAPPING],
    ['intremap=off', REMAPPING],
    ['intremap=on,off', REMAPPING],
    ['intremap=on nointremap', REMAPPING],
    ['', null],
    ['intremap=nosid', null],
    ['intremap=off intremap=on', null],
  ])('where the kernel is told "%s": %j', (words, fix) => {
    const without = (tree: HostTree) => {
      for (const number of [0, 1]) tree.remove(`/sys/kernel/irq/${number}`);
    };
    const host = hostWith(without, { commandLine: `ro intel_iommu=on ${words}` });
    expect(fixOf('interrupt-remapping', host)).toEqual(fix);
  });
});

describe('modules', () => {
  const LACKING: Readonly<Record<string, readonly string[]>> = {
    'kvm-device': ['/dev/kvm', '/sys/module/kvm_intel'],
    'vhost-net': ['/dev/vhost-net'],
    tun: ['/dev/net'],
  };
  const MODULES: Readonly<Record<string, string>> = {
    'kvm-device': 'kvm_intel',
    'vhost-net': 'vhost_net',
    tun: 'tun',
  };

  it.each(Object.keys(LACKING))(
    'of %s are loaded, where the kernel has them and nobody keeps them back',
    (rule) => {
      const module = MODULES[rule] ?? '';
      const lacking = (more: (tree: HostTree) => void) => (tree: HostTree) => {
        for (const path of LACKING[rule] ?? []) tree.remove(path);
        more(tree);
      };
      const fix = (more: (tree: HostTree) => void) => fixOf(rule, hostWith(lacking(more)));
      expect(fix(() => {})).toEqual({ kind: 'load-module', module });
      expect(fix((tree) => tree.remove('/lib/modules/6.12.9-amd64/modules.dep'))).toBeNull();
      expect(fix((tree) => tree.directory(`/sys/module/${module}`))).toBeNull();
      for (const line of [`blacklist ${module}`, `install ${module} /bin/false`]) {
        const kept = (tree: HostTree) => tree.text('/etc/modprobe.d/own.conf', `${line}\n`);
        expect(fix(kept)).toBeNull();
        const results = validateHost(hostWith(lacking(kept)), asked('machines'));
        expect(results.find((each) => each.rule.id === rule)?.verdict).toMatchObject({
          remedy: expect.stringContaining(
            `remove it, and modprobe ${module}: /etc/modprobe.d/own.conf: ${line}`,
          ),
        });
      }
    },
  );

  it('that a machine needs are loaded for it as well', () => {
    const host = hostWith((tree) => {
      for (const path of LACKING['kvm-device'] ?? []) tree.remove(path);
    });
    const results = validateHost(host, { ...asked('machines'), machine: machineWith() });
    expect(results.find(({ rule }) => rule.id === 'machine-type')?.verdict).toMatchObject({
      fix: { kind: 'load-module', module: 'kvm_intel' },
    });
  });

  it('get an option, or an argument of the kernel where they are part of it', () => {
    const off = (tree: HostTree) => {
      tree.remove('/sys/module/kvm_intel/parameters/nested');
      tree.attribute('/sys/module/kvm_intel/parameters/nested', 'N');
    };
    expect(fixOf('nested', hostWith(off), 'nested')).toEqual({
      kind: 'module-option',
      module: 'kvm_intel',
      option: 'nested=1',
    });
    const builtIn = (tree: HostTree) => {
      off(tree);
      tree.remove('/lib/modules/6.12.9-amd64/modules.builtin');
      tree.text('/lib/modules/6.12.9-amd64/modules.builtin', 'kernel/arch/x86/kvm/kvm-intel.ko\n');
    };
    expect(fixOf('nested', hostWith(builtIn), 'nested')).toEqual({
      kind: 'kernel-argument',
      argument: 'kvm_intel.nested=1',
    });
  });
});

describe('what the machines of an ordinary user may lock', () => {
  const verdictOf = (session: ValidatedHost['session'], bytes?: number) => {
    const host = hostWith(undefined, {}, { session });
    const machine = machineWith(bytes === undefined ? {} : { memoryBytes: bytes });
    const results = validateHost(host, { ...asked('machines'), machine });
    return results.find(({ rule }) => rule.id === 'machine-memlock')?.verdict;
  };

  it('is what that user may, and can be raised', () => {
    expect(verdictOf({ user: 'maria', lockLimitBytes: 8 * 2 ** 20 })).toMatchObject({
      kind: 'violated',
      message: 'needs 3 GiB locked, and maria may lock 8 MiB',
      remedy: 'write "maria - memlock 3145728" to a file in /etc/security/limits.d, and log in again',
      fix: { kind: 'lock-limit', user: 'maria', sizeBytes: 3 * 2 ** 30 },
    });
    // Whole KiB, and never fewer.
    expect(verdictOf({ user: 'maria', lockLimitBytes: 0 }, 2 ** 31 + 1)).toMatchObject({
      fix: { sizeBytes: 3 * 2 ** 30 + 1024 },
    });
  });

  it('is enough, or not known, or not to be raised for a name that makes no sense in a file', () => {
    for (const lockLimitBytes of [null, 3 * 2 ** 30]) {
      expect(verdictOf({ user: 'maria', lockLimitBytes })).toMatchObject({ kind: 'holds' });
    }
    expect(verdictOf({ user: 'maria', lockLimitBytes: UNREAD })).toMatchObject({ kind: 'unknown' });
    for (const user of ['a b', '*', '@all', '-', 'a\nroot']) {
      expect(verdictOf({ user, lockLimitBytes: 0 })).toMatchObject({ kind: 'violated', fix: null });
    }
  });
});

describe('the boot loader of a host', () => {
  const loaderWith = (change: (tree: HostTree) => void, spec?: Partial<HostSpec>) =>
    hostWith(change, spec).facts.bootLoader;
  const systemdBoot = (name: string) => (tree: HostTree) =>
    tree.bytes(
      '/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-442b29bb8c4f',
      Buffer.concat([Buffer.from([6, 0, 0, 0]), Buffer.from(`${name}\0`, 'utf16le')]),
    );

  it.each([
    ['GRUB as Debian has it', () => {}, 'update-grub'],
    ['one that names itself', systemdBoot('systemd-boot 257.8-1'), 'systemd-boot'],
    ['GRUB that names itself', systemdBoot('GRUB 2.12'), 'update-grub'],
    [
      'that of Proxmox',
      (tree: HostTree) => putStatus(tree, '/etc/kernel/proxmox-boot-uuids', { kind: 'file' }),
      'proxmox-boot-tool',
    ],
    [
      'that of ostree',
      (tree: HostTree) => putStatus(tree, '/run/ostree-booted', { kind: 'file' }),
      'rpm-ostree',
    ],
    ['that of Fedora', (tree: HostTree) => putStatus(tree, '/usr/sbin/grubby', { kind: 'file' }), 'grubby'],
    ['GRUB without update-grub', (tree: HostTree) => tree.remove('/usr/sbin/update-grub'), 'other'],
    ['GRUB without settings', (tree: HostTree) => tree.remove('/etc/default/grub'), 'other'],
    ['GRUB that was never set up', (tree: HostTree) => tree.remove('/boot/grub/grub.cfg'), 'other'],
    [
      'GRUB that reads no folder of settings',
      (tree: HostTree) => {
        tree.remove('/usr/sbin/grub-mkconfig');
        tree.text('/usr/sbin/grub-mkconfig', '#!/bin/sh\nfor x in a b; do\n');
      },
      'other',
    ],
  ] as const)('is told: %s', (_, change, loader) => {
    expect(loaderWith(change)).toBe(loader);
  });

  it('is not GRUB because that is installed: it has to have started the kernel', () => {
    expect(loaderWith(() => {}, { commandLine: 'initrd=\\initrd root=/dev/vda1 ro' })).toBe('other');
  });

  it('is not known where something of it could not be read', () => {
    expect(loaderWith((tree) => tree.deny('/usr/sbin/grub-mkconfig'))).toEqual({ unknown: 'denied' });
  });

  it.each([
    ['update-grub', null, 'run update-grub'],
    ['grubby', 'grubby sets the', 'grubby --update-kernel=ALL --args=intel_iommu=on'],
    ['rpm-ostree', 'rpm-ostree sets the', 'rpm-ostree kargs --append-if-missing=intel_iommu=on'],
    ['proxmox-boot-tool', 'proxmox-boot-tool sets the', 'run proxmox-boot-tool refresh'],
    ['systemd-boot', 'systemd-boot sets the', 'bootctl list'],
    ['other', 'it is uncertain', 'run update-grub'],
    [null, 'it is uncertain', 'run update-grub'],
  ] as const)('%s is one that we set arguments by, or a person is told how', (loader, obstacle, remedy) => {
    const facts = {
      bootLoader: (loader ?? UNREAD) as BootLoader,
      distribution: { id: 'debian', like: [], title: 'Debian' },
    };
    const told = obstacleTo(IOMMU, facts);
    if (obstacle === null) expect(told).toBeNull();
    else expect(told).toContain(obstacle);
    expect(fixRemedy(IOMMU, facts)).toContain(remedy);
    // Files and modules are everywhere the same.
    expect(obstacleTo({ kind: 'load-module', module: 'tun' }, facts)).toBeNull();
  });
});

describe('what is mended', () => {
  const change = (tree: HostTree) => {
    for (const path of ['/dev/vhost-net', '/dev/net', '/usr/bin/qemu-system-x86_64']) tree.remove(path);
    tree.deny('/etc/libvirt/qemu.conf');
  };
  const host = hostWith(change, withoutIommu(''), { persistence: ['write a file'] });
  const results = validateHost(host, asked('passthrough', 'machines'));
  const idsOf = (some: readonly { result: { rule: { id: string } } }[]) =>
    some.map(({ result }) => result.rule.id);

  it('is what fails and has a fix; what only warns is left alone', () => {
    const fixes = chooseFixes(results, false, host.facts);
    expect(idsOf(fixes.chosen)).toEqual(['tun', 'iommu-in-effect']);
    expect(idsOf(fixes.manual)).toEqual(['qemu']);
    expect(fixes.unasked).toBe(2);
    expect(fixesOf(fixes).map(awaitedBy)).toEqual([null, 'restart']);
  });

  it('is also what warns where it is strict, and what can not be told is left', () => {
    const fixes = chooseFixes(results, true, host.facts);
    expect(idsOf(fixes.chosen)).toEqual(['vhost-net', 'tun', 'iommu-in-effect', 'persisted']);
    expect(idsOf(fixes.manual)).toEqual(expect.arrayContaining(['qemu', 'security-driver']));
    expect(fixes.unasked).toBe(0);
  });

  it('is left to a person where the boot loader is another', () => {
    const fixes = chooseFixes(results, false, { ...host.facts, bootLoader: 'systemd-boot' });
    expect(idsOf(fixes.chosen)).toEqual(['tun']);
    expect(fixes.manual.map(({ obstacle }) => obstacle)).toEqual([
      'systemd-boot sets the kernel command line here',
      null,
    ]);
  });

  it('is told once for several that need the same', () => {
    const machine = machineWith({ devices: [neededDevice(AT.network)] });
    const both = validateHost(host, { ...asked('passthrough'), machine });
    const fixes = chooseFixes(both, false, host.facts);
    expect(idsOf(fixes.chosen)).toEqual(['iommu-in-effect', 'machine-devices']);
    expect(fixesOf(fixes)).toEqual([IOMMU]);
  });
});
