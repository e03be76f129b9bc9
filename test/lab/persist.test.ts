import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { stableMac } from '../../lib/pci/sriov/stable-mac.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type BootOptions, bootMachine, createDisk, type RunningMachine } from './boot-machine.ts';
import { Confirmation } from './confirmation.ts';
import { describeLab, useMachine } from './describe-lab.ts';
import { expectSwappedTwins } from './expect-swapped-twins.ts';
import type { MachineName } from './machines.ts';
import {
  CARD,
  CARD_MAC,
  CONVENTIONAL,
  DRIVERLESS,
  OTHER_CARD,
  PAIR,
  SPARE_DRIVE,
  SPARE_NIC,
  TWIN,
  UPLINK,
  VF,
} from './persisted-cast.ts';
import {
  assigned,
  assignPool,
  expectAssigned,
  repairBesideDead,
  vfsOf,
  whileRouterRuns,
} from './persisted-pool.ts';
import {
  drivers,
  functionAt,
  heldVfs,
  interfaces,
  listed,
  playService,
  serviceLog,
} from './persisted-state.ts';

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
  const HELD = [0, 1, 2].map((index) => `${stableMac(CARD_MAC, index)} 100${index === 0 ? ' trusted' : ''}`);

  test('are written down, with all that the next boot needs', async () => {
    await withMachine('intel', {}, async (machine) => {
      const setVfs = [
        ...['sriov', 'set', CARD, '--vfs', '3', '--vlan', '100', '--vf', '0:trust=on', '--persist', '--yes'],
      ];
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
      await assignPool(machine, CARD);
      expectAssigned(await assigned(machine), 'in-place', vfsOf(CARD, 2));
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
      expect(await serviceLog(machine())).toContain(`${CARD}: from 0 VFs to 3; configure each`);
      expect(await machine().pciOutput(['sriov', 'restore', '--check'])).toBe(
        '1 PF with persisted VFs, 1 in force.\nNothing to do.\n',
      );
      const other = await machine().pci(['sriov', 'set', CARD, '--vlan', '7', '--yes']);
      expect(other.stderr).toContain(
        `pci: note: ${CARD} has 3 VFs at the next boot, as persisted; to persist this change instead: --persist`,
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
    const notes: string[] = [];
    const moved = useMachine(root, 'moved', { disk, initrd, say: (text) => notes.push(text) });

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

    test('move on in the definitions of VMs, where VFs of a card that is gone are replaced', async () => {
      const [machine, card] = [moved(), '0000:02:00.0'];
      await machine.output(['start-libvirt']);
      expectAssigned(await assigned(machine), 'moved', vfsOf(CARD, 2), vfsOf(card, 2));
      expect(await machine.pci(['assignments', '--check'])).toMatchObject({
        exitCode: 1,
        stdout: expect.stringContaining(`MOVED to ${vfsOf(card, 1)[0]}: pci assignments --repair`),
      });
      await repairBesideDead(machine, card, await functionAt(machine, OTHER_CARD));
      expectAssigned(await assigned(machine), 'in-place', vfsOf(card, 3));
      expect(await heldVfs(machine, card)).toEqual(HELD);
      await whileRouterRuns(machine, async () => {
        expect(await drivers(machine, ...vfsOf(card, 3))).toEqual(['vfio-pci', 'vfio-pci', 'igbvf']);
        expect(await heldVfs(machine, card)).toEqual(HELD);
      });
      expect(await heldVfs(machine, card)).toEqual(HELD);
      expect(await drivers(machine, ...vfsOf(card, 3))).toEqual(['igbvf', 'vfio-pci', 'igbvf']);
    });

    test('are bound late if a twin cannot be told early, and the plan says so', async () => {
      const [drive, nic] = [await functionAt(moved(), SPARE_DRIVE), await functionAt(moved(), SPARE_NIC)];
      expect(await drivers(moved(), drive, nic)).toEqual(['nvme', 'e1000']);
      const bound = await moved().pci(['bind', drive, nic, '--persist', '--yes']);
      expect(bound, bound.stderr).toMatchObject({ exitCode: 0 });
      for (const each of [drive, nic]) {
        expect(bound.stderr).toContain(`${each} binds late, after the initramfs: no serial number was read`);
      }
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
      // That a machine ended by itself is no failure of it.
      expect(await moved().end()).toBe('off');
      expect(notes).toEqual([]);
    });
  });

  test('come back beside a change that was cut short, though twins were swapped', {
    timeout: 1_800_000,
  }, async () => {
    await withMachine('swapped', { initrd }, async (machine) => {
      await expectSwappedTwins(machine, HELD);
    });
  });
});
