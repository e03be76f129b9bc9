import { describe, expect, test } from 'vitest';
import type { RunningMachine } from './boot-machine.ts';
import { killedAt } from './killed.ts';

/** The function through which the machine's `/lab` comes, by 9p. */
const SHARE = '0000:00:0c.0';
const DRIVE = '0000:02:00.0';
const JOURNALS = '/var/lib/portal-gun/journal';

/** What the host uses at the moment of a change, in ways that only a real kernel has all of. */
export function testHostUse(machine: () => RunningMachine): void {
  describe('what the host uses', () => {
    /** The function's driver, its override, and how many journals there are. */
    const state = async (address: string): Promise<string> => {
      const script = `cd /sys/bus/pci/devices/$1; basename "$(readlink driver || echo -)"; cat driver_override
        ls ${JOURNALS} 2>/dev/null | wc -l`;
      const text = await machine().output(['sh', '-c', script, 'sh', address]);
      return text.trim().replaceAll('(null)', '-').replaceAll('\n', ' ');
    };

    test('a share of its hypervisor that is mounted is not taken away, whatever is allowed', async () => {
      for (const allowed of [[], ['--allow', 'shared-folder']]) {
        const refused = await machine().pci(['bind', SHARE, '--yes', ...allowed]);
        expect(refused, refused.stderr).toMatchObject({ exitCode: 4, stdout: '' });
        expect(refused.stderr).toMatch(
          /shared-folder +00:0c\.0 carries a mounted 9p share "lab": lab on \/lab/,
        );
        expect(await state(SHARE)).toBe('virtio-pci - 0');
      }
      // It answers still.
      await machine().output(['sh', '-c', 'echo written > /lab/share && grep -x written /lab/share']);
    });

    test('a disk that was mounted after its bind was cut short is not taken away by recover --finish', async () => {
      // One of several paths to it, as far as the kernel knows: `nvme0c0n1`, and the disk is `nvme0n1`.
      const find = `basename "$(ls -d /sys/bus/pci/devices/${DRIVE}/nvme/*/nvme*n1)" | sed 's/c[0-9]*n/n/'`;
      const disk = `/dev/${(await machine().output(['sh', '-c', find])).trim()}`;
      // Before the driver is changed: its step begins with reading all that the host uses.
      const script = killedAt(`pci bind ${DRIVE} --yes`, '…');
      expect(await machine().run(['bash', '-c', script])).toMatchObject({ exitCode: 137 });
      expect(await state(DRIVE)).toBe('nvme - 1');
      await machine().output([
        'sh',
        '-ec',
        `mkfs.ext4 -q ${disk}; mkdir -p /mnt/disk; mount ${disk} /mnt/disk`,
      ]);

      const refused = await machine().pci(['recover', '--finish']);
      expect(refused.exitCode, refused.stderr).toBe(8);
      const disks = `${disk.replace('/dev/', '')} on /mnt/disk`;
      expect(refused.stderr).toContain(`${DRIVE} contains mounted file systems: ${disks} (mounted) [`);
      expect(refused.stderr).toContain('\nAll steps are undone');
      expect(await state(DRIVE)).toBe('nvme - 0');
      await machine().output(['sh', '-ec', 'echo kept > /mnt/disk/file; sync; grep -x kept /mnt/disk/file']);

      await machine().output(['umount', '/mnt/disk']);
      const bound = await machine().pci(['bind', DRIVE, '--yes']);
      expect(bound, bound.stderr).toMatchObject({ exitCode: 0 });
      expect(await state(DRIVE)).toBe('vfio-pci vfio-pci 0');
      await machine().pciOutput(['unbind', DRIVE, '--yes']);
      expect(await state(DRIVE)).toBe('nvme - 0');
    });
  });
}
