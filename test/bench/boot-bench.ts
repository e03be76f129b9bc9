import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BootOptions, bootMachine, createDisk, type RunningMachine } from '../lab/boot-machine.ts';
import { CARD, DRIVERLESS, PAIR, TWIN, VF } from '../lab/persisted-cast.ts';
import { rootFileSystem } from '../lab/root-file-system.ts';

// What portal-gun.service costs at a boot under systemd, and how long libvirtd waits for it: BOOTS. Beside it a start of Node, in
// the same machine: what else runs on the processors of the machine outside slows both.

const BOOTS = Number(process.argv[2] ?? 3);
/** As on a host: on its own disk, and not on the share, which is there only later. */
const PROGRAM = '/opt/portal-gun/dist/bin/pci.js';
const INSTALL = `mkdir -p /opt/portal-gun /etc/systemd/system/portal-gun-lab.service.d
  cp -r /portal-gun/dist /portal-gun/package.json /opt/portal-gun/
  printf '[Unit]\\nAfter=libvirtd.service portal-gun.service\\n' > /etc/systemd/system/portal-gun-lab.service.d/late.conf`;

/** What the lab does not need, and what would share the only processor with what is measured. */
const NOT_STARTED = [
  ...['cron', 'getty@tty1', 'e2scrub_reap', 'ldconfig', 'systemd-journal-catalog-update'],
  ...['systemd-journal-flush', 'systemd-sysusers'],
].map((unit) => `systemd.mask=${unit}.service`);

const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interruption.abort());
const { signal } = interruption;

const root = await rootFileSystem((text) => process.stderr.write(`${text}\n`), signal);
const folder = mkdtempSync(join(tmpdir(), 'portal-gun-boot-'));
const [disk, initrd] = [join(folder, 'disk.qcow2'), join(folder, 'initrd')];
try {
  await createDisk(root, disk);
  await withMachine({}, async (machine) => {
    await machine.output(['sh', '-ec', INSTALL]);
    const pci = (...args: readonly string[]) =>
      machine.output(['node', PROGRAM, ...args, '--persist', '--yes'], { timeoutMs: 900_000 });
    await pci('sriov', 'set', CARD, '--vfs', '3', '--vlan', '100', '--vf', '0:trust=on');
    await pci('bind', PAIR[0], TWIN, DRIVERLESS, VF);
    await machine.output(['sh', '-ec', 'cp /boot/initrd.img-* /lab/initrd']);
    copyFileSync(join(machine.folder, 'initrd'), initrd);
  });
  const boots: Boot[] = [];
  for (let boot = 1; boot <= BOOTS; boot += 1) {
    await withMachine({ init: 'systemd', initrd, kernelArguments: NOT_STARTED }, async (machine) => {
      boots.push(await measured(machine));
    });
  }
  const line = (name: string, of: (boot: Boot) => number) =>
    `  ${name.padEnd(44)}${median(boots.map(of)).toFixed(1)}\n`;
  process.stdout.write(
    `portal-gun.service in the lab, 3 VFs and 5 bindings; medians of ${BOOTS} boots\n` +
      line('its processor time, s', ({ cpuS }) => cpuS) +
      line('libvirtd waits for it, s', ({ waitS }) => waitS) +
      line('its processor time / node -e 0', ({ cpuS, nodeS }) => cpuS / nodeS) +
      line('libvirtd waits for it / node -e 0', ({ waitS, nodeS }) => waitS / nodeS),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

interface Boot {
  readonly cpuS: number;
  readonly waitS: number;
  /** The processor time of `node -e 0`, after it was run before. */
  readonly nodeS: number;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

async function withMachine(
  options: BootOptions,
  use: (machine: RunningMachine) => Promise<void>,
): Promise<void> {
  const machine = await bootMachine(root, 'intel', { disk, signal, ...options });
  try {
    await use(machine);
  } finally {
    await machine.end();
  }
}

/** What systemd counted: the times of its units in microseconds, their processor time in nanoseconds. */
async function measured(machine: RunningMachine): Promise<Boot> {
  // Done once this is: the unit runs once in a boot.
  await machine.output(['systemctl', 'start', 'portal-gun.service'], { timeoutMs: 600_000 });
  const names = ['CPUUsageNSec', 'InactiveExitTimestampMonotonic', 'ActiveEnterTimestampMonotonic'];
  const [cpu = 0, begun = 0, done = 0] = await Promise.all(
    names.map(async (name) =>
      Number(await machine.output(['systemctl', 'show', '--value', '-p', name, 'portal-gun.service'])),
    ),
  );
  const times = 'TIMEFORMAT="%U %S"; for i in 1 2 3 4 5 6; do time node -e 0; done 2>&1';
  const starts = (await machine.output(['bash', '-c', times])).trim().split('\n');
  const nodeS = median(starts.slice(1).map((line) => line.split(' ').reduce((sum, s) => sum + Number(s), 0)));
  process.stderr.write(
    `${(cpu / 1e9).toFixed(1)} s, ${((done - begun) / 1e6).toFixed(1)} s, node ${nodeS} s\n`,
  );
  return { cpuS: cpu / 1e9, waitS: (done - begun) / 1e6, nodeS };
}
