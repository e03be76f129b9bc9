import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LiveRunner } from '../../lib/host/live/program/live-runner.ts';
import { readMachines } from '../../lib/libvirt/machine/read-machines.ts';
import { Virsh } from '../../lib/libvirt/virsh.ts';
import { validatorOf } from '../support/json-schemas.ts';
import { type Outcome, portalInside } from '../support/pci-program.ts';
import { useProgramsIn } from '../support/programs-in.ts';
import { describeLibvirtd, useLibvirtd } from './describe-lab.ts';
import { tinyGuest } from './tiny-guest.ts';

const NAMESPACE = 'urn:portal-gun:machine:v1';
const CLUSTER = ['controller0', 'galaxy0', 'mail', 'star router', 'star0'] as const;

describeLibvirtd('portal, with a real libvirt', (root) => {
  const libvirtd = useLibvirtd(root);
  useProgramsIn(() => libvirtd().bin);
  let guest: string;

  beforeAll(async () => {
    guest = (await tinyGuest(root, libvirtd(), { name: 'NAME', onceUp: 'stay' })).xml;
  });

  beforeEach(async () => {
    const known = [...(await uuids()).values()];
    // Commands that are read go on behind one that fails, such as ending what does not run.
    const stdin = known.map((uuid) => `destroy ${uuid}\nundefine ${uuid}\n`).join('');
    await libvirtd().virsh([], { stdin });
  });

  const xmlOf = (name: string, inside = ''): string =>
    guest
      .replace('>NAME<', `>${name.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}<`)
      .replace('<memory', `${inside}<memory`);

  const defineXml = (stdin: string): Promise<string> =>
    libvirtd().output(['define', '/dev/stdin'], { stdin });

  const define = async (...names: readonly string[]): Promise<void> => {
    for (const name of names) await defineXml(xmlOf(name));
  };

  /** The UUIDs of all machines, by name. */
  const uuids = async (): Promise<ReadonlyMap<string, string>> => {
    const lines = (await libvirtd().output(['list', '--all', '--uuid', '--name'])).split('\n');
    return new Map(
      lines.flatMap((line) => {
        const [, uuid, name] = /^([0-9a-f-]{36}) (.*)$/.exec(line) ?? [];
        return uuid === undefined || name === undefined ? [] : [[name, uuid]];
      }),
    );
  };

  /** Documents of machines, one behind the other, byte for byte. */
  const dump = async (names: readonly string[], options = '--inactive --security-info'): Promise<string> => {
    const known = await uuids();
    return libvirtd().output([names.map((name) => `dumpxml ${options} ${known.get(name)}`).join('; ')]);
  };

  const run = (...args: readonly string[]): Promise<Outcome> =>
    portalInside([args[0] ?? '', '--connect', libvirtd().uri, ...args.slice(1)]);

  const output = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await run(...args);
    expect(exitCode, stderr).toBe(0);
    if (args[0] !== 'tag') expect(stderr).toBe('');
    return stdout;
  };

  const documentOf = async (kind: string, ...args: readonly string[]): Promise<Record<string, unknown>> => {
    const document: unknown = JSON.parse(await output(...args, '--json'));
    const validate = validatorOf(kind, { strict: true });
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    return document as Record<string, unknown>;
  };

  /** The names of the machines of a category. */
  const namesOf = async (...filter: readonly string[]): Promise<readonly string[]> => {
    const { machines } = await documentOf('machine-list', 'list', ...filter);
    return (machines as { name: string }[]).map(({ name }) => name);
  };

  describe('of five machines', () => {
    test('lists them by category, the untagged one with a guess', async () => {
      await define(...CLUSTER);
      await output('tag', 'galaxy0', 'star0', '--type', 'router');
      await output('tag', 'mail', '--type', 'mail-server');
      await output('tag', 'controller0', '--type', 'controller');
      expect(await output('list')).toBe(
        [
          'NAME         TYPE         STATE  DEVICES   MEMORY  CPUS',
          'controller0  controller   off    -        128 MiB     1',
          'galaxy0      router       off    -        128 MiB     1',
          'mail         mail-server  off    -        128 MiB     1',
          'star router  - (router?)  off    -        128 MiB     1',
          'star0        router       off    -        128 MiB     1',
          '',
        ].join('\n'),
      );
      expect(await namesOf()).toEqual(CLUSTER);
      expect(await namesOf('--type', 'router')).toEqual(['galaxy0', 'star0']);
      expect(await namesOf('--type', 'router', '--type', 'controller')).toEqual([
        'controller0',
        'galaxy0',
        'star0',
      ]);
      expect(await namesOf('--untagged')).toEqual(['star router']);
      expect(await run('list', '--type', 'service')).toEqual({
        exitCode: 0,
        stdout: '',
        stderr: 'portal: no VM is tagged service; 1 VM untagged: portal list --untagged\n',
      });
    });

    test('tags, tags otherwise, and untags to the byte, and leaves the others to the byte', async () => {
      await define(...CLUSTER);
      const routers = ['galaxy0', 'star0'];
      const others = CLUSTER.filter((name) => !routers.includes(name));
      const before = [await dump(routers), await dump(others)];

      expect(await output('tag', 'galaxy0', 'star0', '--type', 'router', '--dry-run')).toContain(
        '2 VMs would be tagged router\n  galaxy0  was untagged\n  star0    was untagged\n',
      );
      expect(await dump(routers)).toBe(before[0]);
      expect(await output('tag', 'galaxy0', 'star0', '--type', 'router')).toBe(
        '2 VMs tagged router\n  galaxy0  was untagged\n  star0    was untagged\n',
      );
      const tagged = await dump(routers);
      const element = `  <metadata>\n    <portal-gun:machine xmlns:portal-gun="${NAMESPACE}" category="router"/>\n  </metadata>\n`;
      expect(tagged.split(element)).toHaveLength(3);
      expect(tagged.replaceAll(element, '')).toBe(before[0]);
      expect(await dump(others)).toBe(before[1]);

      expect(await output('tag', 'star0', 'galaxy0', 'star0', '--type', 'router')).toBe(
        'Nothing to do: 2 VMs already tagged router\n  star0    no change\n  galaxy0  no change\n',
      );
      expect(await dump(routers)).toBe(tagged);
      expect(await documentOf('machine-tag', 'tag', 'star0', '--type', 'service')).toMatchObject({
        category: 'service',
        dryRun: false,
        machines: [{ name: 'star0', before: 'router', changes: ['definition'] }],
      });
      expect(await namesOf('--type', 'service')).toEqual(['star0']);
      expect(await documentOf('machine-tag', 'tag', 'galaxy0', 'star0', '--remove')).toMatchObject({
        category: null,
      });
      expect([await dump(routers), await dump(others)]).toEqual(before);
      expect(await output('tag', 'galaxy0', '--remove')).toBe(
        'Nothing to do: 1 VM already untagged\n  galaxy0  no change\n',
      );
    });

    test('tags none where one is not there', async () => {
      await define(...CLUSTER);
      const before = await dump(CLUSTER);
      expect(await run('tag', 'galaxy0', 'galaxy1', '--type', 'router')).toEqual({
        exitCode: 3,
        stdout: '',
        stderr: 'portal: galaxy1: no such VM [MACHINE_NOT_FOUND]\nhint: did you mean galaxy0?\n',
      });
      expect(await dump(CLUSTER)).toBe(before);
    });
  });

  test('tags machines of any name, and none other', async () => {
    const names = [
      '-dash',
      '--remove',
      ' blank  s',
      'ünï€',
      'a;b\'c$(x)`d`"e\\',
      '*',
      '1',
      '%s\u202e',
      '<&>',
      'machine',
    ];
    await define(...names);
    const known = await uuids();
    const before = await dump(names);
    for (const [index, name] of names.entries()) await output('tag', '--type', `own-${index}`, '--', name);
    const { machines } = await documentOf('machine-list', 'list');
    expect(
      (machines as { name: string; category: string }[]).toSorted((a, b) =>
        a.category < b.category ? -1 : 1,
      ),
    ).toMatchObject(names.map((name, index) => ({ name, category: `own-${index}` })));
    const shown = await output('list', '--no-header');
    expect(shown).toContain('%s\\u{202e}');
    await output('tag', '--remove', ...known.values());
    expect(await dump(names)).toBe(before);
  });

  test('tags a machine that runs in its definition and at once, and one without a definition', async () => {
    await define('runs');
    await libvirtd().output(['start', 'runs']);
    await libvirtd().output(['create', '/dev/stdin'], { stdin: xmlOf('passes') });
    const documents = async (): Promise<readonly string[]> => [
      await dump(['runs', 'passes'], ''),
      await dump(['runs']),
    ];
    const before = await documents();
    expect(await output('tag', 'runs', 'passes', '--type', 'host')).toBe(
      [
        '2 VMs tagged host',
        '  runs    was untagged; also in the running VM',
        '  passes  was untagged; transient: the category is lost when the VM stops',
        '',
      ].join('\n'),
    );
    expect(await output('list', '--no-header')).toBe(
      'passes  host  running, transient  -  128 MiB  1\nruns    host  running             -  128 MiB  1\n',
    );
    for (const options of ['', '--inactive'])
      expect(await dump(['runs'], options)).toContain('category="host"');

    // Somebody changes one of the two.
    const element = '<machine category="router"/>';
    await libvirtd().output(['metadata', 'runs', NAMESPACE, '--key', 'other', '--set', element, '--live']);
    expect(await output('list', '--no-header', '--type', 'host')).toContain('host, now router');
    expect(await output('tag', 'runs', '--type', 'host')).toBe(
      '1 VM tagged host\n  runs  was host; also in the running VM\n',
    );
    await output('tag', 'runs', 'passes', '--remove');
    expect(await documents()).toEqual(before);
  });

  test('keeps what else is in its element, and in those of others', async () => {
    const metadata = `<metadata xmlns:y='urn:y'><y:keep a='1'/><p:machine xmlns:p='${NAMESPACE}' y:b='2' category='host'><p:note c='3'><y:d/>text &amp; more</p:note><!-- e --></p:machine></metadata>`;
    await defineXml(xmlOf('kept', metadata));
    expect(await namesOf('--type', 'host')).toEqual(['kept']);
    await output('tag', 'kept', '--type', 'router');
    const tagged = await dump(['kept']);
    for (const part of [
      '<y:keep a="1"/>',
      'y:b="2"',
      '<y:d/>text &amp; more',
      '<!-- e -->',
      'category="router"',
    ]) {
      expect(tagged).toContain(part);
    }
    expect(tagged).toContain('<portal-gun:note c="3">');
    await output('tag', 'kept', '--type', 'service');
    expect((await dump(['kept'])).replace('"service"', '"router"')).toBe(tagged);
    await output('tag', 'kept', '--remove');
    expect(await dump(['kept'])).toBe(tagged.replace(' category="router"', ''));
    expect(await namesOf('--untagged')).toEqual(['kept']);
  });

  test('tells what in our namespace is not ours, and does not overwrite it', async () => {
    const metadata = (inside: string): string => `<metadata>${inside}</metadata>`;
    const engine = xmlOf('engine', metadata(`<p:engine xmlns:p='${NAMESPACE}'/>`));
    const odd = xmlOf('odd', metadata(`<p:machine xmlns:p='${NAMESPACE}' category='Öd &quot;'/>`));
    await defineXml(engine);
    await defineXml(odd);
    const before = await dump(['engine']);
    const { stdout, stderr } = await run('list', '--no-header');
    expect(stdout).toMatch(/^engine {2}\? .*\nodd {5}\? .*\n$/);
    expect(stderr.match(/\[MACHINE_BROKEN\]/g)).toHaveLength(2);
    expect(await run('tag', 'engine', '--type', 'router')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('[BAD_XML]'),
    });
    expect(await dump(['engine'])).toBe(before);
    expect((await run('tag', 'odd', '--type', 'router')).exitCode).toBe(0);
    expect(await namesOf('--type', 'router')).toEqual(['odd']);
  });

  test('shows no secret, and reads them to edit', async () => {
    const graphics = "<graphics type='vnc' passwd='hushhush'/></devices>";
    await defineXml(xmlOf('secret').replace('</devices>', graphics));
    expect(await output('list', '--json')).not.toContain('hushhush');
    const virsh = new Virsh(new LiveRunner(), libvirtd().uri);
    const texts = await Promise.all(
      (['look', 'edit'] as const).map(async (purpose) => {
        const { machines } = await readMachines(virsh, purpose);
        return machines.map(({ definition }) => definition?.document.text).join('');
      }),
    );
    expect(texts.map((text) => text.includes('hushhush'))).toEqual([false, true]);
  });

  test('says plainly that there is no machine, and no libvirt', async () => {
    expect(await run('list')).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'portal: libvirt has no VMs\n',
    });
    const nowhere = `${libvirtd().uri}-nowhere`;
    const gone = await portalInside(['list', '--connect', nowhere]);
    expect(gone).toMatchObject({ exitCode: 7, stdout: '' });
    expect(gone.stderr).toContain('[NO_LIBVIRT]');
    const json = await run('tag', 'a', '--type', 'host', '--connect', nowhere, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: 'NO_LIBVIRT' } });
  });
});
