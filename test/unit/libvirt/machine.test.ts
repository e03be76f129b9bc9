import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Machine, parseMachine } from '../../../lib/libvirt/machine/machine.ts';
import { parseXml } from '../../../lib/libvirt/xml/xml-document.ts';
import { corpusFolder } from '../../support/corpus.ts';

function read(text: string): { readonly machine: Machine; readonly reports: readonly string[] } {
  const reports: string[] = [];
  return { machine: parseMachine(parseXml(text, 'a.xml'), (message) => reports.push(message)), reports };
}

const UUID = '8a4daced-3874-4273-8ef2-0474238f9fb4';
const domain = (inside: string): string =>
  `<domain type='kvm'>\n  <name>galaxy0</name>\n  <uuid>${UUID}</uuid>\n${inside}\n</domain>`;

describe('a machine', () => {
  test('is read whole', () => {
    const { machine, reports } = read(
      domain(`
  <title>The first
 router</title>
  <description>of &lt;all&gt;</description>
  <metadata><p:machine xmlns:p='urn:portal-gun:machine:v1' category='router'/></metadata>
  <memory unit='KiB'>131072</memory>
  <vcpu placement='static' current='2'>4</vcpu>
  <devices>
    <hostdev mode='subsystem' type='pci' managed='yes'>
      <source><address domain='0x0000' bus='0x01' slot='0x10' function='0x2'/></source>
      <address type='pci' domain='0x0000' bus='0x05' slot='0x00' function='0x0'/>
    </hostdev>
    <interface type='network'><source network='default'/></interface>
    <interface type='hostdev' managed='yes'>
      <source><address type='pci' domain='65536' bus='1' slot='25' function='010'/></source>
    </interface>
    <interface type='hostdev'>
      <source><address type='pci' domain='65536' bus='1' slot='25' function='07'/></source>
    </interface>
    <hostdev mode='subsystem' type='mdev' model='vfio-pci'>
      <source><address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/></source>
    </hostdev>
    <hostdev mode='subsystem' type='usb'><source><vendor id='0x1234'/></source></hostdev>
  </devices>`),
    );
    expect({ ...machine, devices: machine.devices.map(({ device }) => device) }).toMatchObject({
      name: 'galaxy0',
      uuid: UUID,
      type: 'kvm',
      title: 'The first\n router',
      description: 'of <all>',
      category: 'router',
      memoryBytes: 131072 * 1024,
      vcpus: 2,
      devices: [
        { kind: 'hostdev', address: '0000:01:10.2', isManaged: true },
        { kind: 'unread', address: null },
        { kind: 'interface', address: '10000:01:19.7' },
        { kind: 'mdev', uuid: 'c2177883-f1bb-47f0-914d-32a22e3a8804' },
      ],
    });
    expect(reports).toEqual([expect.stringMatching(/^a device that is assigned to it .* \(a\.xml:18:15\)$/)]);
  });

  test('may say next to nothing', () => {
    const { machine, reports } = read(domain(''));
    expect(machine).toMatchObject({
      title: null,
      category: null,
      memoryBytes: null,
      vcpus: null,
      devices: [],
    });
    expect(reports).toEqual([]);
  });

  test.each([' a', '-rf', "x'; rm", 'ü €', 'a\tb', '&lt;b&gt;'])('may be called %j', (name) => {
    const { machine } = read(`<domain><name>${name}</name><uuid>${UUID}</uuid></domain>`);
    expect(machine.name).toBe(name.replace('&lt;', '<').replace('&gt;', '>'));
  });

  test.each([
    ["<memory unit='GiB'>2</memory>", 2 ** 31],
    ['<memory>1024</memory>', 2 ** 20],
    ["<memory unit='b'>4096</memory>", 4096],
    ["<memory unit='MB'>1</memory>", 1_000_000],
    ["<memory unit='k'>1</memory>", 1024],
    ["<memory unit='parsec'>1</memory>", { unknown: 'broken' }],
    ["<memory unit='KiB'>-1</memory>", { unknown: 'broken' }],
    ["<memory unit='TiB'>999999999999999</memory>", { unknown: 'broken' }],
    ['<memory>much</memory>', { unknown: 'broken' }],
  ])('has %s', (element, bytes) => {
    const { machine, reports } = read(domain(element));
    expect(machine.memoryBytes).toEqual(bytes);
    expect(reports).toHaveLength(typeof bytes === 'number' ? 0 : 1);
  });

  test('that is odd is read all the same, and it is said', () => {
    const { machine, reports } = read(
      domain(
        "<metadata><p:machine xmlns:p='urn:portal-gun:machine:v1' category='\u0085'/></metadata><vcpu>0x2</vcpu><devices><hostdev type='pci'/><hostdev type='mdev' model='vfio-ap'/></devices>",
      ),
    );
    expect(machine).toMatchObject({
      name: 'galaxy0',
      category: { unknown: 'broken' },
      vcpus: { unknown: 'broken' },
    });
    expect(reports).toEqual([
      'its category is invalid',
      'its number of virtual processors is invalid',
      expect.stringMatching(/^a device that is assigned to it has no /),
    ]);
  });

  test.each([
    ['<network/>', 'is not a VM: its element is network'],
    ['<domain/>', 'has no name'],
    [`<domain><name/><uuid>${UUID}</uuid></domain>`, 'has no name'],
    ['<domain><name>a</name></domain>', 'has no uuid'],
  ])('is not %s', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});

const documents = corpusFolder('domains', '.xml');

describe.skipIf(documents.names.length === 0)(`libvirt's own documents${documents.note}`, () => {
  test.each(documents.names)('%s', (name) => {
    const bytes = readFileSync(join(documents.path, name));
    const text = bytes.toString();
    const reports: string[] = [];
    const machine = parseMachine(parseXml(bytes, name), (message) => reports.push(message));
    const hostdevs =
      text.match(
        /<hostdev [^>]*type=['"](pci|mdev)['"](?![^>]*vfio-(ap|ccw))|<interface type=['"]hostdev['"]/g,
      ) ?? [];
    // A device that makes no sense is reported, and stays in the list as one that could not be read.
    const unread = machine.devices.filter(({ device }) => device.kind === 'unread').length;
    expect(machine.devices.length - unread + reports.length).toBe(hostdevs.length);
    expect(machine).toMatchObject({ category: null, name: expect.stringMatching(/./) });
  });
});
