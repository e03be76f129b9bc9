import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test, vi } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { describeLibvirtd, useLibvirtd } from './describe-lab.ts';
import { startLibvirtd } from './libvirtd.ts';

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

describeLibvirtd('a libvirtd of the lab', (root) => {
  const libvirtd = useLibvirtd(root);

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

  test('leaves nothing when it ends', async () => {
    const other = await startLibvirtd(root);
    const { namespace } = await initOf(other.folder);
    await other.end();
    expect(await processesIn(namespace)).toEqual([]);
    expect(existsSync(join(other.folder, '..'))).toBe(false);
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
