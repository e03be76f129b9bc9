import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { createDisk } from './boot-machine.ts';
import { describeLab, useMachine } from './describe-lab.ts';

/**
 * Makes the disk of the lab one that boots by itself: GRUB in its first sector, with the arguments that its kernel has now, as a
 * person would have written them, and with the quick initial RAM disk in place of Debian's.
 */
const INSTALL_GRUB = `
  words=$(sed 's/BOOT_IMAGE=[^ ]* *//; s/root=[^ ]* *//' /proc/cmdline)
  cat > /etc/default/grub << END
GRUB_TIMEOUT=0
GRUB_TERMINAL=serial
GRUB_CMDLINE_LINUX_DEFAULT="$words"
END
  cp /boot/lab-initrd.img /boot/initrd.img-*
  # The disk has a file system and no partitions.
  grub-install --force --target=i386-pc /dev/vda
  update-grub
  sync`;

interface Judged {
  readonly results: readonly { readonly rule: string; readonly outcome: string }[];
}

describeLab('a host that is kept from using its IOMMU', (root) => {
  const disk = join(temporaryFolder(), 'disk.qcow2');
  beforeAll(() => createDisk(root, disk));

  describe('as it was installed', () => {
    // QEMU starts the kernel here, as GRUB does from then on.
    const kernelArguments = ['intel_iommu=off', 'BOOT_IMAGE=/boot/vmlinuz'];
    const machine = useMachine(root, 'intel', { disk, kernelArguments });

    test('fails, and is mended by a plan: a file of ours, and update-grub', async () => {
      const said = await machine().run(['sh', '-ec', INSTALL_GRUB], { timeoutMs: 300_000 });
      expect(said, said.stderr).toMatchObject({ exitCode: 0 });
      const asked = ['validate', '--for', 'passthrough'];
      const judged = await machine().pci(asked);
      expect(judged).toMatchObject({ exitCode: 1 });
      expect(judged.stdout).toContain('FAIL  iommu-in-effect');
      expect(judged.stdout).toContain('can be fixed automatically: pci validate --fix');

      const mended = await machine().pci([...asked, '--fix', '--yes'], { timeoutMs: 300_000 });
      expect(mended, mended.stderr).toMatchObject({ exitCode: 0 });
      expect(mended.stderr).toContain('Restart the host to apply iommu-in-effect');
      const configuration = await machine().output(['cat', '/boot/grub/grub.cfg']);
      // For each ordinary entry of each kernel, behind what keeps it off; and not for recovery.
      const entries = configuration.split('\n').filter((line) => /^\s*linux\s/.test(line));
      const given = entries.filter((line) => / intel_iommu=off .*intel_iommu=on\s*$/.test(line));
      expect(given.length).toBeGreaterThan(0);
      expect(entries.filter((line) => !given.includes(line)).every((line) => line.includes(' single'))).toBe(
        true,
      );

      const again = await machine().pci([...asked, '--fix', '--yes']);
      expect(again).toMatchObject({ exitCode: 0 });
      expect(again.stdout).toContain('already set; takes effect at the next restart');
      await machine().output(['sync']);
    });
  });

  describe('once GRUB has started it anew', () => {
    const machine = useMachine(root, 'intel', { disk, bootsItself: true });

    test('uses it', async () => {
      const words = await machine().output(['cat', '/proc/cmdline']);
      expect(words).toMatch(/^BOOT_IMAGE=\/boot\/vmlinuz-\S+ root=.* intel_iommu=off .*intel_iommu=on\s*$/);
      const { stdout } = await machine().pci(['validate', '--for', 'passthrough', '--json']);
      const { results } = JSON.parse(stdout) as Judged;
      expect(results.filter(({ outcome }) => outcome === 'fail')).toEqual([]);
      expect(results.find(({ rule }) => rule === 'iommu-in-effect')).toMatchObject({ outcome: 'pass' });
    });
  });
});
