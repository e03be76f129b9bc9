import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSession } from '../../lib/operations/open-session.ts';
import { type RunningLibvirtd, startLibvirtd } from '../lab/libvirtd.ts';
import { machineHost } from '../lab/machine-host.ts';
import { rootFileSystem } from '../lab/root-file-system.ts';
import { tinyGuest } from '../lab/tiny-guest.ts';
import { PORTAL } from '../support/built-programs.ts';
import { childrenMs, conditions, ENVIRONMENT, median, pair, report, run } from './pairs.mjs';

// What `portal` costs beside `virsh`, with a libvirtd of its own: its `status` of many machines, and its `up` until the init of
// the guest prints its first line. QEMU emulates the guest.

const RUNS = Number(process.argv[2] ?? 9);
const RUNS_OF_UP = Math.min(RUNS, 5);
const MACHINES = 100;
const UP_TIMEOUT_MS = 120_000;

const root = await rootFileSystem((text) => process.stderr.write(`${text}\n`), new AbortController().signal);
const libvirtd = await startLibvirtd(root);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void libvirtd.end());
try {
  process.stdout.write(`${conditions()}. Medians of pairs, run in turn\n`);
  await measureStatus(libvirtd);
  await measureUp(libvirtd);
} finally {
  await libvirtd.end();
}

/** `portal status` of a project whose machines libvirt has as their folders define them. */
async function measureStatus({ uri, bin, folder, virsh }: RunningLibvirtd): Promise<void> {
  const project = join(folder, 'many');
  const names = Array.from({ length: MACHINES }, (_, index) => `m${String(index).padStart(3, '0')}`);
  for (const [index, name] of names.entries()) {
    const at = join(project, 'machines', name);
    mkdirSync(join(at, 'boot'), { recursive: true });
    writeFileSync(join(at, 'boot/vmlinuz'), '');
    writeFileSync(join(at, 'machine.yaml'), definitionOf(index));
  }
  ENVIRONMENT['PATH'] = `${bin}:${process.env['PATH']}`;
  ENVIRONMENT['LIBVIRT_DEFAULT_URI'] = uri;
  const session = await openSession({ project, connect: uri });
  for (const name of names) {
    const { domain } = await session.machines.render(name);
    await expectDone(virsh(['define', '/dev/stdin'], { stdin: domain }));
  }
  const status = [process.execPath, PORTAL, 'status', '--project', project];
  const { stdout } = spawnSync(status[0] ?? '', [...status.slice(1), '--json'], { env: ENVIRONMENT });
  const { machines } = JSON.parse(stdout.toString()) as { machines: readonly { definition: string }[] };
  const current = machines.filter(({ definition }) => definition === 'current').length;
  if (current !== MACHINES) throw new Error(`${current} of ${MACHINES} machines are current`);
  const list = () => run(['virsh', 'list', '--all']);
  report(
    `portal status / virsh list --all: ${MACHINES} machines`,
    pair(() => run(status), list, RUNS),
    3,
  );
  const bare = [process.execPath, PORTAL, '--version'];
  report(
    `portal status / portal --version: ${MACHINES} machines`,
    pair(
      () => run(status),
      () => run(bare),
      RUNS,
    ),
  );
  for (const name of names) await expectDone(virsh(['undefine', name]));
}

/** Definitions of all sizes, as a project has them. */
function definitionOf(index: number): string {
  const lines = [
    'apiVersion: portal-gun/v1',
    `category: ${['router', 'service', 'application'][index % 3]}`,
    `title: Machine ${index}`,
    'accelerator: emulation',
    `memory: ${128 + 32 * (index % 5)}MiB`,
    'boot: { kernel: boot/vmlinuz, arguments: quiet }',
    `nics: [ { network: isolated/lan${index % 7} }${index % 2 === 0 ? ', { network: default, model: e1000e }' : ''} ]`,
    ...(index % 4 === 0 ? [`disks: [ { name: data, size: ${1 + (index % 9)}GiB } ]`] : []),
    ...(index % 5 === 0 ? ['shares: [ { name: data, source: data, mode: rw } ]'] : []),
  ];
  return `# A machine of the bench.\n${lines.join('\n')}\n`;
}

interface Measured {
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Until the programs ended. */
  readonly clientMs: number;
  /** Without the guest. */
  readonly ourCpuMs: number;
}

/** `portal up`, beside `virsh define` and `virsh start` of the document that it defines. */
async function measureUp(daemon: RunningLibvirtd): Promise<void> {
  const host = machineHost(root, daemon);
  const project = join(daemon.folder, 'one');
  const at = join(project, 'machines/m0');
  mkdirSync(at, { recursive: true });
  const guest = await tinyGuest(root, daemon, { name: 'bench', onceUp: 'stay' });
  const stored = async (file: string, name: string) => {
    const { stdout, stderr } = await host.portal(['boot', 'import', file, '--name', name, '--json']);
    const { assets } = JSON.parse(stdout || stderr) as {
      assets: Readonly<Record<string, { sha256: string } | null>>;
    };
    return (assets['elf'] ?? assets['kernel'] ?? assets['initrd'])?.sha256;
  };
  const kernel = await stored(guest.kernel, 'bench');
  const initrd = await stored(guest.initrd, 'bench-initrd');
  writeFileSync(
    join(at, 'machine.yaml'),
    `category: application\nmemory: 128MiB\nboot: { kernel: 'store:${kernel}', initrd: 'store:${initrd}', arguments: quiet }\n`,
  );
  const words = ['--project', project, '--connect', daemon.uri, '--yes'];
  const log = host.outside('/var/log/portal-gun/machines/m0/console.log');
  const document = join(daemon.folder, 'm0.xml');
  const measured = async (
    begin: () => Promise<{ readonly exitCode: number | undefined; stderr: string }>,
  ) => {
    rmSync(log, { force: true });
    const start = process.hrtime.bigint();
    const cpuBefore = childrenMs();
    const { exitCode, stderr } = await begin();
    if (exitCode !== 0) throw new Error(stderr);
    const ourCpuMs = childrenMs() - cpuBefore;
    const clientMs = Number(process.hrtime.bigint() - start) / 1e6;
    await printed(log, guest.marker);
    const wallMs = Number(process.hrtime.bigint() - start) / 1e6;
    return { wallMs, cpuMs: ourCpuMs + guestCpuMs('guest=m0,'), clientMs, ourCpuMs };
  };
  const up = () => measured(() => host.portal(['up', 'm0', ...words]));
  const bare = () =>
    measured(() =>
      host.sh(`virsh -q -c '${daemon.uri}' define '${document}' && virsh -q -c '${daemon.uri}' start m0`),
    );
  const removed = async () => {
    const { exitCode, stderr } = await host.portal(['destroy', 'm0', ...words]);
    if (exitCode !== 0) throw new Error(stderr);
  };
  const pairs: { readonly ours: Measured; readonly theirs: Measured }[] = [];
  for (let at = 0; at <= RUNS_OF_UP; at += 1) {
    const ours = await up();
    writeFileSync(
      document,
      (await daemon.output(['dumpxml', '--inactive', 'm0'])).replace(/<!--[\s\S]*?-->/, ''),
    );
    await removed();
    // The directories that the document names are those that `up` makes.
    for (const path of ['/run', '/var/log', '/var/lib'])
      mkdirSync(host.outside(`${path}/portal-gun/machines/m0`), { recursive: true });
    const theirs = await bare();
    await expectDone(daemon.virsh(['destroy', 'm0']));
    await expectDone(daemon.virsh(['undefine', 'm0']));
    // The first pair warms caches.
    if (at > 0) pairs.push({ ours, theirs });
  }
  const sum = (side: 'ours' | 'theirs') => pairs.reduce((total, both) => total + both[side].cpuMs, 0);
  const result = {
    oursMs: median(pairs.map((both) => both.ours.wallMs)),
    theirsMs: median(pairs.map((both) => both.theirs.wallMs)),
    ratio: median(pairs.map((both) => both.ours.wallMs / both.theirs.wallMs)),
    cpuRatio: sum('ours') / sum('theirs'),
  };
  report('portal up / virsh define, start: until init prints', result, 1.5);
  const part = (side: 'ours' | 'theirs', of: 'clientMs' | 'ourCpuMs') =>
    median(pairs.map((both) => both[side][of])).toFixed(0);
  process.stdout.write(
    `  of this the programs, without the guest: ${part('ours', 'clientMs')} ms and ${part('theirs', 'clientMs')} ms, processor ${part('ours', 'ourCpuMs')} ms and ${part('theirs', 'ourCpuMs')} ms\n`,
  );
}

async function expectDone(
  result: Promise<{ readonly exitCode: number | undefined; readonly stderr: string }>,
) {
  const { exitCode, stderr } = await result;
  if (exitCode !== 0) throw new Error(stderr);
}

/** Waits for a text in a file that a guest writes. */
async function printed(file: string, text: string): Promise<void> {
  const deadline = Date.now() + UP_TIMEOUT_MS;
  while (!existsSync(file) || !readFileSync(file, 'latin1').includes(text)) {
    if (Date.now() > deadline) throw new Error(`${file} does not have "${text}"`);
    await sleep(5);
  }
}

/** The time of processors that a running QEMU took. */
function guestCpuMs(word: string): number {
  const processes = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name));
  const times = processes.map((id) => {
    try {
      if (!readFileSync(`/proc/${id}/cmdline`, 'latin1').includes(word)) return 0;
      const stat = readFileSync(`/proc/${id}/stat`, 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) * 10;
    } catch {
      return 0;
    }
  });
  return Math.max(...times);
}
