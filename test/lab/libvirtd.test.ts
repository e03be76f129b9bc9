import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test, vi } from 'vitest';
import { ROOT } from '../support/pci-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { describeLibvirtd, useLibvirtd } from './describe-lab.ts';
import { type RunningLibvirtd, startLibvirtd } from './libvirtd.ts';
import { tinyGuest } from './tiny-guest.ts';

const BOOT_TIMEOUT_MS = 300_000;

interface Process {
  readonly pid: string;
  /** The namespace that its pid counts in. */
  readonly namespace: string;
  readonly words: string;
}

async function processes(): Promise<Process[]> {
  const { stdout } = await execa('ps', ['-eo', 'pid,pidns,args', '-ww']);
  return stdout.split('\n').map((line) => {
    const [pid = '', namespace = '', ...words] = line.trim().split(/\s+/);
    return { pid, namespace, words: words.join(' ') };
  });
}

/** The first process of the namespaces in which the daemon with that folder runs. */
async function initOf(folder: string): Promise<Process> {
  const work = join(folder, '..');
  const init = (await processes()).find(({ words }) => words.endsWith(` init ${work}`));
  if (init === undefined) throw new Error(`no libvirtd runs in ${work}`);
  return init;
}

async function processesIn(namespace: string): Promise<string[]> {
  return (await processes()).filter((one) => one.namespace === namespace).map(({ words }) => words);
}

/** The mounts that a process sees, as far as it sees them: where, and their options. */
function mountsOf(pid: string): { readonly path: string; readonly options: readonly string[] }[] {
  const lines = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const [, , , , path = '', options = ''] = line.split(' ');
    return { path, options: options.split(',') };
  });
}

/** The names of all guests, running or not. */
async function guests(libvirtd: RunningLibvirtd): Promise<string> {
  return (await libvirtd.output(['list', '--all', '--name'])).trim();
}

describeLibvirtd('a libvirtd of the lab', (root) => {
  const libvirtd = useLibvirtd(root);

  test('starts a guest, which reaches its init, and ends it', async () => {
    const guest = await tinyGuest(root, libvirtd(), { name: 'stays', onceUp: 'stay' });
    await libvirtd().output(['define', '/dev/stdin'], { stdin: guest.xml });
    expect(await libvirtd().output(['domstate', 'stays'])).toBe('shut off\n\n');
    await libvirtd().output(['start', 'stays']);
    await expect.poll(guest.console, { timeout: BOOT_TIMEOUT_MS }).toContain(guest.marker);
    expect(await libvirtd().output(['list'])).toMatch(/^ 1 +stays +running$/m);
    expect(libvirtd().log()).toContain('/usr/bin/qemu-system-x86_64');

    await libvirtd().output(['destroy', 'stays']);
    expect(await libvirtd().output(['list', '--all'])).toMatch(/^ - +stays +shut off$/m);
    await libvirtd().output(['undefine', 'stays']);
    expect(await guests(libvirtd())).toBe('');
    const { namespace } = await initOf(libvirtd().folder);
    expect(await processesIn(namespace)).not.toContainEqual(expect.stringContaining('qemu'));
  });

  test('sees a guest power off', async () => {
    const guest = await tinyGuest(root, libvirtd(), { name: 'leaves', onceUp: 'power-off' });
    await libvirtd().output(['create', '/dev/stdin'], { stdin: guest.xml });
    await expect.poll(() => guests(libvirtd()), { timeout: BOOT_TIMEOUT_MS, interval: 500 }).toBe('');
    expect(guest.console()).toContain(guest.marker);
    expect(libvirtd().log()).toContain('shutting down, reason=shutdown');
  });

  test('answers wrong XML with an error', async () => {
    const { exitCode, stderr } = await libvirtd().virsh(['define', '/dev/stdin'], { stdin: '<domain>' });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error: Failed to define domain from \/dev\/stdin$/m);
  });

  test("lists the machine's devices", async () => {
    const { stdout } = await execa('ls', ['/sys/bus/pci/devices']);
    const addresses = stdout.split('\n').filter((line) => line !== '');
    const names = addresses.map((address) => `pci_${address.replaceAll(/[:.]/g, '_')}`);
    const listed = await libvirtd().output(['nodedev-list', '--cap', 'pci']);
    expect(listed.trim().split('\n').sort()).toEqual(names.sort());
  });

  test("can write neither to the machine's devices nor to the lab's files, and mounts nothing outside", async () => {
    const { folder } = libvirtd();
    const mounts = mountsOf((await initOf(folder)).pid);
    const shared = mounts.filter(
      ({ path }) => /^\/(sys|usr|boot|etc)(\/|$)/.test(path) && path !== '/etc/libvirt',
    );
    expect(shared.map(({ path }) => path)).toEqual(expect.arrayContaining(['/sys', '/usr', '/boot', '/etc']));
    expect(shared.filter(({ options }) => !options.includes('ro'))).toEqual([]);
    expect(mountsOf('self').filter(({ path }) => path.startsWith(join(folder, '..')))).toEqual([]);
  });

  test('has networks apart from those of the machine', async () => {
    expect(await libvirtd().output(['net-list', '--all', '--name'])).toBe('default\n\n');
    const xml = "<network><name>apart</name><bridge name='apart0'/></network>";
    await libvirtd().output(['net-create', '/dev/stdin'], { stdin: xml });
    expect(await libvirtd().output(['net-list'])).toMatch(/^ apart +active/m);
    expect(existsSync('/sys/class/net/apart0')).toBe(false);
    await libvirtd().output(['net-destroy', 'apart']);
  });

  test('is what a virsh on PATH reaches', async () => {
    const env = { PATH: `${libvirtd().bin}:${process.env['PATH']}` };
    const { stdout } = await execa('virsh', ['--connect', libvirtd().uri, 'hostname'], { env });
    expect(stdout.trim()).toBe('lab');
    expect((await execa('virsh', ['uri'], { env })).stdout.trim()).toBe(libvirtd().uri);
  });

  test('has nothing to do with another, and leaves nothing when it ends', async () => {
    const other = await startLibvirtd(root);
    const { folder } = other;
    const { namespace } = await initOf(folder);
    try {
      const guest = await tinyGuest(root, other, { name: 'same', onceUp: 'stay' });
      await other.output(['create', '/dev/stdin'], { stdin: guest.xml });
      expect(await guests(other)).toBe('same');
      expect(await guests(libvirtd())).toBe('');
      expect(await processesIn(namespace)).toContainEqual(expect.stringContaining('guest=same'));
      const mine = await tinyGuest(root, libvirtd(), { name: 'same', onceUp: 'stay' });
      await libvirtd().output(['define', '/dev/stdin'], { stdin: mine.xml });
      expect(await libvirtd().output(['domstate', 'same'])).toBe('shut off\n\n');
      expect(await other.output(['domstate', 'same'])).toBe('running\n\n');
    } finally {
      await other.end();
    }
    expect(await processesIn(namespace)).toEqual([]);
    expect(existsSync(join(folder, '..'))).toBe(false);
    expect(await guests(libvirtd())).toBe('same');
    await libvirtd().output(['undefine', 'same']);
  });
});

describeLibvirtd('a libvirtd that is not up in time', (root) => {
  const folder = temporaryFolder();

  test('is an error with its log, and leaves nothing', async () => {
    vi.stubEnv('TMPDIR', folder);
    const start = startLibvirtd(root, { startTimeoutMs: 1 });
    vi.unstubAllEnvs();
    await expect(start).rejects.toThrow(/^libvirtd is not up in time .*Its log:/);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describeLibvirtd('a libvirtd whose starter is killed', (root) => {
  const folder = temporaryFolder();

  test('ends with its guests', async () => {
    const module = (name: string) => JSON.stringify(join(ROOT, 'test/lab', name));
    const program = join(folder, 'starter.ts');
    writeFileSync(
      program,
      `import { startLibvirtd } from ${module('libvirtd.ts')};
import { tinyGuest } from ${module('tiny-guest.ts')};
const root = ${JSON.stringify(root)};
const libvirtd = await startLibvirtd(root);
const guest = await tinyGuest(root, libvirtd, { name: 'orphan', onceUp: 'stay' });
await libvirtd.output(['create', '/dev/stdin'], { stdin: guest.xml });
process.stdout.write(libvirtd.folder);
`,
    );
    const starter = execa(process.execPath, ['test/support/run-typescript.mjs', program], {
      cwd: ROOT,
      env: { TMPDIR: folder },
      reject: false,
    });
    const failed = starter.then(({ stderr }) => {
      throw new Error(`the starter ended: ${stderr}`);
    });
    const [printed] = await Promise.race([once(starter.stdout, 'data'), failed]);
    const shared = String(printed);
    const { namespace } = await initOf(shared);
    expect(await processesIn(namespace)).toContainEqual(expect.stringContaining('guest=orphan'));
    starter.kill('SIGKILL');
    await expect(failed).rejects.toThrow();
    await expect.poll(() => processesIn(namespace), { timeout: 30_000 }).toEqual([]);
  });
});
