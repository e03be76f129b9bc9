import { describe, expect, it } from 'vitest';
import { Cancelled } from '../../lib/base/cancelled.ts';
import type { BootRecord } from '../../lib/machines/boot/store-records.ts';
import { openSession, type Session } from '../../lib/operations/open-session.ts';
import { idleHost } from '../support/idle-host.ts';
import { validatorOf } from '../support/json-schemas.ts';
import { MemoryLargeFiles } from '../support/memory-large-files.ts';
import { portalOn } from '../support/pci-program.ts';
import { type SimulatedMachine, simulateMachine } from '../support/simulated-changes.ts';
import { type SimulatedPorts, simulatedPorts } from '../support/simulated-ports.ts';
import { bzImage, elfFile, PVH_NOTE, qcow2Image } from '../unit/machines/boot/images.ts';

const STORE = '/var/lib/portal-gun';
const ELF = elfFile({ note: PVH_NOTE });
const GZIP = Uint8Array.from([0x1f, 0x8b, 8, ...Array.from({ length: 64 }, () => 1)]);
const VMLINUZ = bzImage(GZIP);
const CPIO = new TextEncoder().encode('070701');

interface Fixture {
  readonly machine: SimulatedMachine;
  readonly ports: SimulatedPorts;
  readonly large: MemoryLargeFiles;
  readonly host: Session;
}

async function fixture(files: Readonly<Record<string, Uint8Array>> = {}, isRoot = true): Promise<Fixture> {
  const large = new MemoryLargeFiles();
  for (const [path, bytes] of Object.entries(files)) large.files.set(path, bytes);
  const machine = simulateMachine(idleHost([]));
  const ports = simulatedPorts(machine, { isRoot, large });
  const { runner } = ports;
  // The one program that the import of a kernel needs: it unpacks the kernel beside its compressed form.
  const run: typeof runner.run = async (program, args, options) => {
    if (program !== 'gzip') return runner.run(program, args, options);
    const packed = args.at(-1) ?? '';
    large.files.set(packed.replace(/\.gz$/, ''), ELF);
    return { kind: 'exited', exitCode: 0, stdout: '', stderr: '' };
  };
  const all = { ...ports, runner: { run } };
  return { machine, ports: all, large, host: await openSession({}, all) };
}

function stored(large: MemoryLargeFiles): readonly string[] {
  return [...large.files.keys()].filter((path) => path.startsWith(`${STORE}/`));
}

async function imported(host: Session, file: string, name?: string): Promise<BootRecord> {
  const { stored: found } = await host.boot.importFile({ file, name });
  if (found?.kind !== 'boot') throw new Error(`${file} is not stored as boot assets`);
  return found.record;
}

describe('an imported file', () => {
  it('is a kernel, with its uncompressed form, which machines start with', async () => {
    const { host, large } = await fixture({ '/home/me/vmlinuz': VMLINUZ });
    const record = await imported(host, '/home/me/vmlinuz');
    expect(record).toMatchObject({ name: 'vmlinuz', kernelVersion: '6.1.0-test', whyNoElf: null });
    expect(stored(large).toSorted()).toEqual(
      [record.kernel, record.elf].map((file) => `${STORE}/boot/${file?.sha256}`).sort(),
    );
    expect(await host.boot.resolve('vmlinuz')).toEqual({
      kind: 'ready',
      kernel: `${STORE}/boot/${record.elf?.sha256}`,
      isUncompressed: true,
      initrd: null,
      kernelVersion: '6.1.0-test',
    });
    expect(await host.boot.resolveFile(record.kernel?.sha256 ?? '')).toContain(record.elf?.sha256);
  });

  it('is not believed any longer if its content was changed', async () => {
    const { host, large } = await fixture({ '/home/me/initrd': CPIO, '/home/me/vmlinuz': VMLINUZ });
    const { elf } = await imported(host, '/home/me/vmlinuz');
    large.files.set(`${STORE}/boot/${elf?.sha256}`, GZIP);
    await expect(host.boot.resolve('vmlinuz')).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await imported(host, '/home/me/initrd');
    await expect(host.boot.resolve('initrd')).rejects.toMatchObject({ code: 'NOT_IN_STORE' });
    expect(await host.boot.resolve('minivm')).toEqual({
      kind: 'not-built',
      command: 'portal boot build minivm',
    });
  });

  it.each([
    ['/boot/vmlinuz-6.1.0', VMLINUZ, 'BOOT_OF_HOST', 'belongs to the kernel of this host'],
    ['/lib/modules/6.1.0/vmlinuz', VMLINUZ, 'BOOT_OF_HOST', 'belongs to the kernel of this host'],
    ['/home/me/text', new TextEncoder().encode('hello'), 'UNKNOWN_IMAGE', 'is no kernel'],
    ['/home/me/program', elfFile({}), 'UNKNOWN_IMAGE', 'without a PVH entry'],
    ['/home/me/arm', elfFile({ machine: 183 }), 'UNKNOWN_IMAGE', 'for aarch64'],
    ['/home/me/layer', qcow2Image({ backing: '/etc/shadow' }), 'UNKNOWN_IMAGE', 'over a backing file'],
    ['/home/me/split', qcow2Image({ incompatible: 4n }), 'UNKNOWN_IMAGE', 'in another file'],
  ])('is refused: %s', async (file, bytes, code, message) => {
    const { host, large } = await fixture({ [file]: bytes });
    await expect(host.boot.importFile({ file })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(stored(large)).toEqual([]);
  });

  it('does not take the name of another', async () => {
    const { host } = await fixture({ '/a/vmlinuz': VMLINUZ, '/b/vmlinuz': CPIO });
    await imported(host, '/a/vmlinuz');
    await expect(host.boot.importFile({ file: '/b/vmlinuz' })).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    expect((await imported(host, '/b/vmlinuz', 'mine')).initrd).not.toBeNull();
    expect((await host.boot.list()).map(({ name, problem }) => [name, problem])).toEqual([
      ['mine', null],
      ['vmlinuz', null],
    ]);
  });

  it('is only recognised in a dry run, and not stored if the work is cancelled or the user is not root', async () => {
    const { host, large } = await fixture({ '/a/disk': qcow2Image() });
    const dry = await host.boot.importFile({ file: '/a/disk', dryRun: true });
    expect(dry).toMatchObject({ name: 'disk', subject: { kind: 'image', format: 'qcow2' }, stored: null });
    const work = host.boot.importFile({ file: '/a/disk', signal: { aborted: true } });
    await expect(work).rejects.toThrow(Cancelled);
    const user = await fixture({ '/a/disk': qcow2Image() }, false);
    await expect(user.host.boot.importFile({ file: '/a/disk' })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    });
    expect([...stored(large), ...stored(user.large)]).toEqual([]);
  });
});

describe('what is stored', () => {
  it('is removed with the files that no other name needs', async () => {
    const { host, large } = await fixture({ '/a/vmlinuz': VMLINUZ, '/b/vmlinuz': VMLINUZ });
    await imported(host, '/a/vmlinuz', 'one');
    await imported(host, '/b/vmlinuz', 'two');
    expect((await host.boot.remove({ name: 'one' })).files).toEqual([]);
    expect(stored(large)).toHaveLength(2);
    expect((await host.boot.remove({ name: 'two', dryRun: true })).files).toHaveLength(2);
    expect(stored(large)).toHaveLength(2);
    await host.boot.remove({ name: 'two' });
    expect(stored(large)).toEqual([]);
    await expect(host.boot.remove({ name: 'two' })).rejects.toMatchObject({ code: 'NOT_IN_STORE' });
  });

  it('stays if a VM uses it, or if libvirt does not answer', async () => {
    const { host, machine, large } = await fixture({ '/a/vmlinuz': VMLINUZ, '/a/disk': qcow2Image() });
    const { elf } = await imported(host, '/a/vmlinuz');
    await host.boot.importFile({ file: '/a/disk' });
    const domain = machine.libvirt.domain('galaxy0');
    const before = domain.definition;
    const kernel = `<kernel>${STORE}/boot/${elf?.sha256}</kernel>`;
    domain.definition = before.replace('<os>', `<os>${kernel}`);
    expect(domain.definition).not.toBe(before);
    await expect(host.boot.remove({ name: 'vmlinuz' })).rejects.toMatchObject({
      code: 'STORE_IN_USE',
      message: 'VM galaxy0 uses it',
    });
    domain.definition = before;
    machine.libvirt.failure = () => 'failed to connect to the hypervisor';
    await expect(host.images.remove({ name: 'disk' })).rejects.toMatchObject({ code: 'STORE_IN_USE' });
    machine.libvirt.failure = () => null;
    const overlay = `${STORE}/machines/web0/root.qcow2`;
    large.files.set(overlay, qcow2Image({ backing: `${STORE}/images/disk` }));
    machine.files.files.set(overlay, '');
    await expect(host.images.remove({ name: 'disk' })).rejects.toMatchObject({
      message: `${overlay} is an overlay of it`,
    });
    expect(await host.images.resolve('disk')).toMatchObject({ path: `${STORE}/images/disk` });
  });

  it('is replaced by what is imported again, but for files that a VM starts with', async () => {
    const { host, machine, large } = await fixture({ '/a/vmlinuz': VMLINUZ });
    const first = await imported(host, '/a/vmlinuz');
    large.files.set('/a/vmlinuz', bzImage(GZIP, '6.2.0-test'));
    const domain = machine.libvirt.domain('galaxy0');
    const before = domain.definition;
    const old = `${STORE}/boot/${first.kernel?.sha256}`;
    domain.definition = before.replace('<os>', `<os><kernel>${old}</kernel>`);
    await imported(host, '/a/vmlinuz');
    expect(stored(large)).toContain(old);
    domain.definition = before;
    const second = await imported(host, '/a/vmlinuz');
    expect(stored(large)).not.toContain(old);
    expect(stored(large)).toContain(`${STORE}/boot/${second.kernel?.sha256}`);
  });

  it('is listed as damaged if its record or file is', async () => {
    const { ports, host, machine, large } = await fixture({ '/a/disk': qcow2Image() });
    await host.boot.importFile({ file: '/a/disk' });
    machine.files.files.set(`${STORE}/boot/names/broken.json`, '{');
    large.files.delete(`${STORE}/images/disk`);
    const boot = await portalOn(ports, ['boot', 'list']);
    expect(boot).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('its record is damaged') });
    const images = await portalOn(ports, ['image', 'list']);
    expect(images).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('is missing') });
  });
});

describe('the commands', () => {
  it.each([
    ['boot-list', ['boot', 'list']],
    ['image-list', ['image', 'list']],
    ['boot-import', ['boot', 'import', '/a/vmlinuz']],
    ['boot-import', ['boot', 'import', '/a/disk', '--dry-run']],
    ['store-removal', ['boot', 'remove', 'other']],
    ['store-removal', ['image', 'remove', 'other', '--dry-run']],
  ] as const)('print the document %s: %j', async (kind, args) => {
    const { ports, host } = await fixture({
      '/a/vmlinuz': VMLINUZ,
      '/a/disk': qcow2Image(),
      '/a/other': CPIO,
    });
    await host.boot.importFile({ file: '/a/other' });
    await host.boot.importFile({ file: '/a/disk', name: 'other' });
    const { stdout, stderr, exitCode } = await portalOn(ports, [...args, '--json']);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    const validate = validatorOf(kind, { strict: true });
    validate(JSON.parse(stdout));
    expect(validate.errors ?? []).toEqual([]);
  });

  it('say what to write into a definition', async () => {
    const { ports } = await fixture({ '/a/vmlinuz': VMLINUZ, '/a/disk.qcow2': qcow2Image() });
    const kernel = await portalOn(ports, ['boot', 'import', '/a/vmlinuz']);
    expect(kernel.stdout).toMatch(/^Use it in a definition: boot: \{ kernel: store:[0-9a-f]{64} \}$/m);
    const disk = await portalOn(ports, ['boot', 'import', '/a/disk.qcow2']);
    expect(disk.stdout).toContain('Use it in a definition: os: { root: image:disk }');
  });

  it.each([
    [['boot', 'build', 'minivm'], 'NO_PACKAGES', 'portal boot import FILE'],
    [['boot', 'build', 'alpine'], 'BAD_ARGUMENT', 'use one of minivm, debian'],
    [['image', 'build', 'debian'], 'NO_PACKAGES', 'portal boot import FILE'],
    [['image', 'build', 'debian', '--size', '5'], 'BAD_ARGUMENT', 'write a whole number and a unit'],
    [['image', 'build', 'debian', '--include', '-o'], 'BAD_ARGUMENT', ''],
    [['boot', 'import', '/a/x', '--name', '../x'], 'BAD_ARGUMENT', 'use up to 64'],
  ])('fail without apt, or for wrong arguments: %j', async (args, code, hint) => {
    const { ports } = await fixture();
    const { stderr, stdout } = await portalOn(ports, args);
    expect(stderr).toContain(`[${code}]`);
    expect(stderr).toContain(hint);
    expect(stdout).toBe('');
  });
});
