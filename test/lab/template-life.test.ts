import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { describeLibvirtd, useLibvirtd } from './describe-lab.ts';
import { type MachineHost, machineHost } from './machine-host.ts';
import { tinyGuest } from './tiny-guest.ts';

// Each template through the whole life of its machine, with no edit, by the built programs, a real libvirtd and QEMU.

const NAMES = '/var/lib/portal-gun/boot/names';
const SETUP_TIMEOUT_MS = 300_000;

describeLibvirtd('the templates', (root) => {
  const libvirtd = useLibvirtd(root);
  let host: MachineHost;
  let project: string;

  const output = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await host.portal(args);
    expect(exitCode, `${args.join(' ')}\n${stdout}${stderr}`).toBe(0);
    return stdout;
  };
  const inProject = (...args: readonly string[]): Promise<string> => output(...args, '--project', project);
  const onLibvirt = (...args: readonly string[]): Promise<string> =>
    inProject(...args, '--connect', libvirtd().uri);
  const everything = async (): Promise<unknown> => [
    await libvirtd().output(['list', '--all', '--name']),
    await libvirtd().output(['net-list', '--all', '--name']),
    await libvirtd().output(['pool-list', '--all', '--name']),
    host.files(),
  ];
  const definitionOf = async (name: string): Promise<unknown> => {
    const { machines } = JSON.parse(await onLibvirt('status', name, '--json')) as {
      machines: readonly { state: string; definition: string; differences: readonly string[] }[];
    };
    const [machine] = machines;
    return [machine?.state, machine?.definition, ...(machine?.differences ?? [])];
  };

  beforeAll(async () => {
    host = machineHost(root, libvirtd());
    project = join(libvirtd().folder, 'project');
    mkdirSync(join(project, 'machines'), { recursive: true });
    const guest = await tinyGuest(root, libvirtd(), { name: 'machine', onceUp: 'stay' });
    await output('boot', 'import', guest.kernel, '--name', 'minivm');
    await output('boot', 'import', guest.initrd, '--name', 'initramfs');
    const recordOf = (name: string): Record<string, unknown> =>
      JSON.parse(readFileSync(host.outside(`${NAMES}/${name}.json`), 'utf8'));
    const record = { ...recordOf('minivm'), initrd: recordOf('initramfs')['initrd'] };
    // The assets that the templates name are built from packages, which costs minutes: here they are those of the lab.
    for (const name of ['minivm', 'debian']) {
      writeFileSync(host.outside(`${NAMES}/${name}.json`), JSON.stringify({ ...record, name }));
    }
    const image = join(libvirtd().folder, 'debian.qcow2');
    expect(await host.sh(`qemu-img create -q -f qcow2 '${image}' 8M`)).toMatchObject({ exitCode: 0 });
    await output('boot', 'import', image, '--name', 'debian');
  }, SETUP_TIMEOUT_MS);

  test.each<readonly [template: string, answers: readonly string[]]>([
    ['application/minivm', []],
    ['controller/user', []],
    ['router/universe', []],
    ['router/universe', ['-a', 'hypervisor=yes']],
    ['service/web', []],
  ])('%s %j leaves nothing after its life', async (template, answers) => {
    const name = `m-${template.replace('/', '-')}${answers.length === 0 ? '' : '-2'}`;
    const root = `/var/lib/portal-gun/machines/${name}/root.qcow2`;
    const overlay = host.outside(`${root}.TRANSIENT-${name}`);
    const isEphemeral = template === 'service/web';
    const before = await everything();
    await inProject('new', name, '--template', template, '--yes', ...answers);
    await inProject('check', name);
    expect(await inProject('render', name)).toContain(`<name>${name}</name>`);
    await onLibvirt('up', name, '--yes');
    expect(await definitionOf(name)).toEqual(['running', 'current']);
    expect(await onLibvirt('up', name)).toContain('Nothing to do');
    expect(existsSync(overlay)).toBe(isEphemeral);
    await onLibvirt('halt', name, '--grace', '1', '--yes');
    expect(await definitionOf(name)).toEqual(['off', 'current']);
    expect(existsSync(overlay)).toBe(false);
    await onLibvirt('destroy', name, '--data', '--yes');
    expect(await everything()).toEqual(before);
  });

  test('host/default is a folder only', async () => {
    const before = await everything();
    await inProject('new', 'desk', '--template', 'host/default', '--yes');
    await inProject('check', 'desk');
    const { exitCode, stderr } = await host.portal([
      ...['up', 'desk', '--yes', '--project', project, '--connect', libvirtd().uri],
    ]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('there is no VM for it')]);
    expect(await everything()).toEqual(before);
  });
});
