import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BROKEN } from '../../../lib/base/known.ts';
import type { MachineNeeds } from '../../../lib/facts/machine-needs.ts';
import { parseMachine } from '../../../lib/libvirt/machine/machine.ts';
import { needsOf } from '../../../lib/libvirt/machine/machine-needs.ts';
import type { KnownMachine } from '../../../lib/libvirt/machine/read-machines.ts';
import { parseXml } from '../../../lib/libvirt/xml/xml-document.ts';
import { corpusFolder } from '../../support/corpus.ts';
import { domainXml, uuidOf } from '../../support/made-up-libvirt.ts';

function needsIn(xml: string, state: KnownMachine['state'] = 'shut-off'): MachineNeeds {
  const document = parseXml(xml, 'a machine');
  const machine = parseMachine(document, () => undefined);
  const definition = { document, machine, unreadable: null };
  const known = {
    name: machine.name,
    uuid: machine.uuid,
    state,
    hasManagedSave: false,
    definition,
    live: null,
  };
  return needsOf(known, (path) => path.startsWith('/there/'));
}

const needs = (inside: string) => needsIn(domainXml('a', uuidOf(1), inside));

describe('what a definition asks of its host', () => {
  it('is nothing where it says nothing', () => {
    expect(needs('')).toEqual({
      name: 'a',
      isRunning: false,
      hasManagedSave: false,
      type: 'kvm',
      memoryBytes: null,
      hardLimitBytes: null,
      hugePageBytes: null,
      iommu: null,
      wantsUefi: false,
      wantsVirtiofs: false,
      files: new Map(),
      devices: [],
    });
  });

  it('is memory, with its limit and its pages', () => {
    const memory =
      "<memory unit='GiB'>2</memory><memtune><hard_limit unit='KiB'>1048576</hard_limit></memtune>";
    expect(needs(memory)).toMatchObject({
      memoryBytes: 2 ** 31,
      hardLimitBytes: 2 ** 30,
      hugePageBytes: null,
    });
    const pages = (inside: string) =>
      needs(`<memoryBacking><hugepages>${inside}</hugepages></memoryBacking>`).hugePageBytes;
    expect(pages('')).toBe(0);
    expect(pages("<page size='1' unit='G'/>")).toBe(2 ** 30);
    expect(pages("<page size='2048' unit='KiB'/>")).toBe(2 ** 21);
    expect(pages("<page size='much'/>")).toEqual(BROKEN);
  });

  it('is an IOMMU of its guest, be it an element or on the command line of QEMU', () => {
    expect(needs("<devices><iommu model='intel'/></devices>").iommu).toBe('intel');
    const words = (value: string) =>
      needs(
        `<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><qemu:arg value='-device'/><qemu:arg value='${value}'/></qemu:commandline>`,
      ).iommu;
    expect(words('intel-iommu,intremap=on')).toBe('arguments');
    expect(words('e1000')).toBeNull();
  });

  it('is the files without which it does not start', () => {
    const { files } = needs(`<os><loader>/there/OVMF.fd</loader></os><devices>
      <emulator>/usr/bin/qemu</emulator>
      <disk type='file' device='disk'><source file='/there/a.img'/></disk>
      <disk type='file' device='cdrom'><source file='/gone.iso' startupPolicy='optional'/></disk>
      <disk type='file' device='cdrom'/>
      <disk type='block'><source dev='/dev/vda'/></disk>
      <hostdev mode='subsystem' type='pci'><source><address bus='1'/></source><rom file='/gone.rom'/></hostdev>
    </devices>`);
    expect([...files]).toEqual([
      ['/usr/bin/qemu', false],
      ['/there/OVMF.fd', true],
      ['/there/a.img', true],
      ['/gone.rom', false],
    ]);
  });

  it('is UEFI, virtiofs and devices', () => {
    const asks = needsIn(
      domainXml(
        'a',
        uuidOf(1),
        `<os firmware='efi'/><devices>
      <filesystem type='mount'><driver type='virtiofs'/><source dir='/srv'/><target dir='srv'/></filesystem>
      <interface type='hostdev'><source><address type='pci' domain='0' bus='2' slot='16' function='0'/></source></interface>
      <hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/></source></hostdev>
    </devices>`,
      ),
      'paused',
    );
    expect(asks).toMatchObject({
      isRunning: true,
      wantsUefi: true,
      wantsVirtiofs: true,
      devices: [
        { kind: 'interface', address: '0000:02:10.0', functions: ['0000:02:10.0'], isManaged: false },
        { kind: 'mdev', name: 'mdev c2177883-f1bb-47f0-914d-32a22e3a8804', address: null, isManaged: null },
      ],
    });
  });
});

const domains = corpusFolder('domains', '.xml');

describe.skipIf(domains.names.length === 0)(`libvirt's own documents${domains.note}`, () => {
  it.each(domains.names)('%s is read', (name) => {
    const xml = readFileSync(join(domains.path, name), 'utf8');
    const { memoryBytes, files } = needsIn(xml);
    expect(memoryBytes).toBeGreaterThan(0);
    expect([...files.keys()].filter((path) => !path.startsWith('/'))).toEqual([]);
  });
});
