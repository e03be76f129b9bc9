import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ApplyReport } from '../../lib/apply/apply-report.ts';
import { openHost } from '../../lib/host/open-host.ts';
import { IMAGE_NAMES_FOLDER, imagePath } from '../../lib/machines/boot/store-paths.ts';
import { parseLock } from '../../lib/machines/project/portal-lock.ts';
import type { Session } from '../../lib/operations/open-session.ts';
import type { UpOptions } from '../../lib/operations/project/propose-up.ts';
import { START_HOOK_PATH } from '../../lib/plan/persistence/start-hook-paths.ts';
import { idleHost } from '../support/idle-host.ts';
import { KERNEL_PATH, machineProject } from '../support/machine-project.ts';
import { MemoryLargeFiles } from '../support/memory-large-files.ts';
import { fixture, ROOT } from '../support/pci-program.ts';
import { stateOf } from '../support/simulated-changes.ts';
import { ownAddresses } from '../support/simulated-libvirt.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ABOVE = temporaryFolder();
/** What no snapshot tells of a running host, and engines ask before each step. */
const UNSEEN = ['session', 'node-open', 'net-stack', 'net-elsewhere'];
/** Two functions of a group. */
const CARD = ['0000:03:00.0', '0000:03:00.1'];
const NO_SERIAL = 'deviceSerial: null, productSerial: null';
/** As `portal.lock` has it. */
const LOCKED_VF = `{ address: 0000:01:10.2, path: pci0000:00/04.0/10.2, id: 8086:10ca, subsystem: 1af4:1100, ${NO_SERIAL}, mac: null, vf: { pf: { path: pci0000:00/04.0/00.0, id: 8086:10c9, subsystem: 1af4:1100, ${NO_SERIAL}, mac: null }, index: 1 } }`;
const MACHINE = `category: router
memory: 128MiB
disks: [{ name: data, size: 1GiB }]
nics: [{ network: isolated/lan }]
`;
const READS = ['list', 'dumpxml', 'net-list', 'net-dumpxml', 'domcapabilities', 'domstate', 'nodedev-list'];

function project(options: Parameters<typeof machineProject>[2] = {}) {
  return machineProject(ABOVE, idleHost([]), options);
}

const problemsOf = ({ outcome, steps }: ApplyReport) =>
  outcome === 'done' ? [] : [outcome, ...steps.flatMap(({ problem }) => problem ?? [])];

async function up(host: Session, options: UpOptions = {}): Promise<readonly string[]> {
  const proposal = await host.machines.up(options);
  expect(proposal.refusals).toEqual([]);
  if (proposal.plan.steps.length > 0) {
    expect(problemsOf(await host.apply(proposal))).toEqual([]);
  }
  await host.machines.recordUp(proposal.subject);
  return proposal.plan.steps.map(({ change: { kind } }) => kind);
}

describe('a request', () => {
  it('takes a name, names, or options', async () => {
    const { write, session } = project();
    for (const name of ['r0', 'r1', 'r2']) write(`${name}/machine.yaml`, MACHINE);
    const { machines } = await session();
    const namesIn = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);
    expect(namesIn((await machines.check('r1')).machines)).toEqual(['r1']);
    expect(namesIn((await machines.status(['r0', 'r2'])).machines)).toEqual(['r0', 'r2']);
    expect(namesIn((await machines.up('r1')).subject.machines)).toEqual(['r1']);
    expect(namesIn((await machines.up({ machines: ['r1'], paused: true })).subject.machines)).toEqual(['r1']);
    expect(namesIn((await machines.halt(['r0'])).subject.machines)).toEqual(['r0']);
    expect(namesIn((await machines.destroy()).subject.machines)).toEqual(['r0', 'r1', 'r2']);
  });
});

describe('a machine of a folder', () => {
  it('is created, found as it is, changed, stopped, and removed without a trace', async () => {
    const { machine, write, session, root } = project();
    const { libvirt } = machine;
    write('r0/machine.yaml', MACHINE);
    const [host, before] = [await session(), stateOf(machine)];
    expect((await host.machines.status()).machines).toMatchObject([
      { name: 'r0', state: 'off', definition: 'absent', console: null },
    ]);

    const kinds = await up(host);
    expect(kinds).toEqual([
      ...['network', 'directory', 'directory', 'directory', 'image', 'definition', 'power'],
    ]);
    const { uuid } = libvirt.domain('r0');
    expect(parseLock(readFileSync(join(root, 'portal.lock'), 'utf8'), 'portal.lock')).toMatchObject({
      machines: { r0: { uuid } },
    });

    libvirt.ran.length = 0;
    expect(await up(host)).toEqual([]);
    expect(
      [...new Set(libvirt.ran.map(([verb]) => verb))].filter((verb) => !READS.includes(verb ?? '')),
    ).toEqual([]);
    expect((await host.machines.status()).machines).toMatchObject([
      { state: 'running', definition: 'current', differences: [] },
    ]);

    write('r0/machine.yaml', MACHINE.replace('128MiB', '256MiB'));
    expect((await host.machines.status()).machines).toMatchObject([{ definition: 'changed' }]);
    const change = await host.machines.up();
    expect(change.subject.machines).toMatchObject([{ name: 'r0', state: 'running', needsRestart: true }]);
    expect(change.notes).toEqual(['r0 runs as it was started; to apply the change: portal reload r0']);
    expect(await up(host)).toEqual(['definition']);
    expect(libvirt.domain('r0').uuid).toBe(uuid);
    expect((await host.machines.status()).machines).toMatchObject([{ definition: 'needs-restart' }]);

    expect(await host.apply(await host.machines.halt())).toMatchObject({ outcome: 'done' });
    expect((await host.machines.status()).machines).toMatchObject([{ state: 'off', definition: 'current' }]);
    expect((await host.machines.halt()).plan.steps).toEqual([]);

    const kept = await host.machines.destroy();
    expect(kept.subject.kept).toEqual(['/var/lib/portal-gun/machines/r0/data.qcow2']);
    expect(await host.apply(kept)).toMatchObject({ outcome: 'done' });
    expect(machine.files.files.has('/var/lib/portal-gun/machines/r0/data.qcow2')).toBe(true);

    expect(await host.apply(await host.machines.destroy({ data: true }))).toMatchObject({
      outcome: 'done',
    });
    expect(stateOf(machine)).toBe(before);
    expect((await host.machines.destroy({ data: true })).plan.steps).toEqual([]);

    await up(host);
    expect(libvirt.domain('r0').uuid).toBe(uuid);
  });

  it('leaves all as it was if it does not start', async () => {
    const { machine, write, session } = project();
    write('r0/machine.yaml', MACHINE);
    const [host, before] = [await session(), stateOf(machine)];
    machine.libvirt.failure = ([verb]) => {
      if (verb !== 'start') return null;
      machine.files.files.set('/var/log/portal-gun/machines/r0/console.log', 'its first words');
      return 'no memory';
    };
    const report = await host.apply(await host.machines.up());
    expect(report.outcome).toBe('undone');
    expect(stateOf(machine)).toBe(before);
  });

  it('is started after those that it needs, and stopped before them', async () => {
    const { machine, write, session } = project();
    write('a/machine.yaml', 'category: service\nafter: [b]\n');
    write('b/machine.yaml', 'category: router\nafter: [c]\n');
    write('c/machine.yaml', 'category: router\n');
    const host = await session();
    await up(host, { machines: ['a'] });
    const runOf = (wanted: string) =>
      machine.libvirt.ran.flatMap(([verb, word = '']) =>
        verb === wanted ? [machine.libvirt.domain(word).name] : [],
      );
    expect(runOf('start')).toEqual(['c', 'b', 'a']);
    const down = await host.machines.halt();
    await host.apply(down);
    expect(runOf('shutdown')).toEqual(['a', 'b', 'c']);

    write('c/machine.yaml', 'category: router\nafter: [a]\n');
    await expect(host.machines.up()).rejects.toMatchObject({
      code: 'BAD_DEFINITION',
      message: 'machines start after each other: a → b → c → a',
    });
  });

  it('is started again if a later step of its removal fails, as the plan says before', async () => {
    const { machine, write, session } = project();
    const said = 'if a step fails, the VMs that were stopped before it are started again';
    write('r0/machine.yaml', MACHINE);
    const host = await session();
    await up(host);
    expect((await host.machines.halt()).notes).not.toContain(said);
    const proposal = await host.machines.destroy();
    expect(proposal.notes).toContain(said);
    machine.libvirt.failure = ([verb]) => (verb === 'net-undefine' ? 'is in use' : null);
    expect(await host.apply(proposal)).toMatchObject({ outcome: 'undone' });
    machine.libvirt.failure = () => null;
    expect([...machine.libvirt.networks.networks.keys()]).toEqual(['isolated-lan']);
    expect((await host.machines.status()).machines).toMatchObject([
      { state: 'running', definition: 'current' },
    ]);
    await host.apply(await host.machines.halt());
    expect((await host.machines.destroy()).notes).not.toContain(said);
  });

  it('is refused if libvirt has a VM of its name that is not ours', async () => {
    const { machine, write, session } = project();
    write('galaxy0/machine.yaml', 'category: router\n');
    const [host, before] = [await session(), stateOf(machine)];
    for (const propose of [() => host.machines.up(), () => host.machines.destroy()]) {
      await expect(propose()).rejects.toMatchObject({ code: 'NOT_OURS', subject: 'galaxy0' });
    }
    expect(stateOf(machine)).toBe(before);
  });

  it('is stopped and removed although its definition has a fault, which hides no other', async () => {
    const { machine, write, session } = project();
    write('r0/machine.yaml', MACHINE.replace(/disks.*\n/, ''));
    write('s0/machine.yaml', 'category: application\n');
    const [host, before] = [await session(), stateOf(machine)];
    await up(host);
    write('r0/machine.yaml', 'category: router\nmemory: much\n');
    const { machines } = await host.machines.status();
    expect(machines).toMatchObject([
      { name: 'r0', state: 'running', definition: 'unknown' },
      { name: 's0', state: 'running', definition: 'current' },
    ]);
    expect(machines[0]?.differences[0]).toContain('machines/r0/machine.yaml:2:9: not a size');
    await expect(host.machines.up()).rejects.toMatchObject({ code: 'BAD_DEFINITION' });
    const proposal = await host.machines.destroy();
    expect(problemsOf(await host.apply(proposal))).toEqual([]);
    expect(stateOf(machine)).toBe(before);
  });

  it('with a root that is new at each start leaves nothing, but the data beside it', async () => {
    const { machine, write, session } = project();
    const image = { name: 'debian', format: 'raw', sha256: 'a'.repeat(64), sizeBytes: 1, virtualBytes: 1 };
    const origin = { kind: 'file', path: '/tmp/debian' };
    const record = { version: 1, ...image, origin, createdAt: '2026-01-01T00:00:00Z' };
    machine.files.files.set(`${IMAGE_NAMES_FOLDER}/debian.json`, JSON.stringify(record));
    machine.files.files.set(imagePath('debian'), 'image');
    const text = 'category: service\nboot: { profile: minivm }\nos: { root: image:debian, ephemeral: yes }\n';
    write('w0/machine.yaml', text);
    const [host, before] = [await session(), stateOf(machine)];
    await up(host);
    expect(machine.libvirt.domain('w0').definition).toContain('<transient/>');
    expect((await host.machines.status()).machines).toMatchObject([{ definition: 'current' }]);
    await host.apply(await host.machines.halt());
    const overlay = '/var/lib/portal-gun/machines/w0/root.qcow2.TRANSIENT-w0';
    machine.files.files.set(overlay, 'left after a power loss');
    await expect(host.machines.up()).rejects.toMatchObject({
      code: 'CANNOT_START',
      message: `the overlay of its disk root is left from a run that was interrupted: ${overlay}`,
      hint: `remove it: rm ${overlay}`,
    });
    expect(problemsOf(await host.apply(await host.machines.destroy()))).toEqual([]);
    expect(stateOf(machine)).toBe(before);

    await up(host);
    const file = '/var/lib/portal-gun/machines/w0/of-an-earlier-definition.qcow2';
    machine.files.files.set(file, 'data');
    expect(problemsOf(await host.apply(await host.machines.destroy()))).toEqual([]);
    expect([...machine.files.files.keys()].filter((path) => path.includes('/w0/'))).toEqual([file]);
  });

  it('does not start with a kernel that was changed in the store', async () => {
    const large = new MemoryLargeFiles();
    large.files.set(KERNEL_PATH, new TextEncoder().encode('another kernel'));
    const { machine, write, session } = project({ large });
    write('r0/machine.yaml', MACHINE);
    const [host, before] = [await session(), stateOf(machine)];
    await expect(host.machines.up()).rejects.toMatchObject({
      code: 'STORE_FAILED',
      subject: KERNEL_PATH,
    });
    expect(stateOf(machine)).toBe(before);
  });

  it('starts with a kernel that libvirt gave to the user of QEMU, and with none of another user', async () => {
    const large = new MemoryLargeFiles();
    large.files.set(KERNEL_PATH, new TextEncoder().encode('kernel'));
    const { machine, write, session } = project({ large });
    machine.files.files.set('/etc/passwd', 'libvirt-qemu:x:64055:994::/var/lib/libvirt:/usr/sbin/nologin\n');
    machine.files.files.set('/etc/group', 'kvm:x:994:\n');
    write('r0/machine.yaml', MACHINE);
    const host = await session();
    large.owners.set(KERNEL_PATH, 1000);
    await expect(host.machines.up()).rejects.toMatchObject({ code: 'STORE_FAILED', subject: KERNEL_PATH });
    large.owners.set(KERNEL_PATH, 64055);
    await up(host);
  });

  it('needs root, and the libvirt of this host', async () => {
    const remote = project();
    remote.write('r0/machine.yaml', MACHINE);
    const far = await remote.session({ connect: 'qemu+ssh://root@far/system' });
    await expect(far.machines.up()).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      subject: '--connect',
    });
    const plain = project({ isRoot: false });
    plain.write('r0/machine.yaml', MACHINE);
    const host = await plain.session();
    await expect(host.apply(await host.machines.up())).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    });
  });
});

describe('the hypervisor of a rendered machine', () => {
  const NODE = { '/dev/kvm': '' };
  const TRIED = '/run/portal-gun/kvm-result';
  const NO_KVM = 'error: failed to get emulator capabilities';

  it.each<readonly [string, Readonly<Record<string, string>>, string | null, string, boolean]>([
    ['without a node', {}, null, 'qemu', false],
    ['after a trial that failed', { ...NODE, [TRIED]: 'qemu' }, null, 'qemu', false],
    ['after a trial', { ...NODE, [TRIED]: 'kvm' }, null, 'kvm', false],
    ['if libvirt has no KVM', NODE, NO_KVM, 'qemu', false],
    ['before a trial', NODE, null, 'kvm', true],
  ])('is that of portal up, or may differ: %s', async (_, files, refused, hypervisor, mayDiffer) => {
    const { machine, write, session } = project();
    write('r0/machine.yaml', 'category: router\n');
    for (const [path, text] of Object.entries(files)) machine.files.files.set(path, text);
    machine.libvirt.failure = ([verb]) => (verb === 'domcapabilities' ? refused : null);
    const rendered = await (await session()).machines.render('r0');
    expect(rendered).toMatchObject({ hypervisor, hypervisorMayDiffer: mayDiffer });
    expect(rendered.domain).toContain(`<domain type="${hypervisor}">`);
  });

  it('is not open if the definition names it', async () => {
    const { machine, write, session } = project();
    write('r0/machine.yaml', 'category: router\naccelerator: kvm\n');
    machine.files.files.set('/dev/kvm', '');
    expect(await (await session()).machines.render('r0')).toMatchObject({
      hypervisor: 'kvm',
      hypervisorMayDiffer: false,
    });
  });
});

describe('a machine that cannot start', () => {
  it.each([
    ['boot: { profile: other }', 'NOT_IN_STORE', 'the store has no boot assets of this name'],
    [`boot: { kernel: 'store:${'b'.repeat(64)}' }`, 'NOT_IN_STORE', 'the store has no such file'],
    ['os: { root: image:none }', 'NOT_IN_STORE', 'the store has no such image'],
    ['boot: { kernel: vmlinuz }', 'CANNOT_START', 'its kernel does not exist'],
    ['disks: [{ name: cd, source: cd.iso, cdrom: true }]', 'CANNOT_START', 'disk cd does not exist'],
    ['nics: [{ bridge: br7 }]', 'CANNOT_START', 'the host has no bridge br7'],
    ['nics: [{ network: default }]', 'CANNOT_START', 'libvirt has no network default'],
    ['shares: [{ name: a, source: data }]', 'CANNOT_START', 'the directory of its share a does not exist'],
    ['pci: [{ select: class=display }]', 'DEVICE_NOT_FOUND', 'no device matches "class=display"'],
  ])('with %s is named before anything is changed', async (line, code, message) => {
    const { machine, write, session } = project();
    write('r0/machine.yaml', `category: router\n${line}\n`);
    const [host, before] = [await session(), stateOf(machine)];
    await expect(host.machines.up()).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(stateOf(machine)).toBe(before);
  });

  it('has more memory than the host', async () => {
    const { ports, write, session, machine } = project();
    const host = await session();
    write('r0/machine.yaml', 'category: router\nmemory: 1TiB\n');
    machine.files.files.set('/proc/meminfo', 'MemTotal: 2097152 kB\nMemAvailable: 1048576 kB\n');
    expect(ports.reader.exists('/proc/meminfo')).toBe(true);
    await expect(host.machines.up()).rejects.toMatchObject({
      code: 'CANNOT_START',
      message: 'needs 1 TiB of memory, and the host has 1 GiB available',
    });
  });

  it('is on a network that does not run', async () => {
    const { write, session, machine } = project();
    write('r0/machine.yaml', 'category: router\nnics: [{ network: default }]\n');
    machine.libvirt.networks.networks.set('default', { xml: '<network/>', active: false, autostart: false });
    await expect((await session()).machines.up()).rejects.toMatchObject({
      code: 'CANNOT_START',
      message: 'the network default is not active',
    });
  });
});

describe('a machine with a device of the host', () => {
  const withPci = (select: string) => `category: router\npci:\n  - select: ${select}\n    rom: off\n`;
  const lockOf = (root: string) => readFileSync(join(root, 'portal.lock'), 'utf8');
  const onLab = () => machineProject(ABOVE, openHost(join(ROOT, fixture('lab-intel'))));

  it('gets it with its group and the guard of each start, and gives it back', async () => {
    const { machine, write, session, root } = onLab();
    write('r0/machine.yaml', withPci('03:00.0'));
    const [host, before] = [await session(), stateOf(machine)];
    expect(await up(host, { allow: UNSEEN })).toContain('assignment');
    expect(machine.files.files.get(START_HOOK_PATH)).toContain(' guard-start');
    expect(ownAddresses(machine.libvirt.domain('r0').definition)).toEqual(CARD);
    expect(parseLock(lockOf(root), 'portal.lock').machines['r0']?.devices).toMatchObject({
      '03:00.0': [{ address: CARD[0] }],
    });
    expect(await up(host, { allow: UNSEEN })).toEqual([]);

    await host.apply(await host.machines.halt());
    write('r0/machine.yaml', 'category: router\n');
    await up(host, { allow: UNSEEN });
    expect(ownAddresses(machine.libvirt.domain('r0').definition)).toEqual([]);
    expect(machine.files.files.has(START_HOOK_PATH)).toBe(false);
    await host.apply(await host.machines.destroy({ data: true }));
    const ofDevices = (state: string) => state.split('\n').filter((line) => line.startsWith('0000:'));
    expect(ofDevices(stateOf(machine))).toEqual(ofDevices(before));
    expect(parseLock(lockOf(root), 'portal.lock').machines['r0']?.devices).toEqual({});
  });

  it('is as it was without it, though a root port was added, and others are guarded on', async () => {
    const { machine, write, session } = onLab();
    const without = 'category: router\nspare-root-ports: 0\n';
    write('r0/machine.yaml', without);
    write('r1/machine.yaml', withPci('06:00.0'));
    const host = await session();
    await up(host, { allow: UNSEEN });
    const before = machine.libvirt.domain('r0').definition;
    write('r0/machine.yaml', withPci('03:00.0').replace('pci:', 'spare-root-ports: 0\npci:'));
    await up(host, { allow: UNSEEN });
    expect(ownAddresses(machine.libvirt.domain('r0').definition)).toEqual(CARD);
    write('r0/machine.yaml', without);
    expect(await up(host, { allow: UNSEEN })).not.toContain('file');
    expect(machine.libvirt.domain('r0').definition.trimEnd()).toBe(before.trimEnd());
    expect(machine.files.files.has(START_HOOK_PATH)).toBe(true);

    // A VM that cannot be read may have devices.
    const { uuid } = machine.libvirt.domain('galaxy0');
    machine.libvirt.failure = (words) =>
      words[0] === 'dumpxml' && words.includes(uuid) ? 'no answer' : null;
    write('r1/machine.yaml', without);
    expect(await up(host, { allow: UNSEEN })).toContain('assignment');
    expect(machine.files.files.has(START_HOOK_PATH)).toBe(true);
  });

  it('keeps its place in the guest if it moved on the host', async () => {
    const { machine, write, session } = onLab();
    write('r0/machine.yaml', withPci('06:00.0'));
    const host = await session();
    await up(host, { allow: UNSEEN });
    await host.apply(await host.machines.halt());
    const domain = machine.libvirt.domain('r0');
    const before = domain.definition;
    // As if its card had been in another slot, where a card of the same kind is now.
    domain.definition = before
      .replace("bus='0x06' slot='0x00' function='0x0'/>", "bus='0x03' slot='0x00' function='0x0'/>")
      .replace(
        'address="0000:06:00.0" path="pci0000:00/07.0/00.0/00.0/00.0"',
        'address="0000:03:00.0" path="pci0000:00/06.0/00.0"',
      );
    expect(ownAddresses(domain.definition)).toEqual(['0000:03:00.0']);
    expect(await up(host, { allow: UNSEEN })).toEqual(['assignment', 'power']);
    const placesIn = (text: string) => text.match(/<address .*?>/g);
    expect(placesIn(domain.definition)).toEqual(placesIn(before));
  });

  it('finds it again by its identity, and is told if it is gone', async () => {
    const { machine, write, session, root } = onLab();
    write('r0/machine.yaml', withPci('06:00.0'));
    const host = await session();
    await up(host, { allow: UNSEEN });
    expect(machine.files.files.has(START_HOOK_PATH)).toBe(true);
    await host.apply(await host.machines.destroy());
    expect(machine.files.files.has(START_HOOK_PATH)).toBe(false);
    const lock = lockOf(root);
    write(
      '../portal.lock',
      lock.replaceAll('0000:06:00.0', '0000:0b:00.0').replace(/path: .*/, 'path: pci0000:00/1f.0'),
    );
    await up(host, { allow: UNSEEN });
    expect(ownAddresses(machine.libvirt.domain('r0').definition)).toEqual(['0000:06:00.0']);

    const elsewhere = machineProject(ABOVE, idleHost([]));
    elsewhere.write('r0/machine.yaml', withPci('06:00.0'));
    elsewhere.write('../portal.lock', lock);
    await expect((await elsewhere.session()).machines.up()).rejects.toMatchObject({
      code: 'DEVICE_NOT_FOUND',
      message: expect.stringContaining('is not on the host'),
    });
  });

  it('is a VF, whose PF is recorded in the definition, too', async () => {
    const { machine, write, session } = onLab();
    write('r0/machine.yaml', withPci('01:10.2'));
    const host = await session();
    await host.apply(await host.setVfs({ pf: '01:00.0', vfs: 2, allow: UNSEEN }));
    await up(host, { allow: UNSEEN });
    const { definition } = machine.libvirt.domain('r0');
    expect(ownAddresses(definition)).toEqual(['0000:01:10.2']);
    expect(definition).toMatch(/ vf=["']1["'] pf-path=["']pci0000:00\/04\.0\/00\.0["']/);
  });

  it('is a VF that has to be made again, and the hint says how', async () => {
    const { write, session } = onLab();
    write('r0/machine.yaml', withPci('01:10.2'));
    write(
      '../portal.lock',
      `portal-gun: lock/v1
seed: f701146952dd5587aa35266f28496349
machines:
  r0:
    uuid: ba296efa-9e6c-4185-843f-a8b136933090
    devices:
      01:10.2:
        - ${LOCKED_VF}
`,
    );
    await expect((await session()).machines.up()).rejects.toMatchObject({
      code: 'DEVICE_NOT_FOUND',
      hint: expect.stringContaining('pci sriov set 0000:01:00.0 --vfs 2 --persist; or to choose again,'),
    });
  });

  it('does not get that by which the host is on a network, and leaves it out if it is to', async () => {
    const { machine, write, session } = onLab();
    write('r0/machine.yaml', withPci('class=network driver=e1000e'));
    const host = await session();
    const refused = await host.machines.up();
    expect(refused.refusals.map(({ subject, name }) => `${subject} ${name}`)).toContain(
      '0000:00:0a.0 net-address',
    );
    write('r0/machine.yaml', withPci('class=network driver=e1000e !uplink'));
    await up(host, { allow: UNSEEN });
    expect(ownAddresses(machine.libvirt.domain('r0').definition)).toEqual([...CARD, '0000:06:00.0']);
  });

  it('shares none with another machine', async () => {
    const { write, session } = onLab();
    for (const name of ['r0', 'r1']) write(`${name}/machine.yaml`, withPci('06:00.0'));
    await expect((await session()).machines.up()).rejects.toMatchObject({ code: 'ASSIGNED_ELSEWHERE' });
  });
});

describe('the check of a project', () => {
  it('tells what files a definition names and the folder has not, and what machines', async () => {
    const { write, session, root } = project();
    write(
      'r0/machine.yaml',
      `category: router
shares:
  - { name: a, source: data }
  - { name: b, source: out }
  - { name: c, source: loop }
  - { name: d, source: dangling }
  - { name: e, source: machine.yaml }
after: [r9]
`,
    );
    const r0 = join(root, 'machines/r0');
    symlinkSync('/etc', join(r0, 'out'));
    symlinkSync('loop', join(r0, 'loop'));
    symlinkSync('nowhere', join(r0, 'dangling'));
    const { machines } = await (await session()).machines.check();
    expect(machines[0]?.faults.map(({ at, message }) => `${at.split('/').at(-1)} ${message}`)).toEqual([
      'machine.yaml:3:24 "data" does not exist',
      'machine.yaml:4:24 "out" is a link that leads out of the folder of the machine, to /etc',
      'machine.yaml:5:24 "loop" does not exist',
      'machine.yaml:6:24 "dangling" does not exist',
      'machine.yaml:7:24 "machine.yaml" is not a directory',
      'machine.yaml:8:9 names r9, which has no folder',
    ]);
  });

  it('tells of directories without a definition, of names that cannot be, and of two definitions', async () => {
    const { write, session, root } = project();
    for (const name of ['empty', '.draft', 'Upper', 'pipe']) mkdirSync(join(root, 'machines', name));
    execFileSync('mkfifo', [join(root, 'machines/pipe/machine.yaml')]);
    write('r0/machine.yaml', 'category: router\n');
    write('r0/machine.json', '{"category": "router"}');
    write('README', 'no folder');
    const { machines, faults } = await (await session()).machines.check();
    expect(machines.map(({ name, faults: [first] }) => [name, first?.at, first?.message])).toEqual([
      ['r0', 'machines/r0/machine.json', 'is not read: machine.yaml defines the machine'],
    ]);
    expect(faults.map(({ at, message }) => `${at} ${message}`)).toEqual([
      'machines/Upper cannot be the folder of a machine: its name is not valid',
      'machines/empty has no definition',
      'machines/pipe has no definition',
    ]);
  });

  it.each([
    ['nested deeply', `category: ${'['.repeat(100_000)}`],
    [
      'of aliases',
      `a: &a [x, x, x, x, x, x, x, x, x, x]\n${'bcdefghij'
        .split('')
        .map((key, index) => `${key}: &${key} [${`*${'abcdefghij'[index]},`.repeat(10)}]\n`)
        .join('')}`,
    ],
    ['that is too large', `category: router\ntitle: ${'x'.repeat(2_000_000)}\n`],
    ['of zeros', '\0'.repeat(1000)],
  ])('ends with a fault for a file %s', async (_, text) => {
    const { write, session } = project();
    write('r0/machine.yaml', text);
    const started = performance.now();
    const { machines } = await (await session()).machines.check();
    expect(machines[0]?.faults.length).toBeGreaterThan(0);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
