import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { stableMac } from '../../lib/pci/stable-mac.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type BootOptions, bootMachine, createDisk, type RunningMachine } from './boot-machine.ts';
import { Confirmation } from './confirmation.ts';
import { describeLab, useMachine } from './describe-lab.ts';
import type { MachineName } from './machines.ts';
import {
  drivers,
  functionAt,
  heldVfs,
  interfaces,
  listed,
  playService,
  serviceLog,
} from './persisted-state.ts';

/** Two functions of one card; a twin of theirs behind a switch; and one without driver and serial number. */
const PAIR = ['0000:03:00.0', '0000:03:00.1'] as const;
const TWIN = '0000:06:00.0';
const DRIVERLESS = '0000:07:00.0';
/** Behind a conventional bridge, on e1000. */
const CONVENTIONAL = '0000:09:01.0';
/** Of the same kind as the pair and the twin. */
const UPLINK = '0000:00:0a.0';

/** An 82576 under igb; of its VFs the second is bound. */
const CARD = '0000:01:00.0';
const CARD_MAC = '52:54:00:00:00:02';
const VF = '0000:01:10.2';

/** Slots of the root bus: of twins without a serial number in their configuration space, and of another igb. */
const SPARE_DRIVE = '11.0';
const ROOT_DRIVE = '12.0';
const SPARE_NIC = '13.0';
const OTHER_NIC = '14.0';
const OTHER_CARD = '15.0';

/** A hook of initramfs-tools. */
const POWER_CUT = '/etc/initramfs-tools/hooks/power-cut';

/** The service would start before the checkout, with its program, is mounted; on a host that is there. */
const LAB_UNIT = '/etc/systemd/system/portal-gun.service.d/lab.conf';

/** What systemd starts as well and nobody here asks for: under emulation it takes as long as half of the rest. */
const NOT_STARTED = [
  ...['libvirtd', 'libvirt-guests', 'virtlogd', 'cron', 'getty@tty1', 'e2scrub_reap', 'ldconfig'],
  ...['systemd-journal-catalog-update', 'systemd-journal-flush', 'systemd-sysusers'],
].map((unit) => `systemd.mask=${unit}.service`);

describeLab('bindings that outlive a boot', (root) => {
  const folder = temporaryFolder();
  const disk = join(folder, 'disk.qcow2');
  const initrd = join(folder, 'initrd');
  beforeAll(() => createDisk(root, disk));

  async function withMachine(
    name: MachineName,
    options: BootOptions,
    use: (machine: RunningMachine) => Promise<void>,
  ): Promise<void> {
    const machine = await bootMachine(root, name, { disk, ...options });
    try {
      await use(machine);
    } finally {
      await machine.end();
    }
  }

  const ALL = [...PAIR, TWIN, DRIVERLESS];
  const BOUND = [VF, ...ALL];
  const HELD = [0, 1].map((index) => `${stableMac(CARD_MAC, index)} 100`);

  test('are written down, with all that the next boot needs', async () => {
    await withMachine('intel', {}, async (machine) => {
      const setVfs = ['sriov', 'set', CARD, '--vfs', '2', '--vlan', '100', '--persist', '--yes'];
      const set = await machine.pci(setVfs);
      expect(set, set.stderr).toMatchObject({ exitCode: 0 });
      expect(await heldVfs(machine, CARD)).toEqual(HELD);
      // A later boot has its root file system on a disk of this kind.
      await machine.output(['sh', '-ec', 'echo nvme >> /etc/initramfs-tools/modules']);
      const bind = ['bind', PAIR[0], TWIN, DRIVERLESS, VF, '--persist', '--yes'];
      const bound = await machine.pci(bind, { timeoutMs: 400_000 });
      expect(bound, bound.stderr).toMatchObject({ exitCode: 0 });
      expect(await listed(machine)).toEqual(BOUND.map((each) => `${each} in-force ${each} vfio-pci`));
      for (const again of [['bind', ...BOUND, '--persist', '--yes'], setVfs]) {
        const repeated = await machine.pci(again);
        expect(repeated, repeated.stderr).toMatchObject({
          exitCode: 0,
          stdout: expect.stringContaining('Nothing to do'),
        });
      }
      await machine.output([
        'sh',
        '-ec',
        `udevadm verify /etc/udev/rules.d/10-portal-gun.rules
        systemd-analyze verify /etc/systemd/system/portal-gun.service
        mkdir -p ${LAB_UNIT.slice(0, LAB_UNIT.lastIndexOf('/'))}
        printf '[Unit]\\nAfter=portal-gun-lab.service\\n' > ${LAB_UNIT}
        cp /boot/initrd.img-* /lab/initrd`,
      ]);
      copyFileSync(join(machine.folder, 'initrd'), initrd);
    });
  });

  describe('after a boot under systemd', () => {
    const machine = useMachine(root, 'intel', {
      disk,
      init: 'systemd',
      initrd,
      kernelArguments: NOT_STARTED,
    });

    test('are in force, before e1000e could have them, and its other devices are its own', async () => {
      const log = await machine().output(['dmesg']);
      expect(await machine().output(['cat', '/proc/1/comm'])).toBe('systemd\n');
      // By itself: what the service said is asked by starting it.
      const state = async () =>
        (await machine().run(['systemctl', 'is-active', 'portal-gun.service'])).stdout;
      await expect.poll(state, { timeout: 120_000, interval: 1000 }).toMatch(/^activ/);
      const said = await serviceLog(machine());
      expect(await listed(machine()), said).toEqual(BOUND.map((each) => `${each} in-force ${each} vfio-pci`));
      expect(await interfaces(machine())).toEqual([`52:54:00:00:00:01 ${UPLINK}`]);
      expect(log).toContain(`e1000e ${UPLINK}`);
      expect(ALL.filter((each) => log.includes(`e1000e ${each}`))).toEqual([]);
      // It was done in the initial RAM disk: before the init of the root file system was started.
      const script = `read -r up _ < /proc/uptime
        date +%s.%N
        echo "$up"
        stat -c %.9Y /run/portal-gun/early-done
        systemctl show --value --property=UserspaceTimestampMonotonic`;
      const words = (await machine().output(['bash', '-c', script])).split('\n').map(Number);
      const [now = 0, upFor = 0, doneAt = 0, initUs = 0] = words;
      // The kernel tells how long it is up in hundredths of a second.
      expect(doneAt - (now - upFor)).toBeLessThan(initUs / 1e6 + 0.02);
      expect(said).not.toContain('from e1000e');

      // What comes later is bound as it comes. Of one whose driver is loaded, who is quicker has it: it is given to the driver.
      const plugAgain = `for each; do echo 1 > /sys/bus/pci/devices/$each/remove; done
        echo 1 > /sys/bus/pci/rescan
        udevadm settle
        cd /sys/bus/pci/devices/${TWIN}
        echo > driver_override
        echo ${TWIN} > driver/unbind
        echo ${TWIN} > /sys/bus/pci/drivers_probe`;
      await machine().output(['sh', '-ec', plugAgain, 'sh', DRIVERLESS, TWIN]);
      expect(await drivers(machine(), DRIVERLESS, TWIN)).toEqual(['vfio-pci', 'e1000e']);
      const restored = await machine().pci(['bindings', '--restore', '--yes']);
      expect(restored, restored.stderr).toMatchObject({ exitCode: 0 });
      expect(await drivers(machine(), DRIVERLESS, TWIN, UPLINK)).toEqual(['vfio-pci', 'vfio-pci', 'e1000e']);
    });

    test('have virtual functions made before them, with the same MACs and in their VLAN', async () => {
      expect(await heldVfs(machine(), CARD)).toEqual(HELD);
      expect(await drivers(machine(), '0000:01:10.0', VF)).toEqual(['igbvf', 'vfio-pci']);
      expect(await serviceLog(machine())).toContain(`${CARD}: from 0 VFs to 2; set each`);
      expect(await machine().pciOutput(['sriov', 'restore', '--check'])).toBe(
        '1 PF with persisted VFs, 1 in force.\nNothing to do.\n',
      );
      const other = await machine().pci(['sriov', 'set', CARD, '--vlan', '7', '--yes']);
      expect(other.stderr).toContain(
        `pci: note: ${CARD} has 2 VFs at the next boot, as was written down; --persist writes down this`,
      );
      expect(await machine().pciOutput(['sriov', 'list'])).toContain('persisted, NOT IN FORCE');
      await machine().pciOutput(['sriov', 'restore', '--yes']);
      expect(await machine().pciOutput(['sriov', 'list'])).toMatch(/persisted$/m);
      expect(await heldVfs(machine(), CARD)).toEqual(HELD);
    });

    test('leave a change that is to be confirmed to a timer, which confirming lets go', async () => {
      const confirmation = new Confirmation(machine, CONVENTIONAL);
      const timers = () => machine().output(['systemctl', 'list-timers', '--no-legend', 'portal-gun-*']);
      const told = await confirmation.giveInSessionThatDies();
      expect(await timers(), told).toContain('portal-gun-confirm-');
      await confirmation.undone('e1000');
      await machine().pciOutput([...confirmation.args, '5m']);
      expect(await timers()).toContain('portal-gun-confirm-');
      await machine().pciOutput(['confirm']);
      expect(await timers()).toBe('');
      expect(await confirmation.state()).toBe('vfio-pci 0');
    });
  });

  // The initial RAM disk of a host, and then the init that is quick.
  describe('when cards are in other slots', () => {
    const moved = useMachine(root, 'moved', { disk, initrd });

    test('take no other device, and find those that moved', async () => {
      const machine = moved();
      const log = await playService(machine);
      expect(await listed(machine), log).toEqual([
        // By its PF, which has its MAC to be seen.
        `${VF} moved 0000:02:10.2 vfio-pci`,
        `${PAIR[0]} moved 0000:09:00.0 vfio-pci`,
        `${PAIR[1]} moved 0000:09:00.1 vfio-pci`,
        `${TWIN} moved 0000:0c:00.0 vfio-pci`,
        // At its place, which has another number now; and at that which it had is one of the twin's kind.
        `${DRIVERLESS} in-force 0000:08:00.0 vfio-pci`,
      ]);
      // That one is in the place of the twin, and is not taken for it.
      expect(await interfaces(machine)).toEqual([
        `52:54:00:00:00:01 ${UPLINK}`,
        `52:54:00:00:00:07 ${DRIVERLESS}`,
      ]);
      expect(log).toContain('0000:09:00.0: from e1000e to vfio-pci');
      // The card is where the NVMe controller was, and that is where the card was.
      expect(await heldVfs(machine, '0000:02:00.0'), log).toEqual(HELD);
      expect(await drivers(machine, '0000:02:10.0', '0000:02:10.2')).toEqual(['igbvf', 'vfio-pci']);
      expect(log).not.toContain('0000:08:00.0: from');
      const { exitCode, stdout } = await machine.pci(['bindings', '--check']);
      expect({ exitCode, stdout }).toMatchObject({
        exitCode: 1,
        stdout: expect.stringContaining(`MOVED to 0000:0c:00.0, in force`),
      });
    });

    test('are bound late if a twin cannot be told early, and the plan says so', async () => {
      const [drive, nic] = [await functionAt(moved(), SPARE_DRIVE), await functionAt(moved(), SPARE_NIC)];
      expect(await drivers(moved(), drive, nic)).toEqual(['nvme', 'e1000']);
      const bound = await moved().pci(['bind', drive, nic, '--persist', '--yes']);
      expect(bound, bound.stderr).toMatchObject({ exitCode: 0 });
      for (const each of [drive, nic]) {
        expect(bound.stderr).toContain(`${each} binds late, after the initramfs: no serial number was read`);
      }
      expect(bound.stderr).not.toContain('make them anew');
      expect(await drivers(moved(), drive, nic)).toEqual(['vfio-pci', 'vfio-pci']);
    });

    test('are being persisted as power is lost, in update-initramfs', async () => {
      // What is where the twin was: it would be bound early.
      await moved().output(
        ['sh', '-ec', `cat > ${POWER_CUT}; chmod 755 ${POWER_CUT}; touch /run/power-cut`],
        {
          stdin: '#!/bin/sh\n[ "$1" = prereqs ] || [ ! -e /run/power-cut ] || echo b > /proc/sysrq-trigger\n',
        },
      );
      await moved().output(['sync', '--file-system', '/']);
      await expect(moved().pci(['bind', DRIVERLESS, '--persist', '--yes'])).rejects.toThrow('ended');
    });
  });

  test('come back beside a change that was cut short, though twins were swapped', async () => {
    await withMachine('swapped', { initrd }, async (machine) => {
      // Where the drive was that is given away is what has the root file system.
      const rootDrive = await functionAt(machine, SPARE_DRIVE);
      const [spare, nic, nicTwin, card] = [
        await functionAt(machine, ROOT_DRIVE),
        await functionAt(machine, OTHER_NIC),
        await functionAt(machine, SPARE_NIC),
        await functionAt(machine, OTHER_CARD),
      ];
      const serial =
        'cat "/sys/class/block/$(basename "$(readlink -f "$(findmnt -no SOURCE /)")")/device/serial"';
      expect((await machine.output(['sh', '-ec', serial])).trim()).toBe('LAB-ROOT');
      expect(await drivers(machine, rootDrive, spare, nic, nicTwin)).toEqual([
        ...['nvme', 'nvme', 'e1000', 'e1000'],
      ]);

      const log = await playService(machine);
      expect(await drivers(machine, rootDrive, spare, nic, nicTwin), log).toEqual([
        ...['nvme', 'vfio-pci', 'vfio-pci', 'e1000'],
      ]);
      expect(await heldVfs(machine, card), log).toEqual(HELD);
      const vf = card.replace('00.0', '10.2');
      const restored = [
        `${VF} moved ${vf} vfio-pci`,
        `${PAIR[0]} moved 0000:09:00.0 vfio-pci`,
        `${PAIR[1]} moved 0000:09:00.1 vfio-pci`,
        `${DRIVERLESS} in-force 0000:08:00.0 vfio-pci`,
      ];
      const newcomer = `${DRIVERLESS} in-force ${DRIVERLESS} vfio-pci`;
      // They are on vfio-pci, where nothing of their own can be read any more.
      const swapped = [spare, nic].map((each) => expect.stringMatching(` moved ${each} vfio-pci$`));
      expect(await listed(machine, ['initial RAM disks'])).toEqual(
        expect.arrayContaining([...restored, newcomer, ...swapped]),
      );
      const pending = 'was cut short: a recovery is pending; run pci recover';
      for (const asked of [['bindings'], ['sriov', 'list']]) {
        expect(await machine.pci(asked)).toMatchObject({ stderr: expect.stringContaining(pending) });
      }

      const recovered = await machine.pci(['recover'], { timeoutMs: 400_000 });
      expect(recovered, recovered.stderr).toMatchObject({ exitCode: 0 });
      const after = await listed(machine);
      expect(after).toEqual(
        expect.arrayContaining([
          ...restored,
          ...swapped,
          // The change that was undone had its record, so that nothing restored it in this boot.
          expect.stringMatching(`^${TWIN} moved 0000:0c:00.0 `),
        ]),
      );
      expect(after).not.toContain(newcomer);
      // It was bound early in this boot, and stays so until the next one.
      expect(recovered.stdout).toContain(`  ${DRIVERLESS}  on vfio-pci  pci unbind ${DRIVERLESS}\n`);
      expect((await machine.pci(['bindings'])).stdout).toContain(`pci unbind ${DRIVERLESS}\n`);
      expect((await machine.pci(['bindings'])).stderr).not.toContain('a recovery is pending');
      expect(await drivers(machine, rootDrive, spare, nic, vf)).toEqual([
        ...['nvme', 'vfio-pci', 'vfio-pci', 'vfio-pci'],
      ]);
    });
  });
});
