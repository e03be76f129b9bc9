import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import textWidth from '../../lib/render/layout/text-width.ts';
import { buildHost } from '../support/host-builder.ts';
import { hostFile } from '../support/host-file.ts';
import type { HostTree } from '../support/host-tree.ts';
import { BINDING_FILES, type FileStep, filesAfter, hostsWithFiles } from '../support/hosts-with-files.ts';
import { validatorOf } from '../support/json-schemas.ts';
import { BUNDLED_NAMES, pciInside } from '../support/pci-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { goodFunctions, goodHost, putStatus } from '../support/validated-hosts.ts';

const folder = temporaryFolder();
let hosts = 0;

const SETTINGS = '/etc/default/grub.d/zz-portal-gun.cfg';
const MODULES = '/etc/modules-load.d/portal-gun.conf';
const STATE = '/var/lib/portal-gun/boot-loader';

/** Options that read a Debian that lacks an IOMMU and `/dev/net/tun`, but for a change. */
function of(change: (tree: HostTree) => void = () => {}): readonly string[] {
  hosts += 1;
  const lacking = (tree: HostTree) => {
    tree.remove('/dev/net');
    for (const empty of [
      '/etc/default/grub.d',
      '/etc/modules-load.d',
      '/etc/security/limits.d',
      '/var/lib/portal-gun',
    ])
      tree.directory(empty);
    change(tree);
  };
  const spec = goodHost(lacking, {
    functions: goodFunctions().map(({ group: _, sriov: __, ...each }) => each),
    commandLine: 'BOOT_IMAGE=/boot/vmlinuz root=/dev/vda1 ro',
  });
  return ['--host', hostFile(folder, `host-${hosts}`, buildHost(spec)), ...BUNDLED_NAMES];
}

const fix = (...args: readonly string[]) => pciInside(['validate', '--fix', ...args]);
const dryRun = (...args: readonly string[]) => fix('--dry-run', ...args);

interface PlanDocument {
  readonly title: string;
  readonly mended: readonly {
    readonly rule: string;
    readonly steps: readonly number[];
    readonly restart: boolean;
  }[];
  readonly byHand: readonly {
    readonly rule: string;
    readonly remedy: string;
    readonly obstacle: string | null;
  }[];
  readonly restart: boolean;
  readonly steps: readonly {
    readonly change: { readonly kind: string; readonly path?: string; readonly to: string };
  }[];
}

async function documentOf(...args: readonly string[]): Promise<PlanDocument> {
  const { stdout } = await dryRun('--json', ...args);
  const document: unknown = JSON.parse(stdout);
  const validate = validatorOf('plan', { strict: true });
  validate(document);
  expect(validate.errors ?? []).toEqual([]);
  return document as PlanDocument;
}

/** A host on which the steps of a plan were made. */
function afterwards({ steps }: PlanDocument): (tree: HostTree) => void {
  return (tree) => {
    for (const { change } of steps) {
      if (change.kind === 'file') tree.text(change.path ?? '', change.to);
      else if (change.kind === 'boot-loader' && change.to !== 'stale') tree.text(STATE, `${change.to}\n`);
    }
    putStatus(tree, '/dev/net/tun');
  };
}

describe('the plan', () => {
  it('says what mends what, and what to do then', async () => {
    const { stdout, stderr, exitCode } = await dryRun(...of());
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    expect(stdout).toBe(`Fix 2 failed checks on this host

  tun              there is no /dev/net/tun: VMs cannot use networks of the host
                   by steps 1 and 2
  iommu-in-effect  the kernel runs without an IOMMU: no device is in a group
                   by steps 3 to 5, from the next restart on

Then restart the host, and run pci validate to check the result.

  1  load tun
  2  write ${MODULES}: tun at each boot
  3  mark the GRUB configuration as stale
  4  write ${SETTINGS}: intel_iommu=on for the kernel
  5  regenerate the GRUB configuration with update-grub, with intel_iommu=on
`);
  });

  it('is for what was asked', async () => {
    const machines = await documentOf('--for', 'machines', ...of());
    expect(machines.mended.map(({ rule }) => rule)).toEqual(['tun']);
    expect(machines.restart).toBe(false);
    const passthrough = await documentOf('--for', 'passthrough', ...of());
    expect(passthrough.mended).toMatchObject([{ rule: 'iommu-in-effect', steps: [0, 1, 2], restart: true }]);
    expect(passthrough.restart).toBe(true);
  });

  it('leaves warnings alone, unless it is strict', async () => {
    const host = of((tree) => tree.remove('/dev/vhost-net'));
    expect((await documentOf(...host)).mended.map(({ rule }) => rule)).not.toContain('vhost-net');
    expect((await dryRun(...host)).stdout).toContain('1 check more only warns: --strict fixes it too.\n');
    expect((await documentOf('--strict', ...host)).mended.map(({ rule }) => rule)).toContain('vhost-net');
  });

  it('leaves to a person what is for one, says how, and exits with 1', async () => {
    const host = of((tree) => {
      tree.remove('/usr/bin/qemu-system-x86_64');
      putStatus(tree, '/usr/sbin/grubby', { kind: 'file' });
    });
    const { stdout, exitCode } = await dryRun(...host);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`Fix by hand:
  iommu-in-effect  the kernel runs without an IOMMU: no device is in a group
                   Fix (grubby sets the kernel command line here): grubby --update-kernel=ALL --args=intel_iommu=on, and reboot
  qemu             QEMU is not installed
                   Fix: install QEMU: apt install qemu-system-x86
`);
    const { mended, byHand } = await documentOf(...host);
    expect(mended.map(({ rule }) => rule)).toEqual(['tun']);
    expect(byHand).toMatchObject([
      { rule: 'iommu-in-effect', obstacle: 'grubby sets the kernel command line here' },
      { rule: 'qemu', obstacle: null },
    ]);
  });

  it('has nothing to do where all that counts holds', async () => {
    const file = hostFile(folder, 'good', buildHost(goodHost()));
    const outcome = await fix('--host', file);
    expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
    expect(outcome.stdout).toBe('All relevant checks passed. Nothing to do.\n');
  });

  it('has no step for what was done before, and waits for a restart', async () => {
    const plan = await documentOf(...of());
    const again = of(afterwards(plan));
    expect((await documentOf(...again)).steps).toEqual([]);
    const { stdout, exitCode } = await fix(...again);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`  iommu-in-effect  the kernel runs without an IOMMU: no device is in a group
                   already set; takes effect at the next restart

Restart the host to apply iommu-in-effect; then run pci validate.
`);
  });

  it('replaces no file of somebody else', async () => {
    const { exitCode, stderr } = await dryRun(...of((tree) => tree.text(MODULES, 'loop\n')));
    expect(exitCode).toBe(4);
    expect(stderr).toContain(`${MODULES}: is there, and was not made by pci validate --fix [NOT_OURS]`);
  });

  it('fits every terminal', async () => {
    const host = of((tree) => tree.remove('/usr/bin/qemu-system-x86_64'));
    for (const columns of [40, 60, 80, 120]) {
      const { stdout } = await pciInside(['validate', '--fix', '--dry-run', ...host], columns);
      expect(stdout.split('\n').filter((line) => textWidth(line) > columns)).toEqual([]);
      expect(stdout).not.toMatch(/\n\n\n/);
    }
  });
});

describe('persisted changes', () => {
  const hostWith = hostsWithFiles();

  it('is brought in line with what was written down, initial RAM disk and all, where it is strict', async () => {
    const plan = await pciInside(['bind', '07:00.0', '--persist', '--dry-run', '--json', ...hostWith({})]);
    const { steps } = JSON.parse(plan.stdout) as { steps: readonly FileStep[] };
    const [record = ''] = BINDING_FILES;
    const written = filesAfter(steps);
    const damaged = hostWith({ [record]: written[record] ?? '' });
    const asked = ['--for', 'passthrough', '--strict', ...damaged];
    const document = await documentOf(...asked);
    expect(document.mended).toMatchObject([{ rule: 'persisted', restart: false }]);
    expect(filesAfter(document.steps, { [record]: written[record] ?? '' })).toEqual(written);
    expect(document.steps.map(({ change }) => change.kind)).toContain('initramfs');
    expect((await dryRun('--for', 'passthrough', ...damaged)).stdout).toContain('--strict fixes it too');
  });
});

describe('what is refused', () => {
  it.each([
    [['--fix', '--format', 'junit'], 'cannot be used with --format junit'],
    [['--fix', '--all'], 'cannot be used with --all'],
    [['--dry-run'], 'applies only with --fix'],
    [['--script'], 'applies only with --fix'],
    [['--yes'], 'applies only with --fix'],
    [['--fix', '--yes'], 'a snapshot cannot be changed'],
    [['--fix'], 'a snapshot cannot be changed'],
  ] as const)('%j', async (options, message) => {
    const outcome = await pciInside(['validate', ...options, ...of()]);
    expect(outcome.exitCode).toBe(2);
    expect(outcome.stdout + outcome.stderr).toContain(message);
  });

  it('a script of a host of which is not told what was fixed before', async () => {
    const snapshot = buildHost(goodHost((tree) => tree.remove('/dev/net')));
    // As a capture that did not look into it.
    const entries = new Map(
      [...snapshot.entries].filter(
        ([path, { kind }]) => kind !== 'directory' || !/^\/(etc|var)?$/.test(path),
      ),
    );
    const host = ['--host', hostFile(folder, 'untold', { ...snapshot, entries })];
    const { exitCode, stderr } = await fix('--script', ...host);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('the snapshot does not contain earlier fixes');
    expect((await dryRun(...host)).stdout).toContain('  1  load tun\n');
  });
});

describe('the offer of pci validate', () => {
  it('is made where something that fails can be mended', async () => {
    expect((await pciInside(['validate', ...of()])).stdout).toContain(
      '\n2 of the failed checks can be fixed automatically: pci validate --fix\n',
    );
    const file = hostFile(folder, 'sound', buildHost(goodHost()));
    expect((await pciInside(['validate', '--host', file])).stdout).not.toContain('--fix');
  });
});

describe('the script', () => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const root = join(folder, 'root');
  /** Programs of a host that lies in a folder. */
  const programs = {
    'update-grub': `
      GRUB_CMDLINE_LINUX_DEFAULT=quiet
      for each in ${root}/etc/default/grub.d/*.cfg; do . "$each"; done
      mkdir -p ${root}/boot/grub
      echo "	linux	/vmlinuz root=UUID=1 ro $GRUB_CMDLINE_LINUX_DEFAULT" > ${root}/boot/grub/grub.cfg
      echo update-grub >> ${root}/log`,
    modprobe: `mkdir -p "${root}/sys/module/$2"; echo "modprobe $*" >> ${root}/log`,
  };
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const log = () => readFileSync(join(root, 'log'), 'utf8').trim().split('\n');
  const run = (script: string) =>
    execFileSync('sh', ['-s'], {
      input: script.replaceAll(/(?<=[ '"])\/(etc|boot|var|sys)\//g, `${root}/$1/`),
      env: { PATH: `${bin}:${process.env['PATH']}` },
      stdio: ['pipe', 'pipe', 'pipe'],
    });

  it('does the same, and nothing twice', async () => {
    const { stdout, exitCode } = await fix('--script', ...of());
    expect(exitCode).toBe(0);
    execFileSync('sh', ['-n'], { input: stdout });
    run(stdout);
    expect(log()).toEqual(['modprobe -- tun', 'update-grub']);
    expect(readFileSync(join(root, 'boot/grub/grub.cfg'), 'utf8')).toContain(' quiet intel_iommu=on\n');
    const files = [SETTINGS, MODULES, STATE].map((path) => readFileSync(join(root, path), 'utf8'));
    expect(files.map((text) => text.trim().split('\n').at(-1))).toEqual([
      'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT intel_iommu=on"',
      'tun',
      'intel_iommu=on',
    ]);
    run(stdout);
    expect(log()).toHaveLength(2);
  });

  it('stops where the boot loader is not brought to it', async () => {
    const { stdout } = await fix('--script', '--for', 'passthrough', ...of());
    writeFileSync(join(root, 'boot/grub/grub.cfg'), '\tlinux /vmlinuz intel_iommu=on,sm_on\n');
    writeFileSync(join(bin, 'update-grub'), '#!/bin/sh\n');
    expect(() => run(stdout)).toThrow(/no entry of .*grub\.cfg has intel_iommu=on/);
  });
});
