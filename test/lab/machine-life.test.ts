import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { parseXml } from '../../lib/libvirt/xml/xml-document.ts';
import { definitionDifferences, formatDifference } from '../../lib/machines/domain/normal-form.ts';
import type { Outcome } from '../support/pci-program.ts';
import { describeLibvirtd, useLibvirtd } from './describe-lab.ts';
import { type MachineHost, machineHost } from './machine-host.ts';
import { type TinyGuest, tinyGuest } from './tiny-guest.ts';

// The life of machines of folders, by the built programs, a real libvirtd and QEMU.

const BOOT_TIMEOUT_MS = 300_000;
/** All that machines can leave: VMs, networks, and files. */
type Everything = readonly [machines: string, networks: string, files: readonly string[]];
/** The verbs of virsh that change something. */
const WRITES =
  /^'?(net-define|net-start|net-destroy|net-undefine|net-autostart|define|undefine|start|destroy|shutdown|create|metadata|resume|suspend|reboot|reset|set\w+|attach\S*|detach\S*)\b/;

/** The writing verbs among commands. */
function writesOf(commands: readonly string[]): readonly string[] {
  return commands.flatMap((command) => WRITES.exec(command)?.[1] ?? []);
}

describeLibvirtd('the life of machines', (root) => {
  const libvirtd = useLibvirtd(root);
  let host: MachineHost;
  let guest: TinyGuest;
  let project: string;
  let boot: string;
  let before: Everything;

  const portal = (command: string, ...args: readonly string[]): Promise<Outcome> => {
    const needsLibvirt = ['up', 'plan', 'halt', 'status', 'destroy', 'console', 'reload'].includes(command);
    const options = command === 'boot' ? [] : command === 'console' ? [] : ['--project', project];
    return host.portal([
      command,
      ...args,
      ...options,
      ...(needsLibvirt ? ['--connect', libvirtd().uri] : []),
    ]);
  };
  const output = async (command: string, ...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await portal(command, ...args);
    expect(exitCode, `${command} ${args.join(' ')}\n${stdout}${stderr}`).toBe(0);
    return stdout;
  };
  const fileOf = (name: string): string => join(project, 'machines', name, 'machine.yaml');
  const edit = (name: string, from: string | RegExp, to: string): void => {
    const text = readFileSync(fileOf(name), 'utf8');
    expect(text).toMatch(from);
    writeFileSync(fileOf(name), text.replace(from, to));
  };
  /** Makes a machine of a template, which boots what was imported. */
  const create = async (name: string, template: string): Promise<void> => {
    await output('new', name, '--template', template, '--yes');
    edit(name, '  profile: minivm', boot);
  };
  const logOf = (name: string): Promise<string> =>
    portal('console', name, '--log').then(({ stdout }) => stdout);
  const runs = (name: string): Promise<void> =>
    expect.poll(() => logOf(name), { timeout: BOOT_TIMEOUT_MS, interval: 1000 }).toContain(guest.marker);
  const stateOf = async (name: string): Promise<unknown> => {
    const { machines } = JSON.parse(await output('status', name, '--json')) as {
      machines: readonly { state: string; definition: string; differences: readonly string[] }[];
    };
    const [machine] = machines;
    return [machine?.state, machine?.definition, ...(machine?.differences ?? [])];
  };
  const dump = (name: string, ...options: readonly string[]): Promise<string> =>
    libvirtd().output(['dumpxml', name, ...options]);
  const everything = async (): Promise<Everything> => [
    await libvirtd().output(['list', '--all', '--name']),
    await libvirtd().output(['net-list', '--all', '--name']),
    host.files(),
  ];

  beforeAll(async () => {
    host = machineHost(root, libvirtd());
    project = join(libvirtd().folder, 'project');
    mkdirSync(join(project, 'machines'), { recursive: true });
    guest = await tinyGuest(root, libvirtd(), { name: 'machine', onceUp: 'stay' });
    const stored = async (file: string, name: string): Promise<Record<string, { sha256: string } | null>> => {
      const text = await output('boot', 'import', file, '--name', name, '--json');
      return (JSON.parse(text) as { assets: Record<string, { sha256: string } | null> }).assets;
    };
    const kernel = await stored(guest.kernel, 'lab');
    const { initrd } = await stored(guest.initrd, 'lab-initrd');
    const files = { kernel: (kernel['elf'] ?? kernel['kernel'])?.sha256, initrd: initrd?.sha256 };
    boot = `  kernel: store:${files.kernel}\n  initrd: store:${files.initrd}`;
    before = await everything();
  }, BOOT_TIMEOUT_MS);

  test('a router is created, runs, and is found as its folder says', async () => {
    await create('r0', 'router/universe');
    await output('check', 'r0');
    expect(await output('render', 'r0')).toBe(await output('render', 'r0'));
    expect(await stateOf('r0')).toEqual(['off', 'absent']);
    host.commands();
    await output('up', 'r0', '--yes');
    expect(writesOf(host.commands())).toEqual([...['net-define', 'net-start', 'define', 'start']]);
    expect(await stateOf('r0')).toEqual(['running', 'current']);
    await runs('r0');

    expect(await output('up', 'r0')).toBe('Nothing to do: 1 machine as the folders say.\n');
    expect(writesOf(host.commands())).toEqual([]);
  });

  test('a change applies when the machine starts again', async () => {
    edit('r0', 'memory: 256MiB', 'memory: 192MiB');
    expect(await output('plan', 'r0')).toContain('memory 256 MiB instead of 192 MiB');
    expect(await dump('r0', '--inactive')).toContain("<memory unit='KiB'>262144</memory>");
    await output('up', 'r0', '--yes');
    expect(await dump('r0', '--inactive')).toContain("<memory unit='KiB'>196608</memory>");
    expect(await dump('r0')).toContain("<memory unit='KiB'>262144</memory>");
    expect((await stateOf('r0')) as readonly unknown[]).toEqual(
      expect.arrayContaining(['running', 'needs-restart']),
    );
    expect(await output('status', 'r0')).toContain('needs restart');
    await output('halt', 'r0', '--grace', '2', '--yes');
    expect(await stateOf('r0')).toEqual(['off', 'current']);
    await output('up', 'r0', '--yes');
    expect(await stateOf('r0')).toEqual(['running', 'current']);
    expect(await dump('r0')).toContain("<memory unit='KiB'>196608</memory>");
    await output('halt', 'r0', '--grace', '0', '--yes');
  });

  test('a script does what up does', async () => {
    await create('app', 'application/minivm');
    const script = await output('up', 'app', '--script');
    expect(await host.sh(script)).toMatchObject({ exitCode: 0 });
    host.commands();
    expect(await host.sh(script)).toMatchObject({ exitCode: 0 });
    expect(writesOf(host.commands())).toEqual([]);
    const byScript = await dump('app', '--inactive');
    await runs('app');
    expect(await stateOf('app')).toEqual(['running', 'current']);
    expect(await output('up', 'app')).toContain('Nothing to do');
    await output('destroy', 'app', '--grace', '0', '--yes');
    await output('up', 'app', '--yes');
    const read = (text: string) => parseXml(text, 'app');
    expect(
      definitionDifferences(read(await dump('app', '--inactive')), read(byScript)).map(formatDifference),
    ).toEqual([]);
    await output('destroy', 'app', '--grace', '0', '--yes');
  });

  test('a VM of somebody else is not touched', async () => {
    await libvirtd().output(['define', '/dev/stdin'], { stdin: guest.xml.replace('>machine<', '>x0<') });
    const [found, all] = [await dump('x0', '--inactive'), await everything()];
    await create('x0', 'application/minivm');
    for (const command of ['up', 'halt', 'destroy']) {
      const { exitCode, stderr } = await portal(command, 'x0', '--yes');
      expect(exitCode, stderr).not.toBe(0);
      expect(stderr).toContain('[NOT_OURS]');
    }
    expect([await dump('x0', '--inactive'), await everything()]).toEqual([found, all]);
    await libvirtd().output(['undefine', 'x0']);
    rmSync(join(project, 'machines', 'x0'), { recursive: true });
  });

  test.each([
    ['libvirt has no network nowhere', 'nics: [ { network: isolated/new }, { network: nowhere } ]'],
    ['the host has no bridge br77', 'nics: [ { bridge: br77 } ]'],
    ['the directory of its share gone does not exist', 'shares: [ { name: gone, source: gone } ]'],
    ['its kernel does not exist', 'boot: { kernel: boot/vmlinuz }'],
    ['needs 7 TiB of memory', 'memory: 7TiB'],
  ])('nothing is changed if %s', async (message, line) => {
    const all = await everything();
    mkdirSync(join(project, 'machines', 's0'), { recursive: true });
    const boots = line.startsWith('boot:') ? '' : `boot:\n${boot}\n`;
    writeFileSync(fileOf('s0'), `category: service\n${boots}${line}\n`);
    host.commands();
    const { exitCode, stderr } = await portal('up', 's0', '--yes');
    expect(exitCode, stderr).not.toBe(0);
    expect(stderr).toContain(message);
    expect(stderr).toContain('[CANNOT_START]');
    expect(writesOf(host.commands())).toEqual([]);
    expect(await everything()).toEqual(all);
    rmSync(join(project, 'machines', 's0'), { recursive: true });
  });

  test('what a killed up has done is undone, and it works again', async () => {
    await create('k0', 'router/universe');
    edit('k0', 'isolated/universe', 'isolated/other');
    writeFileSync(
      fileOf('k0'),
      `${readFileSync(fileOf('k0'), 'utf8')}\ndisks: [ { name: data, size: 1MiB } ]\n`,
    );
    const all = await everything();
    for (const [verb, when] of [
      ['net-start', 'after'],
      ['define', 'before'],
      ['define', 'after'],
      ['start', 'after'],
    ] as const) {
      host.killAt(verb, when);
      const killed = await portal('up', 'k0', '--yes');
      expect(killed.exitCode, `${verb} ${when}: ${killed.stdout}${killed.stderr}`).not.toBe(0);
      expect(await everything()).not.toEqual(all);
      const recovered = await host.pci(['recover']);
      expect(recovered.exitCode, `${verb} ${when}: ${recovered.stdout}${recovered.stderr}`).toBe(0);
      expect(await everything(), `${verb} ${when}`).toEqual(all);
    }
    await output('up', 'k0', '--yes');
    expect(await stateOf('k0')).toEqual(['running', 'current']);
    await runs('k0');
  });

  test('nothing of the machines stays, but a disk until its data is given up', async () => {
    const disk = '/var/lib/portal-gun/machines/k0/data.qcow2';
    const bytes = readFileSync(host.outside(disk));
    await output('up', 'r0', '--yes');
    const { exitCode, stderr } = await portal('destroy', '--all', '--grace', '0', '--yes');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain(`disks stay: ${disk}; to remove them, too: --data`);
    const [machines, networks, files] = before;
    expect(await everything()).toEqual([machines, networks, withAbove(files, disk)]);
    expect(readFileSync(host.outside(disk))).toEqual(bytes);
    await output('destroy', '--all', '--data', '--yes');
    expect(await everything()).toEqual(before);
    expect(await output('destroy', '--all', '--data', '--yes')).toContain('Nothing to do');
  });
});

/** With a path below `/var`, and the directories above it that are not there. */
function withAbove(files: readonly string[], path: string): readonly string[] {
  const parts = path.split('/').slice(2);
  return [...new Set([...files, ...parts.map((_, at) => parts.slice(0, at + 1).join('/'))])].sort();
}
