import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { XMLValidator } from 'fast-xml-parser';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { HOST_RULES } from '../../lib/checks/validation/validation-rules.ts';
import textWidth from '../../lib/render/layout/text-width.ts';
import { buildHost } from '../support/host-builder.ts';
import { hostFile } from '../support/host-file.ts';
import type { HostTree } from '../support/host-tree.ts';
import { BUNDLED_NAMES, fixture, pciInside } from '../support/pci-program.ts';
import { useProgramsIn } from '../support/programs-in.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { AT, goodHost } from '../support/validated-hosts.ts';

const folder = temporaryFolder();
let hosts = 0;

/** Options that read a host on which all is well but for a change. */
function of(change: (tree: HostTree) => void = () => {}): readonly string[] {
  hosts += 1;
  return ['--host', hostFile(folder, `host-${hosts}`, buildHost(goodHost(change))), ...BUNDLED_NAMES];
}

const LACKING_TUN = (tree: HostTree) => tree.remove('/dev/net');
const LACKING_VHOST = (tree: HostTree) => tree.remove('/dev/vhost-net');
const NASTY = '\u001b[31m\u009b2J\u0007\u202e\u007f<&"\']]>';

describe('exit codes', () => {
  it.each([
    ['all is well', () => {}, [], 0],
    ['a check warns', LACKING_VHOST, [], 0],
    ['a check warns, and it is strict', LACKING_VHOST, ['--strict'], 1],
    ['a check fails', LACKING_TUN, [], 1],
    ['a check fails that nobody asked for', LACKING_TUN, ['--for', 'passthrough'], 0],
    ['what was asked for fails', LACKING_TUN, ['--for', 'passthrough', '--for', 'machines'], 1],
  ] as const)('%s', async (_, change, options, exitCode) => {
    // A snapshot tells nothing of machines, and of what outlives a boot; that is no failure unless it is strict.
    const told = (tree: HostTree) => {
      change(tree);
      tree.directory('/etc/portal-gun');
    };
    expect(await pciInside(['validate', ...options, ...of(told)])).toMatchObject({ exitCode, stderr: '' });
  });

  it.each([
    [['--for', 'gaming'], 2, 'use one of passthrough, sriov'],
    [['--format', 'junit', '--json'], 2, 'cannot be used with --format junit'],
    [['--machine', 'a'], 2, 'a snapshot contains no VMs'],
    [['1f:1f.7'], 3, 'DEVICE_NOT_FOUND'],
    [['driver=nobody'], 3, 'DEVICE_NOT_FOUND'],
  ] as const)('%j is refused', async (options, exitCode, message) => {
    const outcome = await pciInside(['validate', ...options, ...of()]);
    expect(outcome.exitCode).toBe(exitCode);
    expect(outcome.stdout + outcome.stderr).toContain(message);
  });
});

describe('a named device', () => {
  it.each([
    ['firmware-regions', 'direct-region', ['00:1f.6'], 'warn'],
    ['firmware-regions', 'direct-region', ['00:14.0'], 'pass'],
    ['firmware-regions', 'direct-region', [], 'warn'],
    ['reset', 'amd-iommu', ['00:00.2'], 'apart'],
    ['reset', 'lab-virtio', ['00:02.0'], 'note'],
    ['reset', 'lab-virtio', [], 'note'],
  ] as const)('%s on %s with %j', async (id, host, named, outcome) => {
    const { stdout } = await pciInside(['validate', ...named, '--json', '--host', fixture(host)]);
    const { results } = JSON.parse(stdout) as { results: readonly { rule: string; outcome: string }[] };
    expect(results.find(({ rule }) => rule === id)).toMatchObject({ outcome });
    expect(results.find(({ rule }) => rule === 'iommu-in-effect')).toMatchObject({ outcome: 'pass' });
  });
});

describe('text', () => {
  it('says what to do on the distribution of the host', async () => {
    const systems = {
      debian: 'update-grub',
      fedora: 'grubby',
      arch: 'grub-mkconfig',
      opensuse: 'grub2-mkconfig',
      gentoo: 'boot loader settings',
    };
    for (const [id, words] of Object.entries(systems)) {
      const { functions = [] } = goodHost();
      const spec = goodHost(
        (tree) => {
          tree.remove('/etc/os-release');
          tree.attribute('/etc/os-release', `ID=${id}`);
        },
        { functions: functions.map(({ group: _, sriov: __, ...each }) => each), commandLine: 'ro' },
      );
      const file = hostFile(folder, `system-${id}`, buildHost(spec));
      const { stdout } = await pciInside(['validate', '--host', file]);
      expect(stdout).toContain('FAIL  iommu-in-effect');
      expect(stdout).toContain(words);
    }
  });

  it('hides what passes, and shows it with --all', async () => {
    const [few, all] = [
      await pciInside(['validate', ...of()]),
      await pciInside(['validate', '--all', ...of()]),
    ];
    expect(few.stdout).toMatch(/^PASS \d+ {3}NOTE \d+(?: {3}\? \d+)? {4}this host supports: passthrough\n/);
    expect(few.stdout).not.toContain('PASS  kvm-device');
    for (const { id } of HOST_RULES) expect(all.stdout).toContain(`  ${id} `);
  });

  it('has no empty lines but between its parts, on a narrow terminal too', async () => {
    const options = of(LACKING_TUN);
    for (const columns of [40, 80]) {
      const { stdout } = await pciInside(['validate', ...options], columns);
      expect(stdout.match(/\n\n/g)).toHaveLength(2);
    }
  });

  it('of hostile text fits, and has nothing that a terminal acts on', async () => {
    const hostile = of((tree) => {
      for (const path of ['/etc/os-release', '/etc/passwd', '/dev/kvm', '/sys/kernel/security/lockdown'])
        tree.remove(path);
      tree.attribute('/etc/os-release', `ID=${NASTY}`);
      tree.attribute('/sys/kernel/security/lockdown', `none [integrity${NASTY}]`);
      tree.text('/etc/libvirt/qemu.conf.d', NASTY);
      tree.text('/etc/modprobe.d/x.conf', `blacklist vfio-pci ${NASTY}\n`);
      tree.text('/etc/passwd', `qemu:${NASTY}:1:1:${NASTY}\n`);
      tree.text(
        `/usr/share/qemu/firmware/1${NASTY.replaceAll('/', '')}.json`,
        `{"interface-types":["uefi"],"mapping":{"filename":"/${NASTY}"}}`,
      );
    });
    for (const options of [[], ['--all'], ['--json'], ['--format', 'junit'], [AT.graphics]]) {
      for (const columns of [40, 60, 120]) {
        const { stdout, stderr } = await pciInside(['validate', ...options, ...hostile], columns);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for them
        expect(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/.exec(stdout + stderr)).toBeNull();
        if (!options.includes('--json') && !options.includes('junit')) {
          expect(stdout.split('\n').filter((line) => textWidth(line) > columns)).toEqual([]);
        }
      }
    }
  });
});

describe('JUnit', () => {
  const junit = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await pciInside(['validate', '--format', 'junit', ...args]);
    expect(XMLValidator.validate(stdout)).toBe(true);
    return stdout;
  };
  const amountOf = (text: string, what: RegExp): number => [...text.matchAll(what)].length;

  it.each(['gpu-desktop', 'hostile-names', 'lab-intel', 'no-pci'])(
    'of %s counts what is in it',
    async (name) => {
      const text = await junit('--host', fixture(name));
      const [, tests, failures, errors, skipped] =
        /<testsuites [^>]*tests="(\d+)" failures="(\d+)" errors="(\d+)" skipped="(\d+)"/.exec(text) ?? [];
      expect(Number(tests)).toBe(HOST_RULES.length);
      expect(Number(tests)).toBe(amountOf(text, /<testcase /g));
      expect(Number(failures)).toBe(amountOf(text, /<failure /g));
      expect(Number(skipped)).toBe(amountOf(text, /<skipped /g));
      expect(errors).toBe('0');
    },
  );

  it('has a suite for the host, and one for each device', async () => {
    const text = await junit(AT.graphics, AT.drive, ...of());
    expect([...text.matchAll(/<testsuite name="([^"]+)"/g)].map(([, name]) => name)).toEqual([
      'host',
      `device ${AT.graphics}`,
      `device ${AT.drive}`,
    ]);
  });

  it('has warnings, and what can not be told, as failures where it is strict', async () => {
    const options = of((tree) => {
      LACKING_VHOST(tree);
      tree.deny('/etc/libvirt/qemu.conf');
    });
    const failing = (text: string) =>
      [...text.matchAll(/name="([a-z-]+)" time="0">\s*<failure /g)].map(([, name]) => name);
    expect(failing(await junit(...options))).toEqual([]);
    expect(failing(await junit('--strict', ...options))).toEqual(
      expect.arrayContaining(['vhost-net', 'security-driver']),
    );
  });
});

describe('the machine that it runs on', () => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  // Of the test's own making: what the real one says is tried in the lab.
  useProgramsIn(() => bin, { only: true });
  afterEach(() => vi.unstubAllEnvs());

  const judged = () => pciInside(['validate', '--json', '--for', 'machines']);
  const said = (script: string) => {
    writeFileSync(join(bin, 'virt-host-validate'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return judged();
  };

  it('is judged where there is no virt-host-validate', async () => {
    const { stdout, exitCode } = await judged();
    expect([0, 1]).toContain(exitCode);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'portal-gun/validation/v1', virtHostValidate: null });
  });

  it('is judged without a libvirt, and beside what virt-host-validate reports', async () => {
    const { stdout, exitCode } = await said(
      `echo "  QEMU: Checking if device '/dev/kvm' exists : PASS"; echo "  QEMU: Checking for moonlight : FAIL (it is day)"; exit 1`,
    );
    expect([0, 1]).toContain(exitCode);
    const { results } = JSON.parse(stdout) as {
      results: { rule: string; virtHostValidate: object | null }[];
    };
    expect(results.find(({ rule }) => rule === 'kvm-device')?.virtHostValidate).toMatchObject({
      word: 'PASS',
    });
  });

  it('is judged where that fails as well', async () => {
    const { stdout, exitCode } = await said('kill -9 $$');
    expect([0, 1]).toContain(exitCode);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'portal-gun/validation/v1', virtHostValidate: null });
  });

  it('is judged by itself where the environment names the libvirt of another, which can be asked for', async () => {
    vi.stubEnv('LIBVIRT_DEFAULT_URI', 'qemu+ssh://root@galaxy/system');
    const { stdout, exitCode } = await judged();
    expect([0, 1]).toContain(exitCode);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'portal-gun/validation/v1' });
    const named = await pciInside(['validate', '--machine', 'router0']);
    expect(named).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('LIBVIRT_DEFAULT_URI') });
  });
});
