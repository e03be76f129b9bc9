import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { RunResult } from './agent-connection.ts';
import { describeLab, useMachine } from './describe-lab.ts';
import { killedAt } from './killed.ts';

/** Two functions in one group. */
const PAIR = ['0000:03:00.0', '0000:03:00.1'] as const;
const ROUTERS = ['galaxy0', 'galaxy1', 'galaxy2'] as const;
const ALL = [...ROUTERS, 'mail'] as const;
/** An 82576, whose VFs have the id after it. */
const CARD = '0000:01:00.0';
const VF_ID = '8086:10ca';
const HOOK = '/etc/libvirt/hooks/qemu.d/portal-gun';

type MachineUnder = (typeof ALL)[number];

/**
 * The one that Linux runs in, which says by which MAC it knows its card. Each time that it gets the processor, whatever else
 * runs becomes slower for a while; so it is suspended where nothing is asked of it.
 */
const WITH_LINUX: MachineUnder = 'galaxy2';
const CONSOLE = `/var/log/libvirt/qemu/${WITH_LINUX}.console`;
const INITRD = '/var/lib/libvirt/guest.initrd';
const GUEST_INIT = `#!/bin/busybox sh
/bin/busybox mkdir /sys
/bin/busybox mount -t sysfs sys /sys
/bin/busybox insmod /igbvf.ko
last=
while :; do
  now=gone
  [ ! -e /sys/class/net/eth0/address ] || read -r now < /sys/class/net/eth0/address
  [ "$now" = "$last" ] || echo "eth0 is $now."
  last=$now
  # Nobody types: it waits, and without a process of its own.
  read -r -t 2 _
done
`;

describeLab('machines that were given devices, under a real libvirt on a real kernel', (root) => {
  const machine = useMachine(root, 'intel', { nested: true });
  let before: string;
  let macOfGuest = '';

  const sh = (script: string): Promise<RunResult> => machine().run(['bash', '-c', script]);
  const output = (script: string): Promise<string> => machine().output(['bash', '-ec', script]);

  /** The definitions of all, to the byte. */
  const definitions = (): Promise<string> =>
    output(`virsh --quiet '${ALL.map((name) => `dumpxml --inactive --security-info ${name}`).join(';')}'`);

  const hookOf = (): Promise<string> => output(`cat ${HOOK} 2>/dev/null || true`);

  const driversOf = (...addresses: readonly string[]): Promise<string> =>
    output(`cd /sys/bus/pci/devices
      for each in ${addresses.join(' ')}; do basename "$(readlink $each/driver)"; done`);

  beforeAll(async () => {
    const kernel = `/${relative(root.tree, root.kernel)}`;
    writeFileSync(join(machine().folder, 'init'), GUEST_INIT, { mode: 0o755 });
    for (const name of ALL) writeFileSync(join(machine().folder, `${name}.xml`), domain(name, kernel));
    // What systemd makes of modules that say so: without /dev/vfio/vfio libvirt takes no device.
    await output(`modprobe --all vfio-pci kvm-amd
      mkdir -p /tmp/initrd/bin
      cd /tmp/initrd
      cp /lab/init "$(modinfo -n igbvf)" .
      cp /usr/bin/busybox bin
      find . | cpio -o -H newc --quiet > ${INITRD}
      start-libvirt
      virsh --quiet '${ALL.map((name) => `define /lab/${name}.xml`).join(';')}'`);
    before = await definitions();
  });

  test('have both functions of the group, and libvirt asks before it starts them', async () => {
    const assigned = await machine().pci(['assign', PAIR[0], '--type', 'router', '--yes']);
    expect(assigned, assigned.stderr).toMatchObject({ exitCode: 0, stdout: '' });
    expect(assigned.stderr).toContain(`${HOOK} (libvirt finds its first hook after a reload:`);
    const after = await definitions();
    for (const fn of [0, 1]) {
      expect(after.match(new RegExp(`bus='0x03' slot='0x00' function='0x${fn}'/>`, 'g'))).toHaveLength(3);
    }
    expect(await hookOf()).toContain('guard-start');
    // As systemctl reload does.
    await output('kill -HUP $(cat /run/libvirtd.pid)');
  });

  test('do not start where a device is gone, or is not the one that was meant', async () => {
    await output(`virsh dumpxml --inactive galaxy2 > /tmp/galaxy2.xml
      sed '0,/id="8086:10d3"/s//id="8086:10d4"/' /tmp/galaxy2.xml > /tmp/other.xml
      ! cmp -s /tmp/galaxy2.xml /tmp/other.xml
      virsh define /tmp/other.xml
      echo 1 > /sys/bus/pci/devices/${PAIR[1]}/remove`);
    const { exitCode, stderr } = await sh('virsh start galaxy2 --paused');
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      `pci: galaxy2: ${PAIR[0]} is not the assigned device: another device is at its address; ` +
        `${PAIR[1]} was assigned, but is not on the bus [START_REFUSED]`,
    );
    await output(`virsh define /tmp/galaxy2.xml; echo 1 > /sys/bus/pci/rescan; udevadm settle`);
    expect(await driversOf(...PAIR)).toBe('e1000e\ne1000e\n');
  });

  test('hold the devices once they are started, and it is said who does', async () => {
    const seen = await output(
      `virsh --quiet 'start galaxy0 --paused; qemu-monitor-command --hmp galaxy0 "info qtree"'`,
    );
    for (const address of PAIR) {
      expect(seen).toContain(`dev: vfio-pci, id "ua-portal-gun-${address.replaceAll(/[:.]/g, '-')}"`);
      expect(seen).toContain(`host = "${address}"`);
    }
    expect(await driversOf(...PAIR)).toBe('vfio-pci\nvfio-pci\n');
    const open = await output(`group=$(basename "$(readlink /sys/bus/pci/devices/${PAIR[0]}/iommu_group)")
      find /proc/$(cat /run/libvirt/qemu/galaxy0.pid)/fd -lname /dev/vfio/$group | wc -l`);
    expect(open).toBe('1\n');

    const list = JSON.parse(await machine().pciOutput(['assignments', '--json'])) as {
      machines: { name: string; assignments: { held: boolean }[] }[];
    };
    const held = list.machines.map(({ name, assignments }) => [
      name,
      ...assignments.map((each) => each.held),
    ]);
    expect(held).toEqual([
      ['galaxy0', true, true],
      ['galaxy1', false, false],
      ['galaxy2', false, false],
    ]);
  });

  test('start one at a time: the second is told who has it, and starts after that', async () => {
    const { exitCode, stderr } = await sh('virsh start galaxy1 --paused');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /pci: galaxy1: 0000:03:00\.0, with 0000:03:00\.1, is in use by VM galaxy0 \(pid \d+\), and only one VM at a time can run with it \[START_REFUSED\]\nhint: shut down the VM that has it/,
    );
    await output("virsh 'destroy galaxy0; start galaxy1 --paused'");
    expect(await driversOf(...PAIR)).toBe('vfio-pci\nvfio-pci\n');
    await output('virsh destroy galaxy1');
    expect(await driversOf(...PAIR)).toBe('e1000e\ne1000e\n');
  });

  test('are to the byte what they were once it is taken from them, and start as before', async () => {
    await machine().pciOutput(['unassign', PAIR[1], '--yes']);
    expect(await definitions()).toBe(before);
    expect(await hookOf()).toBe('');
    await output("virsh 'start galaxy1 --paused; destroy galaxy1'");
  });

  test('run at the same time where each has a VF of its own, with the MAC that it was to have', async () => {
    const assigned = await machine().pci([
      ...['assign', CARD, '--type', 'router', '--policy', 'vf-pool', '--yes'],
    ]);
    expect(assigned, assigned.stderr).toMatchObject({ exitCode: 0 });
    // A hook was there before: no reload.
    expect(await hookOf()).toContain('guard-start');
    // QEMU shows what is behind a port once the firmware has given that a number.
    const found = await output(`for each in ${ROUTERS.join(' ')}; do
        virsh --quiet start $each >&2
        for try in $(seq 40); do
          virsh --quiet "qemu-monitor-command --hmp $each 'info pci'; dumpxml $each" > /tmp/seen
          sed '/^<domain/,$d' /tmp/seen > /tmp/shown
          ! grep -q ${VF_ID} /tmp/shown || break
          sleep 0.5
        done
        [ $each = ${WITH_LINUX} ] || virsh --quiet suspend $each >&2
        grep -c ${VF_ID} /tmp/shown
        sed -n "/<interface type='hostdev'/,/<.source>/s/.*<mac address='\\(.*\\)'.*/\\1/p" /tmp/seen
        find /proc/$(cat /run/libvirt/qemu/$each.pid)/fd -lname '/dev/vfio/[0-9]*' -printf '%l\\n'
      done`);
    const links = await output(`cd /sys/bus/pci/devices/${CARD}
      for index in 0 1 2; do basename "$(readlink virtfn$index/driver)"
        echo /dev/vfio/$(basename "$(readlink virtfn$index/iommu_group)"); done`);
    const lines = links.trimEnd().split('\n');
    expect([0, 2, 4].map((index) => lines[index])).toEqual(['vfio-pci', 'vfio-pci', 'vfio-pci']);
    const [link] = JSON.parse(await output('ip -json link show dev enp1s0')) as [
      { vfinfo_list: { address: string }[] },
    ];
    expect(found.trimEnd().split('\n')).toEqual(
      [0, 1, 2].flatMap((index) => ['1', link.vfinfo_list[index]?.address, lines[2 * index + 1]]),
    );
    expect(new Set(link.vfinfo_list.map(({ address }) => address)).size).toBe(3);
    macOfGuest = link.vfinfo_list[ROUTERS.indexOf(WITH_LINUX)]?.address ?? '';
  });

  /** Waits until the guest says something for the n-th time. */
  const heard = (line: string, times: number): Promise<string> =>
    output(`until [ "$(grep -c '^${line}' ${CONSOLE})" -ge ${times} ]; do sleep 0.5; done`);

  /** What the machine with Linux has of the card as it runs: functions that QEMU shows, and elements of its document. */
  const hasNow = async (): Promise<readonly number[]> => {
    const found = await output(`
      virsh --quiet 'qemu-monitor-command --hmp ${WITH_LINUX} "info pci"; dumpxml ${WITH_LINUX}' > /tmp/seen
      sed '/^<domain/,$d' /tmp/seen | grep -c ${VF_ID} || true
      grep -c "<interface type='hostdev'" /tmp/seen || true`);
    return found.trimEnd().split('\n').map(Number);
  };

  const plug = (...more: readonly string[]): readonly string[] => [
    ...['assign', CARD, '--policy', 'vf-pool', '--machine', WITH_LINUX, '--live', ...more],
  ];
  const unplug = ['unassign', CARD, '--machine', WITH_LINUX, '--live', '--yes'] as const;

  test('see the MAC that was asked for in the guest', async () => {
    await heard(`eth0 is ${macOfGuest}[.]`, 1);
    expect(await hasNow()).toEqual([1, 1]);
  });

  test('lose a device as they run, and get it again, with the definition as it was', async () => {
    const given = await definitions();
    await machine().pciOutput(unplug);
    expect(await hasNow()).toEqual([0, 0]);
    await heard('eth0 is gone[.]', 1);

    await machine().pciOutput(plug('--yes'));
    expect(await hasNow()).toEqual([1, 1]);
    await heard(`eth0 is ${macOfGuest}[.]`, 2);
    expect(await machine().pciOutput(plug('--yes'))).toContain('Nothing to do.');
    expect(await definitions()).toBe(given);

    const paused = await machine().pci(['unassign', CARD, '--machine', ROUTERS[0], '--live', '--yes']);
    expect(paused).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('is paused: its guest cannot release a device [NOT_RUNNING]'),
    });
  });

  test('have it until they end where it is taken out of the definition alone, or at once', async () => {
    await output(`virsh 'destroy ${ROUTERS[0]}; destroy ${ROUTERS[1]}; suspend ${WITH_LINUX}'`);
    await machine().pciOutput(['unassign', CARD, '--yes']);
    expect(await definitions()).toBe(before);
    expect(await hookOf()).toBe('');
    const list = JSON.parse(await machine().pciOutput(['assignments', '--json'])) as {
      machines: { name: string; assignments: unknown[]; passing: { address: string }[] }[];
    };
    expect(list.machines).toMatchObject([
      { name: WITH_LINUX, assignments: [], passing: [{ address: '0000:01:10.4' }] },
    ]);
    await output(`virsh resume ${WITH_LINUX}`);
    await machine().pciOutput(unplug);
    expect(await hasNow()).toEqual([0, 0]);
  });

  test('are all as they were, now and at their next start, after kill -9 in the middle, and pci recover', async () => {
    const both = ['assign', CARD, '--type', 'router', '--policy', 'vf-pool', '--live', '--config', '--yes'];
    const killed = await sh(killedAt(`pci ${both.join(' ')}`, `… ${WITH_LINUX}: attach 0000:`));
    expect(killed).toMatchObject({ exitCode: 137 });
    expect(await hookOf()).toContain('guard-start');
    expect(await definitions()).not.toBe(before);
    await machine().pciOutput(['recover']);
    expect(await hasNow()).toEqual([0, 0]);
    expect(await definitions()).toBe(before);
    expect(await hookOf()).toBe('');
  });
});

function domain(name: MachineUnder, kernel: string): string {
  const category = name === 'mail' ? 'application' : 'router';
  const isLinux = name === WITH_LINUX;
  const boot = `<kernel>${kernel}</kernel>
    <initrd>${INITRD}</initrd>
    <cmdline>console=ttyS0 quiet mitigations=off cryptomgr.notests nokaslr</cmdline>`;
  return `<domain type='kvm'>
  <name>${name}</name>
  <metadata>
    <portal-gun:machine xmlns:portal-gun="urn:portal-gun:machine:v1" category="${category}"/>
  </metadata>
  <memory unit='MiB'>${isLinux ? 192 : 32}</memory>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    ${isLinux ? boot : ''}
  </os>
  <features><acpi/></features>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
    ${isLinux ? `<serial type='file'><source path='${CONSOLE}'/></serial>` : ''}
  </devices>
</domain>
`;
}
