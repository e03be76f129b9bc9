import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BootBuildDocument } from '../../lib/documents/boot/boot-build.ts';
import { hasPvhEntry } from '../../lib/machines/boot/elf.ts';
import { validatorOf } from '../support/json-schemas.ts';
import { whySkipped } from '../support/skipping.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { describeLibvirtd, useLibvirtd } from './describe-lab.ts';
import { privateStore, whyNoPackages } from './private-store.ts';

const BUILD_TIMEOUT_MS = 600_000;
const BOOT_TIMEOUT_MS = 300_000;
const why = await whyNoPackages();

describeLibvirtd('boot assets', (root) => {
  const suite = why === null ? describe : describe.skip;
  suite(`of the packages of this machine${whySkipped(why === null, why ?? '')}`, () => {
    const libvirtd = useLibvirtd(root);
    const folder = temporaryFolder();
    const store = privateStore(folder);
    let built: BootBuildDocument;

    const fileOf = (part: 'kernel' | 'elf' | 'initrd'): string => {
      const sha256 = built.assets?.[part]?.sha256;
      if (sha256 === undefined) throw new Error(`minivm has no ${part}`);
      return join(store.path, 'boot', sha256);
    };

    beforeAll(async () => {
      const { exitCode, stdout, stderr } = await store.portal(['boot', 'build', 'minivm', '--json']);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      built = JSON.parse(stdout) as BootBuildDocument;
    }, BUILD_TIMEOUT_MS);

    test('are a kernel, its uncompressed form and an initramfs, and nothing else is left', () => {
      const validate = validatorOf('boot-build', { strict: true });
      validate(built);
      expect(validate.errors ?? []).toEqual([]);
      expect(hasPvhEntry(readFileSync(fileOf('elf')))).toBe(true);
      const names = [fileOf('kernel'), fileOf('elf'), fileOf('initrd')].map((path) => path.split('/').at(-1));
      expect(readdirSync(join(store.path, 'boot')).sort()).toEqual([...names, 'names'].sort());
      expect(readdirSync(join(store.path, 'scratch'))).toEqual([]);
    });

    test('are listed', async () => {
      const { exitCode, stdout } = await store.portal(['boot', 'list']);
      expect(exitCode).toBe(0);
      expect(stdout).toContain(`minivm  ${built.assets?.kernelVersion}`);
    });

    test('boot a VM of 128 MiB, which mounts its share and obeys virsh shutdown', async () => {
      const shared = (name: string): string => join(libvirtd().folder, name);
      copyFileSync(fileOf('elf'), shared('kernel'));
      copyFileSync(fileOf('initrd'), shared('initrd'));
      const log = shared('console');
      const xml = `<domain type='qemu'>
  <name>small</name>
  <memory unit='MiB'>128</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>${shared('kernel')}</kernel>
    <initrd>${shared('initrd')}</initrd>
    <cmdline>console=ttyS0 quiet panic=-1 no_timer_check portal.name=small portal.shares=data:ro,none</cmdline>
  </os>
  <features><acpi/></features>
  <cpu mode='maximum'/>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <filesystem type='mount' accessmode='squash'>
      <source dir='${libvirtd().folder}'/><target dir='data'/><readonly/>
    </filesystem>
    <serial type='file'><source path='${log}'/></serial>
    <memballoon model='none'/>
  </devices>
</domain>
`;
      const printed = (): string => (existsSync(log) ? readFileSync(log, 'utf8') : '');
      await libvirtd().output(['define', '/dev/stdin'], { stdin: xml });
      await libvirtd().output(['start', 'small']);
      await expect
        .poll(printed, { timeout: BOOT_TIMEOUT_MS, interval: 200 })
        .toContain(`portal-gun: small is up (Linux ${built.assets?.kernelVersion})`);
      expect(printed()).toContain('portal-gun: small: cannot mount the share none');
      expect(printed()).not.toContain('cannot mount the share data');
      // The shell is there after all that listens to the power button.
      await expect.poll(printed, { timeout: BOOT_TIMEOUT_MS }).toContain('small:/root#');
      await libvirtd().output(['shutdown', 'small']);
      await expect
        .poll(() => libvirtd().output(['domstate', 'small']), { timeout: BOOT_TIMEOUT_MS, interval: 500 })
        .toContain('shut off');
      expect(printed()).toContain('Requesting system poweroff');
      await libvirtd().output(['undefine', 'small']);
    });
  });
});
