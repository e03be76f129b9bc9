import { describe, expect, it } from 'vitest';
import { parseXml } from '../../../lib/libvirt/xml/xml-document.ts';
import { childOf, childrenOf, childText } from '../../../lib/libvirt/xml/xml-element.ts';
import { errorOf } from '../../support/error-of.ts';
import { renderSample } from '../../support/sample-machines.ts';

const YAML = `category: service
cpus: { count: 2, pin: [0, 1] }
disks: [ { name: www, size: 1GiB } ]
nics: [ { network: default, mac: "02:00:00:00:00:01" } ]
`;

function merged(...fragments: readonly string[]) {
  const texts = fragments.map((text, at) => ({ file: `xml/${at}.xml`, text }));
  return parseXml(renderSample(YAML, { fragments: texts }), 'domain').root;
}

describe('a fragment', () => {
  it('merges what a domain has once, by attributes, text and children', () => {
    const root = merged(
      '<domain><clock offset="localtime"/><vcpu cpuset="4">3</vcpu></domain>',
      '<memoryBacking><locked/></memoryBacking>',
      '<memoryBacking><nosharepages/></memoryBacking>',
    );
    expect(childOf(root, 'clock')?.attributes.get('offset')).toBe('localtime');
    expect(childText(root, 'vcpu')).toBe('3');
    expect(Object.fromEntries(childOf(root, 'vcpu')?.attributes ?? [])).toEqual({
      placement: 'static',
      cpuset: '4',
    });
    expect(childOf(root, 'memoryBacking')?.children.map(({ name }) => name)).toEqual([
      'locked',
      'nosharepages',
    ]);
  });

  it('adds devices, and merges those that it names', () => {
    const devices = childOf(
      merged(`<devices>
        <disk><target dev="vda"/><iotune><total_iops_sec>100</total_iops_sec></iotune></disk>
        <interface><mac address="02:00:00:00:00:01"/><mtu size="9000"/></interface>
        <interface type="user"><mac address="02:00:00:00:00:02"/></interface>
        <hostdev mode="subsystem" type="usb"/><hostdev mode="subsystem" type="usb"/>
        <memballoon model="virtio"/>
      </devices>`),
      'devices',
    );
    const [disk, ...disks] = childrenOf(devices, 'disk');
    expect(disks).toEqual([]);
    expect(childOf(disk, 'source')?.attributes.get('file')).toContain('www.qcow2');
    expect(childOf(disk, 'iotune')).toBeDefined();
    const [first, second] = childrenOf(devices, 'interface');
    expect(childOf(first, 'mtu')?.attributes.get('size')).toBe('9000');
    expect(second?.attributes.get('type')).toBe('user');
    expect(childrenOf(devices, 'hostdev')).toHaveLength(2);
    expect(childrenOf(devices, 'memballoon').map(({ attributes }) => attributes.get('model'))).toEqual([
      'virtio',
    ]);
  });

  it('merges pins by their virtual CPU, and adds arguments of QEMU', () => {
    const root = merged(
      '<cputune><vcpupin vcpu="1" cpuset="7"/><emulatorpin cpuset="8"/></cputune>',
      `<domain xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">
        <qemu:commandline><qemu:arg value="-a"/><qemu:arg value="-a"/></qemu:commandline></domain>`,
    );
    const pins = childrenOf(childOf(root, 'cputune'), 'vcpupin');
    expect(pins.map(({ attributes }) => attributes.get('cpuset'))).toEqual(['0', '7']);
    expect(childOf(root, 'qemu:commandline')?.children).toHaveLength(2);
  });

  it.each([
    ['<domain>\n  <name>other</name></domain>', 'xml/0.xml:2:3', 'sets <name>, which identifies the machine'],
    ['<uuid>x</uuid>', 'xml/0.xml:1:1', 'sets <uuid>, which identifies the machine'],
    ['<domain type="xen"/>', 'xml/0.xml:1:1', 'sets "type" of the domain, which follows from the definition'],
    ['<domain><disk/></domain>', 'xml/0.xml:1:9', '<disk> is not an element of <domain>'],
    [
      '<domain><devices><dsik/></devices></domain>',
      'xml/0.xml:1:18',
      '<dsik> is not an element of <devices>',
    ],
    [
      '<metadata>\n<p:machine xmlns:p="urn:portal-gun:machine:v1"/></metadata>',
      'xml/0.xml:2:1',
      'changes the metadata of portal-gun',
    ],
    [
      '<!DOCTYPE domain [<!ENTITY a "b">]><domain/>',
      'xml/0.xml:1:1',
      'has a document type, or a comment without an end',
    ],
    ['<domain><title>&a;</title></domain>', 'xml/0.xml:1:16', 'has a reference that is not known: &a;'],
    ['<domain>\n<os>', 'xml/0.xml:1:1', expect.stringContaining('is not well formed')],
  ])('with an error names its place: %j', (text, subject, message) => {
    expect(errorOf(() => merged(text))).toMatchObject({ code: 'BAD_XML', subject, message });
  });

  it('of many devices is merged in time', () => {
    const disks = Array.from({ length: 10_000 }, (_, at) => `<disk><target dev="x${at}"/></disk>`).join('');
    const started = performance.now();
    expect(childrenOf(childOf(merged(`<devices>${disks}</devices>`), 'devices'), 'disk')).toHaveLength(
      10_001,
    );
    expect(performance.now() - started).toBeLessThan(30_000);
  });
});
