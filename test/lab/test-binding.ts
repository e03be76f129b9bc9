import { describe, expect, test } from 'vitest';
import type { RunningMachine } from './boot-machine.ts';
import { holding, vfioFile, whileRunning } from './holding.ts';
import { killedAt } from './killed.ts';

/** Two functions in one group; two behind a conventional bridge; and one that no driver takes. */
const PAIR = ['0000:03:00.0', '0000:03:00.1'] as const;
const BEHIND_BRIDGE = ['0000:09:01.0', '0000:09:02.0'] as const;
const DRIVERLESS = '0000:07:00.0';
const DISK = '0000:00:02.0';
const UPLINK = '0000:00:0a.0';
const RECORD = '/run/portal-gun/earlier-drivers.json';
const JOURNALS = '/var/lib/portal-gun/journal';

/** Under lockdown, which takes away none of what follows but modules without a signature. Leaves the machine without vfio-pci. */
export function testBinding(machine: () => RunningMachine): void {
  describe('drivers', () => {
    /** `driver override` of each function, as sysfs has them; `-` for none. */
    async function states(...addresses: readonly string[]): Promise<readonly string[]> {
      const script = `for a; do
      cd /sys/bus/pci/devices/$a
      echo "$(basename "$(readlink driver || echo -)") $(cat driver_override)"
    done`;
      const text = await machine().output(['sh', '-c', script, 'sh', ...addresses]);
      return text.trimEnd().replaceAll('(null)', '-').split('\n');
    }

    /** Which drivers devices had before; it may tell of others still. */
    const record = async (): Promise<string> =>
      machine().output(['sh', '-c', `cat ${RECORD} 2>/dev/null || true`]);

    const isThere = async (path: string): Promise<boolean> =>
      (await machine().run(['sh', '-c', `[ -e "$1" ]`, 'sh', path])).exitCode === 0;

    const journals = async (): Promise<string> =>
      machine().output(['sh', '-c', `ls ${JOURNALS} 2>/dev/null || true`]);

    test('takes a group of two functions, and gives it back', async () => {
      const before = await states(...PAIR);
      expect(before).toEqual(['e1000e -', 'e1000e -']);
      const bound = await machine().pci(['bind', PAIR[0], '--yes']);
      expect(bound).toMatchObject({ exitCode: 0, stdout: '' });
      expect(bound.stderr).toContain('same IOMMU group');
      expect(await states(...PAIR)).toEqual(['vfio-pci vfio-pci', 'vfio-pci vfio-pci']);
      expect(await isThere('/dev/vfio/15')).toBe(true);
      expect(await record()).toContain(PAIR[0]);

      const again = await machine().pci(['bind', PAIR[0], '--yes']);
      expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Nothing to do') });

      const back = await machine().pci(['unbind', PAIR[1], '--yes']);
      expect(back).toMatchObject({ exitCode: 0 });
      expect(await states(...PAIR)).toEqual(before);
      expect(await record()).not.toContain(PAIR[0]);
      expect(await journals()).toBe('');
    });

    test('takes what is behind a conventional bridge, and what has no driver', async () => {
      const all = [...BEHIND_BRIDGE, DRIVERLESS];
      const before = await states(...all);
      const bound = await machine().pci(['bind', BEHIND_BRIDGE[0], DRIVERLESS, '--yes']);
      expect(bound, bound.stderr).toMatchObject({ exitCode: 0 });
      expect(await states(...all)).toEqual(all.map(() => 'vfio-pci vfio-pci'));
      const back = await machine().pci(['unbind', ...all, '--yes']);
      expect(back, back.stderr).toMatchObject({ exitCode: 0 });
      expect(await states(...all)).toEqual(before);
    });

    test('writes a script that does the same, twice without harm', async () => {
      for (const [command, after] of [
        ['bind', 'vfio-pci vfio-pci'],
        ['unbind', 'e1000e -'],
      ] as const) {
        const script = await machine().pciOutput([command, PAIR[0], '--script']);
        for (let run = 0; run < 2; run += 1) await machine().output(['sh'], { stdin: script });
        expect(await states(...PAIR)).toEqual([after, after]);
      }
    });

    // That it is undone as well shows where it is to be confirmed.
    test('is finished by recover after kill -9 in the middle, where that is asked for', async () => {
      const script = killedAt(`pci bind ${PAIR[0]} --yes`, `… ${PAIR[0]}`);
      expect(await machine().run(['bash', '-c', script])).toMatchObject({ exitCode: 137 });
      expect(await journals()).toMatch(/\.jsonl\n$/);
      const recovered = await machine().pci(['recover', '--finish']);
      expect(recovered, recovered.stderr).toMatchObject({ exitCode: 0 });
      expect(await states(...PAIR)).toEqual(['vfio-pci vfio-pci', 'vfio-pci vfio-pci']);
      expect(await journals()).toBe('');
      await machine().pciOutput(['unbind', PAIR[0], '--yes']);
      expect(await states(...PAIR)).toEqual(['e1000e -', 'e1000e -']);
    });

    test('changes nothing before what was cut short is recovered', async () => {
      const journal = `${JOURNALS}/20261122T070000000Z.jsonl`;
      const head =
        '{"schema":"portal-gun/journal/v1","startedAt":"then","bootId":null,"plan":{"title":"t","guards":[],"steps":[]}}';
      await machine().output(['sh', '-c', `mkdir -p ${JOURNALS}; cat > ${journal}`], { stdin: head });
      const refused = await machine().pci(['bind', DRIVERLESS, '--yes']);
      expect(refused).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('RECOVERY_NEEDED') });
      await machine().pciOutput(['recover']);
      expect(await journals()).toBe('');
    });

    test('undoes what was done when it is interrupted', async () => {
      const script = killedAt(`pci bind ${PAIR[0]} --yes`, `… ${PAIR[0]}`, 'TERM');
      const { exitCode } = await machine().run(['bash', '-c', script]);
      expect(exitCode, await machine().output(['cat', '/lab/progress'])).toBe(143);
      expect(await states(...PAIR)).toEqual(['e1000e -', 'e1000e -']);
      expect(await journals()).toBe('');
    });

    test('refuses what the host runs from, and its uplink, each with the reason', async () => {
      const before = await states(DISK, UPLINK);
      const disk = await machine().pci(['bind', DISK, '--yes']);
      expect(disk.exitCode).toBe(4);
      expect(disk.stderr).toContain(`pci: ${DISK}: contains the root file system: vda on / [DEVICE_IN_USE]`);
      const uplink = await machine().pci(['bind', UPLINK, '--yes', '--allow', 'net-address']);
      expect(uplink.exitCode).toBe(4);
      expect(uplink.stderr).toContain('[DEVICE_IN_USE]');
      expect(uplink.stderr).toMatch(/net-default-route +00:0a\.0 /);
      expect(await states(DISK, UPLINK)).toEqual(before);
    });

    test('does not take back what a process has through vfio', async () => {
      await machine().pciOutput(['bind', DRIVERLESS, '--yes']);
      await holding(machine(), await vfioFile(machine(), DRIVERLESS), async () => {
        const held = await machine().pci(['unbind', DRIVERLESS, '--yes']);
        expect(held).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('machine-has-it') });
      });
      expect(await states(DRIVERLESS)).toEqual(['vfio-pci vfio-pci']);
      await machine().pciOutput(['unbind', DRIVERLESS, '--yes']);
      expect(await states(DRIVERLESS)).toEqual(['- -']);
    });

    test('shows an ordinary user the plan, and says what needs root and what root may not do either', async () => {
      const { exitCode, stderr } = await machine().pci(['bind', PAIR[0], '--yes'], { user: 'nobody' });
      expect(exitCode).toBe(5);
      expect(stderr).toContain('Bind group 15 to vfio-pci: 2 devices');
      expect(stderr).toContain('[PERMISSION_DENIED]');
      expect(await states(...PAIR)).toEqual(['e1000e -', 'e1000e -']);
      const disk = await machine().pci(['bind', DISK, '--yes'], { user: 'nobody' });
      expect(disk).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('[DEVICE_IN_USE]') });
    });

    test('says that the kernel has no such driver, before anything is done', async () => {
      const { exitCode, stderr } = await machine().pci([
        ...['bind', DRIVERLESS, '--driver', 'no_such_vfio_pci', '--yes'],
      ]);
      expect(exitCode, stderr).toBe(6);
      expect(stderr).toContain(
        'pci: no_such_vfio_pci: the kernel has neither the driver nor a module for it [NO_DRIVER]',
      );
      expect(await states(DRIVERLESS)).toEqual(['- -']);
    });

    test('lets one change the host at a time', async () => {
      await machine().output(['mkdir', '-p', '/run/portal-gun']);
      const locks = 'exec 9> /run/portal-gun/lock; flock 9';
      const refused = await whileRunning(machine(), locks, [], () =>
        machine().pci(['bind', PAIR[0], '--yes']),
      );
      expect(refused).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('HOST_LOCKED') });
    });

    test('says before anything is done that a kernel that is locked down takes no unsigned module', async () => {
      // What is behind a module: its signature, 12 bytes of which the last 4 are its length, and 28 of text.
      const strip = `modprobe -r vfio-pci
      file=$(modinfo -n vfio-pci)
      set -- $(tail -c 32 "$file" | head -c 4 | od -An -tu1)
      head -c $(($(stat -c %s "$file") - 40 - ($3 << 8) - $4)) "$file" > /tmp/unsigned
      cp /tmp/unsigned "$file"
      mountpoint -q /sys/kernel/security || mount -t securityfs securityfs /sys/kernel/security`;
      await machine().output(['sh', '-ec', strip]);
      const bound = await machine().pci(['bind', DRIVERLESS, '--yes']);
      expect(bound).toMatchObject({ exitCode: 6 });
      expect(bound.stderr).toContain(
        'pci: vfio-pci: the kernel is locked down (integrity) and refuses modules without a signature [NO_DRIVER]',
      );
      expect(await states(DRIVERLESS)).toEqual(['- -']);
      expect(await journals()).toBe('');
      // It would not, indeed.
      expect(await machine().run(['modprobe', 'vfio-pci'])).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('Operation not permitted'),
      });
    });
  });
}
