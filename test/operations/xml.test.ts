import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseXml } from '../../lib/libvirt/xml/xml-document.ts';
import { openSession, type Session } from '../../lib/operations/open-session.ts';
import { nodeDeviceXml } from '../../lib/operations/xml/node-device-xml.ts';
import { functionHere, HERE } from '../support/host-use.ts';
import { idleHost } from '../support/idle-host.ts';
import { fixture, pciOn } from '../support/pci-program.ts';
import { simulateMachine } from '../support/simulated-changes.ts';
import { type SimulatedPorts, simulatedPorts } from '../support/simulated-ports.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const OTHER = '0000:00:04.0';
const NAMES = { pciIds: 'bundled' } as const;
const folder = temporaryFolder();
const MACHINE = `<domain type='qemu'><name>router0</name><os><type arch='x86_64' machine='pc-q35-9.2'>hvm</type></os><devices>
  <controller type='pci' index='0' model='pcie-root'/>
  <controller type='pci' index='1' model='pcie-root-port'/>
</devices></domain>`;
const NODE_DEVICE = (slot: number) => `<device><name>pci_0000_00_03_0</name><capability type='pci'>
  <class>0x020000</class><domain>0</domain><bus>0</bus><slot>${slot}</slot><function>0</function>
  <product id='0x10c9'/><vendor id='0x8086'/></capability></device>`;

/** A machine with two cards in one group. */
function ports(input = ''): SimulatedPorts {
  const functions = [
    functionHere({ driver: 'igb' }),
    functionHere({ address: OTHER, driver: 'serial', classCode: '070002' }),
  ];
  return simulatedPorts(simulateMachine(idleHost(functions)), { input });
}

const here = (): Promise<Session> => openSession(NAMES, ports());
const captured = (): Promise<Session> => openSession({ ...NAMES, host: fixture('lab-intel-vfio') }, ports());

describe('XML of devices', () => {
  it('gives one to a machine, with what to know of it', async () => {
    const { snippets } = await (await here()).xml({ devices: [HERE] });
    expect(snippets).toMatchObject([{ address: HERE, kind: 'hostdev' }]);
    expect(parseXml(snippets[0]?.xml ?? '', 'snippet').root.name).toBe('hostdev');
    expect(snippets[0]?.notes.map(({ code }) => code)).toContain('group-members');
  });

  it('gives all of a group, or several', async () => {
    const host = await here();
    const addresses = async (options: Parameters<Session['xml']>[0]) =>
      (await host.xml(options)).snippets.map(({ address }) => address);
    expect(await addresses({ devices: [HERE], group: true })).toEqual([HERE, OTHER]);
    expect(await addresses({ devices: [OTHER, HERE] })).toEqual([HERE, OTHER]);
  });

  it('puts a device in a free slot of a machine, with a port where there is none', async () => {
    const host = await captured();
    const domain = parseXml(MACHINE, 'router0.xml');
    const { snippets } = await host.xml({ devices: ['03:00', '06:00.0'], domain });
    expect(snippets.map(({ kind }) => kind)).toEqual(['root-port', 'hostdev', 'hostdev', 'hostdev']);
    const placed = await host.xml({ devices: ['06:00.0'], domain, guestAddress: '01:00.0' });
    expect(placed.snippets[0]?.xml).toContain('bus="0x01" slot="0x00" function="0x0"');
  });

  it('takes what a person would type, and numbers', async () => {
    const host = await captured();
    const { snippets } = await host.xml({ devices: ['01:10.0'], mac: '02:00:00:00:00:03', vlan: 100 });
    expect(snippets).toMatchObject([{ kind: 'interface', xml: expect.stringContaining('id="100"') }]);
  });

  it.each([
    [{ devices: ['99:00.0'] }, 'DEVICE_NOT_FOUND'],
    [{ devices: [HERE], as: 'interface' as const }, 'BAD_ARGUMENT'],
    [{ devices: [HERE], guestAddress: 'auto' }, 'BAD_ARGUMENT'],
    [{ devices: [HERE], domain: parseXml('<network/>', 'net.xml') }, 'BAD_XML'],
    [{ devices: [HERE, OTHER], bootOrder: 1 }, 'BAD_ARGUMENT'],
    [{ devices: [HERE], vlan: 5000 }, 'BAD_ARGUMENT'],
    [{ devices: [HERE], rom: '/nowhere.rom' }, 'NOT_FOUND'],
  ])('is refused for %j', async (options, code) => {
    await expect((await here()).xml(options)).rejects.toMatchObject({ code });
  });

  it('is the same by the program, with the machine from standard input', async () => {
    const { exitCode, stdout } = await pciOn(ports(MACHINE), ['xml', HERE, '--domain', '-']);
    expect(exitCode).toBe(0);
    const domain = parseXml(MACHINE, 'standard input');
    expect(stdout).toBe(`${(await (await here()).xml({ devices: [HERE], domain })).snippets[0]?.xml}\n`);
    const bad = await pciOn(ports('<network/>'), ['xml', HERE, '--domain', '-']);
    expect(bad).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/^pci: stdin:1:1: /) });
    expect(await pciOn(ports(), ['xml', '--json', HERE])).toMatchObject({
      stdout: expect.stringContaining('portal-gun/pci-xml/v1'),
    });
    expect(await pciOn(ports(), ['xml'])).toMatchObject({ exitCode: 2 });
    expect(await pciOn(ports(), ['xml', HERE, '--from', 'name'])).toMatchObject({ exitCode: 2 });
  });
});

describe('a pool', () => {
  it('hands out the VFs of a PF, or those that are named', async () => {
    const host = await captured();
    const [ofPf] = (await host.poolXml({ name: 'uplinks', devices: ['01:00.0'] })).snippets;
    expect(ofPf).toMatchObject({ address: '0000:01:00.0', kind: 'pool' });
    const [ofVfs] = (await host.poolXml({ name: 'two', devices: ['01:10.0'], vlan: 7 })).snippets;
    expect(ofVfs).toMatchObject({ address: null, xml: expect.stringContaining('<tag id="7"/>') });
    expect(ofVfs?.notes.map(({ code }) => code)).toEqual(['vfs-listed', 'pool-usage']);
  });

  it('has a name, and VFs', async () => {
    const host = await here();
    await expect(host.poolXml({ name: 'a b', devices: [HERE] })).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      subject: '--pool',
    });
    await expect(host.poolXml({ name: 'pool', devices: [OTHER] })).rejects.toMatchObject({
      code: 'NO_SRIOV',
    });
    const refused = await pciOn(ports(), ['xml', HERE, '--pool', 'pool', '--mac', '02:00:00:00:00:03']);
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/^pci: --mac: /) });
  });
});

describe('all devices', () => {
  it('have a document each, named as libvirt names them, or why not', async () => {
    const host = await captured();
    const { documents, leftOut } = await host.allXml({ managed: 'no' });
    expect(documents.find(({ address }) => address === '0000:06:00.0')).toMatchObject({
      file: 'pci_0000_06_00_0.xml',
      text: expect.stringMatching(/^<hostdev .*managed="no"/),
    });
    const both = new Set([...documents, ...leftOut].map(({ address }) => address));
    expect(both.size).toBe((await host.list()).selected.length);
    expect(leftOut.length).toBeGreaterThan(0);
    const without = await openSession({ ...NAMES, host: fixture('no-iommu') }, ports());
    expect(new Set((await without.allXml()).leftOut.map(({ why }) => why))).toEqual(
      new Set(['the kernel runs without an IOMMU']),
    );
    await expect(host.allXml({ mac: '02:00:00:00:00:03' })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  it('are files of a folder by the program, and once more are there already', async () => {
    const path = join(folder, 'snippets');
    const write = (...more: readonly string[]) =>
      pciOn(ports(), ['xml', '--all', '--output-dir', path, ...more]);
    expect(await write()).toMatchObject({ exitCode: 0, stdout: `${path}: 2 devices: 2 written.\n` });
    expect(readdirSync(path)).toEqual(['pci_0000_00_03_0.xml', 'pci_0000_00_04_0.xml']);
    expect((await write()).stdout).toBe(`${path}: 2 devices: 2 unchanged.\n`);
    writeFileSync(join(path, 'pci_0000_00_03_0.xml'), 'other');
    expect(await write()).toMatchObject({ exitCode: 4 });
    expect(JSON.parse((await write('--overwrite', '--json')).stdout)).toMatchObject({
      files: [{ outcome: 'replaced' }, { outcome: 'unchanged' }],
    });
    const { documents } = await (await here()).allXml();
    expect(readFileSync(join(path, 'pci_0000_00_03_0.xml'), 'utf8')).toBe(documents[0]?.text);
    expect(await pciOn(ports(), ['xml', '--all'])).toMatchObject({ exitCode: 2 });
    expect(await pciOn(ports(), ['xml', '--all', '--output-dir', '-'])).toMatchObject({ exitCode: 2 });
    expect(await write(HERE)).toMatchObject({ exitCode: 2 });
  });
});

describe('the document of a node device', () => {
  it('is translated without a host', async () => {
    const { snippets, findings } = nodeDeviceXml(parseXml(NODE_DEVICE(3), 'node.xml'));
    expect([snippets.map(({ address }) => address), findings]).toEqual([[HERE], []]);
    const { exitCode, stdout } = await pciOn(ports(NODE_DEVICE(3)), ['xml', '--nodedev', '-']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `${snippets[0]?.xml}\n` });
  });

  it('that contradicts itself is not, until it is said what is right', async () => {
    const document = parseXml(NODE_DEVICE(4), 'node.xml');
    expect(nodeDeviceXml(document)).toMatchObject({ snippets: [], findings: [{}] });
    expect(nodeDeviceXml(document, { from: 'name' }).snippets).toMatchObject([{ address: HERE }]);
    expect(nodeDeviceXml(document, { from: 'capability' }).snippets).toMatchObject([{ address: OTHER }]);
    expect(await pciOn(ports(NODE_DEVICE(4)), ['xml', '--nodedev', '-'])).toMatchObject({ exitCode: 1 });
    expect(await pciOn(ports(NODE_DEVICE(3)), ['xml', HERE, '--nodedev', '-'])).toMatchObject({
      exitCode: 2,
    });
  });

  it('is of a PCI device', () => {
    const usb = parseXml("<device><name>u</name><capability type='usb'/></device>", 'usb.xml');
    expect(() => nodeDeviceXml(usb)).toThrow(expect.objectContaining({ code: 'BAD_XML' }));
  });
});
