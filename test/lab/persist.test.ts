import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { stableMac } from '../../lib/pci/stable-mac.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type BootOptions, bootMachine, createDisk, type RunningMachine } from './boot-machine.ts';
import { Confirmation } from './confirmation.ts';
import { describeLab, useMachine } from './describe-lab.ts';
import type { MachineName } from './machines.ts';

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

/** The service would start before the checkout, with its program, is mounted; on a host that is there. */
const LAB_UNIT = '/etc/systemd/system/portal-gun.service.d/lab.conf';

/** What systemd starts as well and nobody here asks for: under emulation it takes as long as half of the rest. */
const NOT_STARTED = [
  ...['libvirtd', 'libvirt-guests', 'virtlogd', 'cron', 'getty@tty1', 'e2scrub_reap', 'ldconfig'],
  ...['systemd-journal-catalog-update', 'systemd-journal-flush', 'systemd-sysusers'],
].map((unit) => `systemd.mask=${unit}.service`);

interface Listed {
  readonly bindings: readonly {
    readonly binding: { readonly address: string };
    readonly state: string;
    readonly device: { readonly address: string; readonly driver: string | null } | null;
  }[];
  readonly outdated: readonly string[];
}

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

  /** What `pci bindings` says of each, by the address that it was written down with. */
  async function listed(machine: RunningMachine): Promise<readonly string[]> {
    const { bindings, outdated } = JSON.parse(await machine.pciOutput(['bindings', '--json'])) as Listed;
    expect(outdated).toEqual([]);
    return bindings.map(
      ({ binding, state, device }) =>
        `${binding.address} ${state} ${device?.address ?? '-'} ${device?.driver ?? '-'}`,
    );
  }

  async function drivers(
    machine: RunningMachine,
    ...addresses: readonly string[]
  ): Promise<readonly string[]> {
    const script = 'for each; do basename "$(readlink "/sys/bus/pci/devices/$each/driver")"; done';
    return (await machine.output(['sh', '-ec', script, 'sh', ...addresses])).trim().split('\n');
  }

  /** What the service said, once it is through. */
  async function serviceLog(machine: RunningMachine): Promise<string> {
    await machine.output(['systemctl', 'start', 'portal-gun.service']);
    return machine.output(['journalctl', '--no-pager', '-b', '-u', 'portal-gun.service']);
  }

  /** Does what the service does, where there is no systemd to start it; gives what it said. */
  async function playService(machine: RunningMachine): Promise<string> {
    const unit = await machine.output(['cat', '/etc/systemd/system/portal-gun.service']);
    const commands = [...unit.matchAll(/^ExecStart=-?(.*)$/gm)].map(([, command = '']) => command.split(' '));
    const said: string[] = [];
    for (const command of commands) {
      const isOurs = command[1]?.endsWith('/pci.js') === true;
      const { stdout, stderr } = await (isOurs ? machine.pci(command.slice(2)) : machine.run(command));
      said.push(stdout, stderr);
    }
    return said.join('');
  }

  /** `MAC ADDRESS` of each interface that e1000e has. */
  async function interfaces(machine: RunningMachine): Promise<readonly string[]> {
    const script = `for each in /sys/bus/pci/drivers/e1000e/0*/net/*; do
      function=$(readlink -f "$each/device")
      echo "$(cat "$each/address") \${function##*/}"
    done`;
    return (await machine.output(['sh', '-c', script])).trim().split('\n').sort();
  }

  /** `MAC VLAN` of each VF that a card has, as the kernel says. */
  async function heldVfs(machine: RunningMachine, card: string): Promise<readonly string[]> {
    const script = 'ip -json link show dev "$(ls "/sys/bus/pci/devices/$1/net")"';
    const [link] = JSON.parse(await machine.output(['sh', '-ec', script, 'sh', card])) as [
      { readonly vfinfo_list: readonly { address: string; vlan_list: readonly { vlan?: number }[] }[] },
    ];
    return link.vfinfo_list.map(({ address, vlan_list: [first] }) => `${address} ${first?.vlan}`);
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
      await confirmation.giveInSessionThatDies();
      expect(await timers()).toContain('portal-gun-confirm-');
      await confirmation.undone('e1000');
      await machine().pciOutput([...confirmation.args, '5m']);
      expect(await timers()).toContain('portal-gun-confirm-');
      await machine().pciOutput(['confirm']);
      expect(await timers()).toBe('');
      expect(await confirmation.state()).toBe('vfio-pci 0');
    });
  });

  test('take no other device when cards are in other slots, and find those that moved', async () => {
    // The initial RAM disk of a host, and then the init that is quick.
    await withMachine('moved', { initrd }, async (machine) => {
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
  });
});
