import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseXml } from '../../../lib/libvirt/xml/xml-document.ts';
import { definitionDifferences, formatDifference } from '../../../lib/machines/domain/normal-form.ts';
import { renderSample } from '../../support/sample-machines.ts';

const document = (name: string): string => readFileSync(join(import.meta.dirname, 'documents', name), 'utf8');

function differences(rendered: string, found: string): readonly string[] {
  return definitionDifferences(parseXml(rendered, 'rendered'), parseXml(found, 'found')).map(
    formatDifference,
  );
}

describe('a definition that libvirt wrote', () => {
  it.each(['libvirt-9.0.xml', 'libvirt-11.3.xml'])('has what was rendered: %s', (name) => {
    const [rendered, found] = [document('rendered.xml'), document(name)];
    expect(found).not.toBe(rendered);
    expect(differences(rendered, found)).toEqual([]);
  });
});

describe('a running VM with a disk that is new at each start', () => {
  it('is as it was rendered', () => {
    const rendered = renderSample('category: service\nos: { root: image:debian, ephemeral: yes }\n');
    expect(rendered).toContain('<transient/>');
    const [, file = ''] = /<source file="([^"]*)"/.exec(rendered) ?? [];
    const live = rendered.replace(
      `<source file="${file}"/>`,
      `<source file="${file}.TRANSIENT-m0" index="4"/><backingStore type="file" index="2"><format type="qcow2"/><source file="${file}"/><backingStore/></backingStore>`,
    );
    expect(live).not.toBe(rendered);
    expect(differences(rendered, live)).toEqual([]);
    expect(differences(rendered, live.replaceAll('<transient/>', ''))).toHaveLength(2);
  });
});

describe('a definition that a person changed', () => {
  const rendered = renderSample(`category: router
cpus: { count: 2, pin: [0, 1] }
memory: 256MiB
boot: { kernel: k }
disks: [ { name: www, size: 1GiB } ]
nics: [ { network: default, mac: "02:00:00:00:00:0a" } ]
shares: [ { name: data, source: data } ]
`);
  const devices = (text: string) => [/<\/devices>/, `${text}</devices>`] as const;

  it.each<readonly [string | RegExp, string, readonly string[]]>([
    ['<memory unit="KiB">262144', '<memory unit="MiB">256', []],
    ['<memory unit="KiB">262144', '<memory unit="b">536870912', ['memory 512 MiB instead of 256 MiB']],
    ['<memory unit="KiB">262144', '<memory unit="KiB">262145', ['memory 262145 KiB instead of 256 MiB']],
    ['static">2', 'static" current="1">2', ['virtual CPUs at start 1 is not in the definition']],
    ['static">2', 'static">4', ['virtual CPUs 4 instead of 2']],
    ['vcpu="1" cpuset="1"', 'vcpu="1" cpuset="0-1"', ['cputune vcpupin 1 cpuset 0-1 instead of 1']],
    ['machine="q35"', 'machine="pc-q35-9.2"', []],
    ['machine="q35"', 'machine="pc-i440fx-9.2"', ['machine type pc-i440fx-9.2 instead of q35']],
    ['type="qemu"', 'type="kvm"', ['hypervisor kvm instead of qemu']],
    [/<initrd>.*<\/initrd>/, '', ['initramfs /srv/project/machines/m0/boot/initrd is missing']],
    ['02:00:00:00:00:0a', '02:00:00:00:00:0A', []],
    [
      'network="default"',
      'network="other"',
      ['network card 02:00:00:00:00:0a: source network other instead of default'],
    ],
    ['www.qcow2', '\u009bwww.qcow2', [expect.stringMatching(/^disk www: source file .*\\x9bwww/)]],
    [
      '<target dev="vda" bus="virtio"/>',
      '<target dev="vda" bus="virtio"/><readonly/>',
      ['disk www: readonly is not in the definition'],
    ],
    [
      'discard="unmap"',
      'discard="unmap" cache="unsafe"',
      ['disk www: driver cache unsafe is not in the definition'],
    ],
    ['<readonly/>', '', ['share data: readonly is missing']],
    ['bus="0x02" slot="0x00"', 'bus="0x0a" slot="0x00"', []],
    ['<clock offset="utc"/>', '<clock offset="utc"/><pm><suspend-to-mem enabled="no"/></pm>', []],
    ['<clock offset="utc"/>', '<clock offset="utc"/><memtune/>', ['memtune is not in the definition']],
    ['category="router"', 'category="service" later="1"', ['metadata category service instead of router']],
    ['portal-gun:machine xmlns:portal-gun=', 'p:machine xmlns:p=', []],
    ['project="home"', '', ['metadata project home is missing']],
    [...devices('<sound model="ich9"/>'), ['sound is not in the definition']],
    [
      ...devices(
        '<hostdev mode="subsystem" type="pci"><source><address domain="0x0000" bus="0x01" slot="0x00" function="0x1"/></source></hostdev>',
      ),
      ['device of the host 0000:01:00.1 is not in the definition'],
    ],
    [
      ...devices(
        '<hostdev mode="subsystem" type="pci"><alias name="ua-portal-gun-0000-01-00-0"/></hostdev><controller type="pci" index="9" model="pcie-root-port"><alias name="ua-portal-gun-port-9"/></controller>',
      ),
      [],
    ],
    [
      ...devices(
        '<input type="mouse" bus="ps2"/><audio id="1" type="none"/><watchdog model="itco" action="reset"/>',
      ),
      [],
    ],
    [/<controller type="pci" index="5"[\s\S]*?<\/controller>/, '', ['PCI Express root ports 4 instead of 5']],
  ])('%s → %s', (from, to, expected) => {
    const found = rendered.replace(from, to);
    expect(found).not.toBe(rendered);
    expect(differences(rendered, found)).toEqual(expected);
  });
});
