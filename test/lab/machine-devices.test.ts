import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseXml } from '../../lib/libvirt/xml/xml-document.ts';
import { definitionDifferences, formatDifference } from '../../lib/machines/domain/normal-form.ts';
import { parseLock } from '../../lib/machines/project/portal-lock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { RunResult } from './agent-connection.ts';
import { createDisk, type RunningMachine } from './boot-machine.ts';
import { describeLab, useMachine } from './describe-lab.ts';
import { killedAt } from './killed.ts';
import { drivers } from './persisted-state.ts';

// Machines of folders that get devices of the host, under a real libvirt on a real kernel, also after cards moved.

const PROJECT = '/root/project';
/** An igb, and its VF that a machine gets. */
const [CARD, VF] = ['0000:01:00.0', '0000:01:10.2'];
/** All e1000e but the uplink: two functions in one group, and a card behind a switch. */
const NICS = ['0000:03:00.0', '0000:03:00.1', '0000:06:00.0'];
const UPLINK = '0000:00:0a.0';
/** The same after cards moved. Where the card behind the switch was is another of its kind. */
const MOVED = {
  card: '0000:02:00.0',
  vf: '0000:02:10.2',
  nics: ['0000:09:00.0', '0000:09:00.1', '0000:0c:00.0'],
  newcomer: '0000:07:00.0',
};
const HOOK = '/etc/libvirt/hooks/qemu.d/portal-gun';
/** The ids of the functions by which a guest knows what it got. */
const [VF_ID, NIC_ID] = ['0x8086 0x10ca', '0x8086 0x10d3'];
const GUEST_INIT = `#!/bin/busybox sh
/bin/busybox mkdir /sys
/bin/busybox mount -t sysfs sys /sys
for each in /sys/bus/pci/devices/*; do
  read -r vendor < $each/vendor
  read -r device < $each/device
  echo "pci $vendor $device"
done
echo 'all seen'
while :; do /bin/busybox sleep 3600; done
`;
type BootAssets = Readonly<Record<'kernel' | 'elf' | 'initrd', { readonly sha256: string } | null>>;
/** KVM is tried for 10 s, in which emulated KVM prints nothing yet: its result is given. */
const SETUP = `modprobe --all vfio-pci kvm-amd
mkdir --mode 700 /run/portal-gun
printf kvm > /run/portal-gun/kvm-result
start-libvirt`;

describeLab('machines of folders with devices of the host', (root) => {
  const disk = join(temporaryFolder(), 'disk.qcow2');
  beforeAll(() => createDisk(root, disk));
  let machine: () => RunningMachine;
  let places: readonly string[] = [];

  const output = (script: string, stdin = ''): Promise<string> =>
    machine().output(['bash', '-ec', script], { stdin });
  const portal = (command: string, ...args: readonly string[]): Promise<RunResult> =>
    machine().run(['portal', command, ...args, '--project', PROJECT]);
  const done = async (command: string, ...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await portal(command, ...args);
    expect(exitCode, `${command} ${args.join(' ')}\n${stdout}${stderr}`).toBe(0);
    return stdout;
  };
  const define = (name: string, text: string): Promise<string> =>
    output(`mkdir -p ${PROJECT}/machines/${name}; cat > ${PROJECT}/machines/${name}/machine.yaml`, text);
  const dump = (name: string): Promise<string> => output(`virsh dumpxml --inactive ${name}`);
  const lockOf = async (): Promise<string> => output(`cat ${PROJECT}/portal.lock`);
  /** All that machines can leave: VMs, files, drivers. */
  const everything = (): Promise<string> =>
    output(`virsh list --all --name
      find /etc/libvirt/hooks /var/lib/portal-gun/machines /var/log/portal-gun /run/portal-gun -mindepth 1 \\
        ! -path /run/portal-gun/lock ! -path /run/portal-gun/kvm-result ! -path '*/qemu.d' 2> /dev/null | sort
      cd /sys/bus/pci/devices
      for each in *; do echo "$each $(readlink "$each/driver")"; done`);
  /** How often a guest saw a function of some ids, once it has seen all since its n-th start. */
  const seenBy = async (name: string, ids: string, starts = 1): Promise<number> => {
    const log = `/var/log/portal-gun/machines/${name}/console.log`;
    const text = await output(
      `until [ "$(grep -c '^all seen' ${log})" -ge ${starts} ]; do sleep 1; done; cat ${log}`,
    );
    return text.split(`pci ${ids}`).length - 1;
  };
  /** Each device of the host in a definition, with its place in the guest. */
  const placesOf = (text: string): readonly string[] =>
    [...text.matchAll(/<alias name='(ua-[^']*)'\/>.*?(<address type='pci'.*?>)/gs)].map(
      ([, alias, address]) => `${alias} ${address}`,
    );

  describe('on a host', () => {
    machine = useMachine(root, 'intel', { disk, nested: true });
    let before: string;
    let boot: string;
    const yamlOf = (select: string): string =>
      `category: router\naccelerator: kvm\nmemory: 128MiB\n${boot}pci: [ { select: "${select}", rom: off } ]\n`;

    beforeAll(async () => {
      writeFileSync(join(machine().folder, 'init'), GUEST_INIT, { mode: 0o755 });
      await output(`${SETUP}
        mkdir -p /tmp/initrd/bin ${PROJECT}/machines
        cd /tmp/initrd
        cp /lab/init .
        cp /usr/bin/busybox bin
        find . | cpio -o -H newc --quiet > /tmp/lab-initrd
        cp /boot/vmlinuz-* /tmp/lab-kernel`);
      const stored = async (file: string): Promise<BootAssets> => {
        const text = await output(`portal boot import /tmp/${file} --name ${file} --json`);
        return (JSON.parse(text) as { assets: BootAssets }).assets;
      };
      const { elf, kernel } = await stored('lab-kernel');
      const { initrd } = await stored('lab-initrd');
      boot = `boot:
  kernel: store:${(elf ?? kernel)?.sha256}
  initrd: store:${initrd?.sha256}
  arguments: quiet mitigations=off cryptomgr.notests nokaslr no_timer_check
`;
      await machine().pciOutput(['sriov', 'set', CARD, '--vfs', '3', '--yes']);
      before = await everything();
    });

    test('are refused what the host needs, and nothing is changed', async () => {
      for (const [name, select] of [
        ['uplink', UPLINK.slice(5)],
        ['disk', 'block=vda'],
        ['screen', 'class=display'],
      ] as const) {
        await define(name, yamlOf(select));
      }
      const { exitCode, stdout, stderr } = await portal('up', '--yes');
      expect(exitCode, stdout + stderr).toBe(4);
      for (const name of ['net-default-route', 'system-disk', 'console']) {
        expect(stderr).toMatch(new RegExp(`^  ${name} +(00:0a.0|00:02.0|0b:00.0) `, 'm'));
      }
      expect(await everything()).toBe(before);
      await output(`cd ${PROJECT}; [ ! -e portal.lock ]; rm -r machines/*`);
    });

    test('get a whole card by a script, which is what up makes of it, and a VF beside it', async () => {
      await define('nic', yamlOf('class=network driver=e1000e !uplink'));
      const script = await done('up', 'nic', '--script');
      const run = await machine().run(['sh', '-s'], { stdin: script });
      expect(run.exitCode, run.stdout + run.stderr).toBe(0);
      expect(await drivers(machine(), ...NICS, UPLINK)).toEqual([...NICS.map(() => 'vfio-pci'), 'e1000e']);
      expect(await seenBy('nic', NIC_ID)).toBe(NICS.length);

      // Its kernel is the same, and belongs to the user of QEMU while the other one runs.
      await define('vf', yamlOf(VF.slice(5)));
      await done('up', 'vf', '--yes');
      expect(await drivers(machine(), VF, '0000:01:10.0')).toEqual(['vfio-pci', 'igbvf']);
      expect(await seenBy('vf', VF_ID)).toBe(1);
      expect(await output(`cat ${HOOK}`)).toContain('/dist/bin/pci.js guard-start');

      const byScript = await dump('nic');
      await done('destroy', '--all', '--grace', '0', '--yes');
      expect(await everything()).toBe(before);
      await done('up', 'nic', '--yes');
      const read = (text: string) => parseXml(text, 'nic');
      const byUp = await dump('nic');
      expect(definitionDifferences(read(byUp), read(byScript)).map(formatDifference)).toEqual([]);
      expect(placesOf(byScript)).toEqual(placesOf(byUp));
    });

    test('are as before once an up was killed and recovered, and then have nothing to do', async () => {
      const all = await everything();
      const killed = await machine().run([
        ...['bash', '-c', killedAt(`portal up vf --yes --project ${PROJECT}`, '… vf: start')],
      ]);
      expect(killed).toMatchObject({ exitCode: 137 });
      expect(await everything()).not.toBe(all);
      await machine().pciOutput(['recover']);
      expect(await everything()).toBe(all);

      await done('up', '--yes');
      expect(await done('up')).toBe('Nothing to do: 2 machines as the folders say.\n');
      expect(Object.keys(parseLock(await lockOf(), 'portal.lock').machines)).toEqual(['nic', 'vf']);
      await done('halt', '--all', '--grace', '0', '--yes');
      expect(await drivers(machine(), ...NICS, VF)).toEqual([...NICS.map(() => 'e1000e'), 'igbvf']);
      places = [...placesOf(await dump('nic')), ...placesOf(await dump('vf'))];
      expect(places).toHaveLength(NICS.length + 1);
    });
  });

  describe('on the host after its cards moved', () => {
    const moved = useMachine(root, 'moved', { disk, nested: true });

    test('get the same devices by their identity, at the same places in the guest', async () => {
      machine = moved;
      await output(SETUP);
      await machine().pciOutput(['sriov', 'set', MOVED.card, '--vfs', '3', '--yes']);
      // Libvirt knows the hook from its start on: now it is asked.
      await done('up', '--yes');
      const { nics, vf, newcomer } = MOVED;
      expect(await drivers(machine(), ...nics, vf)).toEqual([...nics, vf].map(() => 'vfio-pci'));
      expect(await drivers(machine(), newcomer, UPLINK)).toEqual(['e1000e', 'e1000e']);
      expect([...placesOf(await dump('nic')), ...placesOf(await dump('vf'))]).toEqual(places);
      const { machines } = parseLock(await lockOf(), 'portal.lock');
      const addresses = Object.values(machines).flatMap(({ devices }) =>
        Object.values(devices).flatMap((records) => records.map(({ address }) => address)),
      );
      expect(addresses).toEqual([...nics, vf]);
    });

    test('lose them in their definitions as they run, and give them back at their end', async () => {
      await output(`sed -i '/^pci:/d' ${PROJECT}/machines/*/machine.yaml`);
      await done('up', '--yes');
      for (const name of ['nic', 'vf']) expect(placesOf(await dump(name))).toEqual([]);
      expect(await output(`ls ${HOOK} 2> /dev/null || true`)).toBe('');
      expect(await drivers(machine(), ...MOVED.nics, MOVED.vf)).toEqual(
        [...MOVED.nics, MOVED.vf].map(() => 'vfio-pci'),
      );
      await done('destroy', '--all', '--data', '--grace', '0', '--yes');
      expect(await drivers(machine(), ...MOVED.nics, MOVED.vf)).toEqual([
        ...MOVED.nics.map(() => 'e1000e'),
        'igbvf',
      ]);
      const left = await everything();
      expect(left).toMatch(/^\s*0000:00:00.0/);
      expect(left).not.toContain('portal-gun');
    });
  });
});
