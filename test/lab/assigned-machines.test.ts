import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { RunResult } from './agent-connection.ts';
import { describeLab, useMachine } from './describe-lab.ts';

/** Two functions in one group. */
const PAIR = ['0000:03:00.0', '0000:03:00.1'] as const;
const ROUTERS = ['galaxy0', 'galaxy1', 'galaxy2'] as const;
const ALL = [...ROUTERS, 'mail'] as const;
/** An 82576, whose VFs have the id after it. */
const CARD = '0000:01:00.0';
const VF_ID = '8086:10ca';
const HOOK = '/etc/libvirt/hooks/qemu.d/portal-gun';

type MachineUnder = (typeof ALL)[number];

describeLab('machines that were given devices, under a real libvirt on a real kernel', (root) => {
  const machine = useMachine(root, 'intel');
  let before: string;

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
    for (const name of ALL) writeFileSync(join(machine().folder, `${name}.xml`), domain(name));
    // What systemd makes of modules that say so: without /dev/vfio/vfio libvirt takes no device.
    await output(`modprobe vfio-pci
      start-libvirt
      virsh --quiet '${ALL.map((name) => `define /lab/${name}.xml`).join(';')}'`);
    before = await definitions();
  });

  test('are all as they were after kill -9 in the middle, and pci recover', async () => {
    const killed = await sh(`exec 3< <(exec pci assign ${PAIR[0]} --type router --yes 2>&1); pid=$!
      while read -r line <&3; do
        [[ $line != '… ${ROUTERS[1]}'* ]] || kill -9 $pid
      done
      wait $pid`);
    expect(killed).toMatchObject({ exitCode: 137 });
    expect(await hookOf()).toContain('guard-start');
    expect(await definitions()).not.toBe(before);
    await machine().pciOutput(['recover']);
    expect(await definitions()).toBe(before);
    expect(await hookOf()).toBe('');
  });

  test('have both functions of the group, and libvirt asks before it starts them', async () => {
    const assigned = await machine().pci(['assign', PAIR[0], '--type', 'router', '--yes']);
    expect(assigned, assigned.stderr).toMatchObject({ exitCode: 0, stdout: '' });
    expect(assigned.stderr).toContain(`${HOOK} (it looks for its first hook when it is told to:`);
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
      `pci: galaxy2: ${PAIR[0]} is another device now than the one that was assigned; ` +
        `${PAIR[1]} was assigned, and the device is not on the bus [START_REFUSED]`,
    );
    await output(`virsh define /tmp/galaxy2.xml; echo 1 > /sys/bus/pci/rescan; udevadm settle`);
    expect(await driversOf(...PAIR)).toBe('e1000e\ne1000e\n');
  });

  test('hold the devices once they run, and it is said who does', async () => {
    const seen = await output(`virsh start galaxy0
      for try in $(seq 40); do
        virsh qemu-monitor-command --hmp galaxy0 'info pci' > /tmp/seen
        [ "$(grep -c 8086:10d3 /tmp/seen)" -lt 2 ] || break
        sleep 0.5
      done
      virsh suspend galaxy0
      cat /tmp/seen`);
    for (const address of PAIR) expect(seen).toContain(`ua-portal-gun-${address.replaceAll(/[:.]/g, '-')}"`);
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
      /pci: galaxy1: 0000:03:00\.0, with 0000:03:00\.1, is in use by machine galaxy0 \(pid \d+\), and one machine at a time can run with it \[START_REFUSED\]\nhint: shut down who has it/,
    );
    await output('virsh destroy galaxy0; virsh start galaxy1 --paused');
    expect(await driversOf(...PAIR)).toBe('vfio-pci\nvfio-pci\n');
    await output('virsh destroy galaxy1');
    expect(await driversOf(...PAIR)).toBe('e1000e\ne1000e\n');
  });

  test('are to the byte what they were once it is taken from them, and start as before', async () => {
    await machine().pciOutput(['unassign', PAIR[1], '--yes']);
    expect(await definitions()).toBe(before);
    expect(await hookOf()).toBe('');
    await output('virsh start galaxy1 --paused; virsh destroy galaxy1');
  });

  test('run at the same time where each has a VF of its own, with the MAC that it was to have', async () => {
    const assigned = await machine().pci([
      ...['assign', CARD, '--type', 'router', '--policy', 'vf-pool', '--yes'],
    ]);
    expect(assigned, assigned.stderr).toMatchObject({ exitCode: 0 });
    // A hook was there before: no reload.
    expect(await hookOf()).toContain('guard-start');
    const found = await output(`for each in ${ROUTERS.join(' ')}; do
        virsh start $each >&2
        for try in $(seq 40); do
          virsh qemu-monitor-command --hmp $each 'info pci' > /tmp/seen
          ! grep -q ${VF_ID} /tmp/seen || break
          sleep 0.5
        done
        virsh suspend $each >&2
        grep -c ${VF_ID} /tmp/seen
        virsh dumpxml $each > /tmp/live.xml
        sed -n "/<interface type='hostdev'/,/<.source>/s/.*<mac address='\\(.*\\)'.*/\\1/p" /tmp/live.xml
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

    await output(`virsh --quiet '${ROUTERS.map((name) => `destroy ${name}`).join(';')}'`);
    await machine().pciOutput(['unassign', CARD, '--yes']);
    expect(await definitions()).toBe(before);
    expect(await hookOf()).toBe('');
  });
});

function domain(name: MachineUnder): string {
  const category = name === 'mail' ? 'application' : 'router';
  return `<domain type='qemu'>
  <name>${name}</name>
  <metadata>
    <portal-gun:machine xmlns:portal-gun="urn:portal-gun:machine:v1" category="${category}"/>
  </metadata>
  <memory unit='MiB'>32</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <features><acpi/></features>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
  </devices>
</domain>
`;
}
