import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixture, type Outcome, pci, pciInside } from '../support/pci-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const HOST = ['--host', fixture('lab-intel-vfio')] as const;

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const run = (...args: readonly string[]): Promise<Outcome> => pciInside(['xml', ...args, ...HOST]);

const MACHINE = `<domain type='qemu'><name>router0</name><os><type arch='x86_64' machine='pc-q35-9.2'>hvm</type></os><devices>
  <controller type='pci' index='0' model='pcie-root'/>
  <controller type='pci' index='1' model='pcie-root-port'/>
  <controller type='pci' index='2' model='pcie-root-port'/>
  <disk><address type='pci' bus='0x01' slot='0x00'/></disk>
  <hostdev mode='subsystem' type='pci'><source><address bus='0x07'/></source><address type='pci' bus='0x00' slot='0x03'/></hostdev>
</devices></domain>`;

/** The guest's addresses in what was printed. */
function guestAddresses({ stdout }: Outcome): readonly string[] {
  return [...stdout.matchAll(/^ {2}<address type="pci" domain="0x0000" (.*)\/>$/gm)].map(
    ([, text = '']) => text,
  );
}

describe('in a machine', () => {
  const machine = file('router0.xml', MACHINE);

  it('a card goes to the port that is free, and another to a new one', async () => {
    const outcome = await run('03:00', '06:00.0', '--domain', machine);
    expect(guestAddresses(outcome)).toEqual([
      'bus="0x02" slot="0x00" function="0x0" multifunction="on"',
      'bus="0x02" slot="0x00" function="0x1"',
      'bus="0x03" slot="0x00" function="0x0"',
    ]);
    expect(outcome.stdout).toMatch(/^<controller type="pci" index="3" model="pcie-root-port"\/>$/m);
    expect(outcome.stderr).toContain('root port 3 is added because the VM has no free one');
  });

  it('VFs have a slot each', async () => {
    expect(guestAddresses(await run('01:10.2', '01:10.4', '--domain', machine))).toEqual([
      'bus="0x02" slot="0x00" function="0x0"',
      'bus="0x03" slot="0x00" function="0x0"',
    ]);
  });

  it('what it has already is said with its place', async () => {
    const { stderr } = await run('07:00.0', '--domain', machine);
    expect(stderr).toContain(`0000:07:00.0: the VM has it already: ${machine}:6:3\n`);
  });

  it('a slot that is taken is refused, but for another function of it', async () => {
    const taken = await run('07:00.0', '--domain', machine, '--guest-address', '01:00.0');
    expect(taken).toMatchObject({ exitCode: 2, stdout: '' });
    expect(taken.stderr).toContain('01:00.0 is already used in that VM [BAD_ARGUMENT]');
    const beside = await run('07:00.0', '--domain', machine, '--guest-address', '1:0.2');
    expect(guestAddresses(beside)).toEqual(['bus="0x01" slot="0x00" function="0x2"']);
  });

  it('that has no PCI bus nothing is found', async () => {
    const s390 = file('s390.xml', "<domain><os><type arch='s390x'>hvm</type></os><devices/></domain>");
    const { exitCode, stderr } = await run('07:00.0', '--domain', s390);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 6,
      stderr: `pci: s390x: its machine type has unknown PCI buses [NO_GUEST_SLOT]\nhint: omit the guest address: libvirt then chooses one, and adds a port if needed\n`,
    });
  });

  it('that is none is refused', async () => {
    const network = file('network.xml', '<!-- a --><network/>');
    const { exitCode, stderr } = await run('07:00.0', '--domain', network);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      `${network}:1:11: not a <domain> document: the root element is <network> [BAD_XML]`,
    );
  });
});

describe('the ROM', () => {
  it('is from a file by its whole path', async () => {
    const rom = file('a & b.rom', '');
    const { stdout } = await pci(['xml', '03:00.0', '--rom', rom, ...HOST]);
    expect(stdout).toContain(`<rom file="${rom.replace('&', '&amp;')}"/>`);
  });

  it('is no folder, and has no control character in its path', async () => {
    const { devices } = JSON.parse((await pci(['list', '--json'])).stdout) as {
      devices: { address: string }[];
    };
    const [{ address = '' } = {}] = devices;
    expect((await pci(['xml', address, '--rom', folder])).stderr).toContain(`is not a file: ${folder}`);
    expect((await run('03:00.0', '--rom', 'a\u0001b')).stderr).toContain('invalid value "a\\x01b"');
  });

  it('of a network card is left alone where it is to boot from it', async () => {
    expect((await run('03:00.0', '--boot-order', '1')).stdout).not.toContain('rom');
    expect((await run('03:00.0')).stdout).toContain('<rom bar="off"/>');
  });
});

describe('a file each', () => {
  const all = (path: string, ...more: readonly string[]) => run('--all', '--output-dir', path, ...more);

  it('is written once, and stays as it is', async () => {
    const path = join(folder, 'once');
    expect((await all(path)).stdout).toContain(`${path}: 22 devices: 22 written.\n`);
    const names = readdirSync(path);
    expect(names).toHaveLength(22);
    const times = names.map((name) => statSync(join(path, name)).mtimeMs);
    expect((await all(path)).stdout).toContain(`${path}: 22 devices: 22 unchanged.\n`);
    expect(names.map((name) => statSync(join(path, name)).mtimeMs)).toEqual(times);
    const { stdout } = await run('07:00.0');
    expect(readFileSync(join(path, 'pci_0000_07_00_0.xml'), 'utf8')).toBe(stdout);
  });

  it('replaces nothing unasked, and then writes none', async () => {
    const path = join(folder, 'others');
    mkdirSync(path);
    writeFileSync(join(path, 'pci_0000_07_00_0.xml'), 'mine');
    const refused = await all(path);
    expect(refused).toMatchObject({ exitCode: 4, stdout: '' });
    expect(refused.stderr).toContain('exists with other content; no file was written [FILE_EXISTS]');
    expect(readdirSync(path)).toEqual(['pci_0000_07_00_0.xml']);
    expect((await all(path, '--overwrite')).stdout).toContain('22 devices: 21 written, 1 replaced.');
  });

  it('is put into no file, and not on stdout', async () => {
    const path = join(folder, 'no-folder');
    writeFileSync(path, 'mine');
    for (const place of [path, '/dev/null']) {
      const refused = await all(place);
      expect(refused).toMatchObject({ exitCode: 7, stdout: '' });
      expect(refused.stderr).toContain(`${place}: is not a directory [OUTPUT_FAILED]`);
    }
    expect(readFileSync(path, 'utf8')).toBe('mine');
    const printed = await all('-');
    expect(printed).toMatchObject({ exitCode: 2, stdout: '' });
    expect(printed.stderr).toContain('needs a directory');
  });

  it('leaves nothing where one can not be put', async () => {
    const path = join(folder, 'half');
    mkdirSync(join(path, 'pci_0000_07_00_0.xml'), { recursive: true });
    expect(await all(path)).toMatchObject({ exitCode: 7, stdout: '' });
    expect(readdirSync(path)).toEqual(['pci_0000_07_00_0.xml']);
  });

  it('fits a terminal', async () => {
    const { stdout } = await pciInside(['xml', '--all', '--output-dir', join(folder, 'fit'), ...HOST], 40);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(40);
  });
});

describe('the document of a node device', () => {
  // As the notes that the project began with have it, put together from several devices.
  const MIXED = `<device>
  <name>pci_0000_00_00_0</name>

  *(This is one the virtual functions specified by path)*
  <path>/sys/devices/pci0000:00/0000:00:01.0/0000:00:00.0</path>

  <parent>computer</parent>
  <driver>
    <name>e1000e</name>
  </driver>
  <capability type='pci'>
    <domain>0</domain>
    <bus>0</bus>
    <slot>25</slot>
    <function>0</function>
    <product id='0x1502'>82579LM Gigabit Network Connection</product>
    <vendor id='0x8086'>Intel Corporation</vendor>
    <iommuGroup number='7'>
      <address domain='0x0000' bus='0x00' slot='0x00' function='0x0' />
    </iommuGroup>
  </capability>
</device>
`;
  const FINDINGS = [
    '2:3: its name is that of 0000:00:00.0, and its numbers are those of 0000:00:19.0',
    '5:3: its path is that of 0000:00:00.0, and its numbers are those of 0000:00:19.0',
    '5:3: its path has 0000:00:00.0 behind 0000:00:01.0, and both on bus 0000:00',
    '7:3: its parent is computer, and its path has it behind 0000:00:01.0',
    '18:5: its IOMMU group has 0000:00:00.0, and not 0000:00:19.0',
  ];
  const mixed = file('mixed.xml', MIXED);
  const nodedev = (path: string, ...more: readonly string[]): Promise<Outcome> =>
    pciInside(['xml', '--nodedev', path, ...more]);

  it('that contradicts itself is told so, each contradiction once, with its place', async () => {
    const outcome = await nodedev(mixed);
    expect(outcome).toEqual({
      exitCode: 1,
      stdout: FINDINGS.map((finding) => `${mixed}:${finding}\n`).join(''),
      stderr:
        'pci: the document contradicts itself; use --from capability to trust its numbers, or --from name to trust its name\n',
    });
  });

  it('is translated where it is said what to believe', async () => {
    const { exitCode, stdout, stderr } = await nodedev(mixed, '--from', 'capability', '--rom', 'off');
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`<hostdev mode="subsystem" type="pci" managed="yes">
  <source>
    <address domain="0x0000" bus="0x00" slot="0x19" function="0x0"/>
  </source>
  <rom bar="off"/>
</hostdev>
`);
    expect(stderr).toContain(FINDINGS.map((finding) => `pci: ${mixed}:${finding}\n`).join(''));
    const named = await nodedev(mixed, '--from', 'name');
    expect(named.stdout).toContain('<address domain="0x0000" bus="0x00" slot="0x00" function="0x0"/>');
  });

  const consistent = MIXED.replace('pci_0000_00_00_0', 'pci_0000_00_19_0')
    .replace('/0000:00:01.0/0000:00:00.0', '/0000:00:19.0')
    .replace("slot='0x00'", "slot='0x19'");

  it('that is of one mind is translated', async () => {
    const outcome = await nodedev(file('consistent.xml', consistent));
    expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
    expect(outcome.stdout).toContain('slot="0x19"');
  });

  it('of a virtual function of a network card is an interface', async () => {
    const vf = consistent.replace(
      "<capability type='pci'>",
      "<capability type='pci'>\n<class>0x020000</class><capability type='phys_function'><address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></capability>",
    );
    const { stdout, stderr } = await nodedev(file('vf.xml', vf), '--mac', '02:00:00:00:00:03');
    expect(stdout).toMatch(
      /^<interface type="hostdev" managed="yes">\n {2}<mac address="02:00:00:00:00:03"\/>/,
    );
    expect(stderr).toContain('its PF 0000:01:00.0 must be up before the VM starts');
  });

  it.each([
    [
      consistent.replace('/0000:00:19.0<', '/0000:01:19.0<'),
      'its path has 0000:01:19.0 on the root bus 0000:00',
    ],
    [
      consistent.replace('computer', 'pci_0000_00_01_0'),
      'its parent is 0000:00:01.0, and its path has it on a root bus',
    ],
    [consistent.replace('computer', 'pci_0000_00_19_0'), 'it is its own parent'],
  ])('contradiction %#', async (text, message) => {
    const { exitCode, stdout } = await nodedev(file('wrong.xml', text));
    expect(exitCode).toBe(1);
    expect(stdout).toContain(message);
  });

  it.each([
    [
      '<device><capability type="net"><interface>a</interface></capability></device>',
      'not a PCI device, but a device of type net',
    ],
    [consistent.replace('<slot>25', '<slot>32'), 'is at no PCI address'],
    [MIXED.replace(/<name>pci.*<\/name>/, ''), ''],
    ['<domain/>', 'is no <device>, but <domain>'],
    ['<!DOCTYPE device [<!ENTITY a "b">]><device>&a;</device>', 'has a document type'],
    ['', 'is not well formed'],
  ])('%#: what can not be translated', async (text, message) => {
    const { exitCode, stdout, stderr } = await nodedev(file('bad.xml', text), '--from', 'name');
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('as JSON has findings and what is translated', async () => {
    const found = JSON.parse((await nodedev(mixed, '--json')).stdout) as object;
    expect(found).toMatchObject({ schema: 'portal-gun/pci-xml/v1', host: null, devices: [] });
    const believed = JSON.parse((await nodedev(mixed, '--json', '--from', 'capability')).stdout) as {
      findings: readonly unknown[];
      devices: readonly unknown[];
    };
    expect([believed.findings.length, believed.devices.length]).toEqual([5, 1]);
  });
});
