import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { stableMac } from '../../lib/pci/sriov/stable-mac.ts';
import type { RunningMachine } from './boot-machine.ts';
import { holding, vfioFile } from './holding.ts';

/** An 82576 under igb, with room for 7 VFs, and an NVMe controller with room for 4. */
const CARD = '0000:01:00.0';
const DRIVE = '0000:02:00.0';
const CARD_MAC = '52:54:00:00:00:02';
/** No driver of Linux takes it. */
const DRIVERLESS = '0000:07:00.0';

export function testSriov(machine: () => RunningMachine): void {
  describe('virtual functions', () => {
    afterAll(async () => {
      for (const pf of [CARD, DRIVE]) await machine().pciOutput(['sriov', 'set', pf, '--vfs', '0', '--yes']);
      await machine().pciOutput(['unbind', DRIVERLESS, '--yes']);
    });

    const set = (...args: readonly string[]) => machine().pci(['sriov', 'set', ...args, '--yes']);

    /** A line for each VF of the card: its driver, its override, the MAC of its interface; and autoprobe. */
    async function states(): Promise<readonly string[]> {
      const script = `cd /sys/bus/pci/devices/${CARD}; udevadm settle
      for vf in virtfn*; do [ -e $vf ] || continue
        echo "$(basename "$(readlink $vf/driver || echo -)") $(cat $vf/driver_override) $(cat $vf/net/*/address 2>/dev/null)"
      done
      echo "autoprobe $(cat sriov_drivers_autoprobe)"`;
      const text = await machine().output(['sh', '-c', script]);
      return text
        .replaceAll('(null)', '-')
        .trimEnd()
        .split('\n')
        .map((line) => line.trimEnd());
    }

    /** What the kernel says that the card holds its VFs to, and whether it is up. */
    async function held() {
      const [link] = JSON.parse(await machine().output(['ip', '-json', 'link', 'show', 'dev', 'enp1s0'])) as [
        { flags: readonly string[]; vfinfo_list: readonly Record<string, unknown>[] },
      ];
      return { isUp: link.flags.includes('UP'), vfs: link.vfinfo_list };
    }

    test('are made with stable MACs that their interfaces have, and set; again there is nothing to do', async () => {
      const args = [CARD, '--vfs', '4', '--vlan', '100', '--vf', '1:trust=on,vlan=none'];
      const made = await set(...args);
      expect(made, made.stderr).toMatchObject({ exitCode: 0, stdout: '' });
      expect(await states()).toEqual([
        ...[0, 1, 2, 3].map((index) => `igbvf - ${stableMac(CARD_MAC, index)}`),
        'autoprobe 1',
      ]);
      const { isUp, vfs } = await held();
      expect(isUp).toBe(true);
      expect(vfs).toMatchObject([
        { vlan_list: [{ vlan: 100 }], trust: false },
        { vlan_list: [{}], trust: true },
        { vlan_list: [{ vlan: 100 }], trust: false },
        { vlan_list: [{ vlan: 100 }], trust: false },
      ]);
      expect(await set(...args)).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining('Nothing to do'),
      });
    });

    test('are listed with what they are set to, to an ordinary user too', async () => {
      const { exitCode, stdout } = await machine().pci(['sriov', 'list', '--json'], { user: 'nobody' });
      expect(exitCode).toBe(0);
      const { pfs } = JSON.parse(stdout) as { pfs: readonly { vfs: readonly object[] }[] };
      expect(pfs).toMatchObject([
        { address: CARD, numVfs: 4, totalVfs: 7, interface: { name: 'enp1s0', up: true } },
        { address: DRIVE, numVfs: 0, totalVfs: 4, interface: null },
      ]);
      expect(pfs[0]?.vfs[1]).toMatchObject({
        address: '0000:01:10.2',
        driver: 'igbvf',
        settings: { mac: stableMac(CARD_MAC, 1), trust: true, spoofCheck: true, linkState: 'auto' },
      });
    });

    test('that stay come back as they were, on vfio-pci too, where their number changes', async () => {
      await machine().pciOutput(['bind', '01:10.2', '--yes']);
      const fewer = await set(CARD, '--vfs', '2');
      expect(fewer, fewer.stderr).toMatchObject({ exitCode: 0 });
      expect(await states()).toEqual([
        `igbvf - ${stableMac(CARD_MAC, 0)}`,
        'vfio-pci vfio-pci',
        'autoprobe 1',
      ]);
      expect((await held()).vfs).toMatchObject([
        { address: stableMac(CARD_MAC, 0), vlan_list: [{ vlan: 100 }], trust: false },
        { address: stableMac(CARD_MAC, 1), vlan_list: [{}], trust: true },
      ]);
    });

    test('are all as they were where the driver refuses what is asked', async () => {
      const before = [await states(), await held()];
      const refused = await set(CARD, '--vfs', '3', '--vf', '2:link=disable');
      expect(refused.exitCode).toBe(8);
      expect(refused.stderr).toContain('cannot set link disable of VF 2: Operation not supported');
      expect([await states(), await held()]).toEqual(before);
    });

    test('are not taken from who uses them, and not made by an ordinary user, or too many', async () => {
      const interfaceOf = '"$(ls /sys/bus/pci/devices/0000:01:10.0/net)"';
      const configure = `ip link set ${interfaceOf} up; ip address add 192.0.2.1/24 dev ${interfaceOf}`;
      await machine().output(['sh', '-ec', configure]);
      const used = await holding(machine(), await vfioFile(machine(), '0000:01:10.2'), () =>
        set(CARD, '--vfs', '0'),
      );
      await machine().output(['sh', '-c', `ip address flush dev ${interfaceOf}`]);
      expect(used.exitCode).toBe(4);
      expect(used.stderr).toMatch(/machine-has-it +01:10\.2 /);
      expect(used.stderr).toMatch(/net-address +01:10\.0 carries 192\.0\.2\.1\/24/);
      expect(await states()).toHaveLength(3);

      const args = ['sriov', 'set', CARD, '--vfs', '0', '--yes'];
      const { exitCode, stderr } = await machine().pci(args, { user: 'nobody' });
      expect(exitCode).toBe(5);
      expect(stderr).toContain('[PERMISSION_DENIED]');
      expect(await set(CARD, '--vfs', '8')).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining('can have 7 VFs at most'),
      });
      expect(await states()).toHaveLength(3);
    });

    test('are set up by a script as well, twice without harm', async () => {
      const args = ['sriov', 'set', CARD, '--vfs', '3', '--vlan', '7', '--script'];
      const script = await machine().pciOutput(args);
      for (let run = 0; run < 2; run += 1) await machine().output(['sh'], { stdin: script });
      expect(await states()).toEqual([
        `igbvf - ${stableMac(CARD_MAC, 0)}`,
        'vfio-pci vfio-pci',
        `igbvf - ${stableMac(CARD_MAC, 2)}`,
        'autoprobe 1',
      ]);
      expect((await held()).vfs.map((vf) => vf['vlan_list'])).toEqual([
        [{ vlan: 7 }],
        [{ vlan: 7 }],
        [{ vlan: 7 }],
      ]);
    });

    test('go, all of them; and those of a drive are made without drivers', async () => {
      expect(await set(CARD, '--vfs', '0')).toMatchObject({ exitCode: 0 });
      expect(await states()).toEqual(['autoprobe 1']);
      const drive = await set(DRIVE, '--vfs', '2', '--no-autoprobe');
      expect(drive, drive.stderr).toMatchObject({ exitCode: 0 });
      const path = `/sys/bus/pci/devices/${DRIVE}`;
      expect(
        await machine().output(['sh', '-c', `cd ${path}; cat sriov_numvfs sriov_drivers_autoprobe`]),
      ).toBe('2\n0\n');
      expect(await machine().output(['sh', '-c', `ls -d ${path}/virtfn*/driver 2>/dev/null || true`])).toBe(
        '',
      );
    });

    test('are brought with bindings to what a policy says, in two plans, and that is the end of it', async () => {
      const policy = `portal-gun: policy/v1
bindings:
  - ${DRIVERLESS}
virtual-functions:
  - {device: {mac: ${CARD_MAC}}, count: 2, driver: vfio-pci}
`;
      writeFileSync(join(machine().folder, 'policy.yaml'), policy);
      const applied = await machine().pci(['apply', '/lab/policy.yaml', '--yes', '--json']);
      expect(applied, applied.stderr).toMatchObject({ exitCode: 0 });
      const { plans, postponed } = JSON.parse(applied.stdout) as { plans: unknown[]; postponed: unknown[] };
      expect(plans).toMatchObject([{ report: { outcome: 'done' } }, { report: { outcome: 'done' } }]);
      expect(postponed).toEqual([]);
      expect((await states()).slice(0, 2)).toEqual(['vfio-pci vfio-pci', 'vfio-pci vfio-pci']);
      const driver = await machine().output(['readlink', `/sys/bus/pci/devices/${DRIVERLESS}/driver`]);
      expect(driver).toMatch(/\/vfio-pci\n$/);
      const { exitCode, stdout } = await machine().pci(['apply', '/lab/policy.yaml', '--check']);
      expect({ exitCode, stdout }).toEqual({
        exitCode: 0,
        stdout: 'The host matches /lab/policy.yaml.\nNothing to do.\n',
      });
    });
  });
}
