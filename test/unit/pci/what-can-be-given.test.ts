import { describe, expect, it } from 'vitest';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { groupDevices, type IommuGroup, isBridge, isSilent } from '../../../lib/pci/group/iommu-group.ts';
import { passthroughNotes } from '../../../lib/pci/group/passthrough.ts';
import { readGroupAttributes } from '../../../lib/sysfs/read-groups.ts';
import { configBytes } from '../../support/config-bytes.ts';
import { buildHost } from '../../support/host-builder.ts';
import type { FunctionSpec, HostSpec } from '../../support/host-spec.ts';
import { rootPort } from '../../support/hosts/functions.ts';
import { readHost } from '../../support/reading.ts';

const GPU: FunctionSpec = {
  address: '0000:0c:00.0',
  ids: '1002:7550',
  classCode: '030000',
  driver: 'vfio-pci',
  group: 30,
  resetMethods: 'bus',
};

/** A described host, with what is said of its groups and devices. */
function read(functions: readonly FunctionSpec[], spec: Partial<HostSpec> = {}) {
  const host = new SnapshotHost(buildHost({ label: 'x', iommu: 'dmar0', functions, ...spec }));
  const inventory = readHost(host);
  const groups = groupDevices(inventory.devices, (group) => readGroupAttributes(host, group));
  const group = (id: number): IommuGroup | undefined => groups.find((each) => each.id === id);
  const device = (address: string) => {
    const found = inventory.devices.find((each) => each.address.endsWith(address));
    if (found === undefined) throw new Error(`there is no ${address}`);
    return found;
  };
  const notes = (address: string): readonly string[] => {
    const one = device(address);
    const own = groups.find(({ id }) => id === one.iommuGroup);
    const abilities = { iommu: inventory.iommu, tellsResetMethods: true };
    return passthroughNotes(one, own, abilities).map(({ level, code }) => `${level} ${code}`);
  };
  return {
    verdict: (id: number) => group(id)?.verdict,
    obstacles: (id: number) => group(id)?.obstacles,
    device,
    notes,
  };
}

const ones = (length: number): Uint8Array => new Uint8Array(length).fill(0xff);

describe('a device that does not answer', () => {
  const header = configBytes({ ids: '1002:7550', classCode: '030000', revision: '00' });
  const ofType = header.map((byte, index) => (index === 0x0e ? 0x7f : byte));
  it.each([
    ['reads all ones', { config: ones(256) }],
    ['reads all ones to an ordinary user', { config: ones(64) }],
    ['has an extended space of ones', { config: ones(4096) }],
    ['reads zeros where its ids are', { config: new Uint8Array(256) }],
    ['has a header of no type', { config: ofType }],
    ['has no vendor in sysfs', { ids: 'ffff:ffff' }],
  ] as const)('can not be given: %s', (_words, facts) => {
    for (const driver of ['vfio-pci', 'amdgpu', undefined]) {
      const { verdict, notes, device } = read([{ ...GPU, ...facts, driver }]);
      expect(isSilent(device('0c:00.0'))).toBe(true);
      expect(verdict(30)).toBe('never');
      expect(notes('0c:00.0')).toEqual(['blocks not-answering']);
    }
  });

  it('is none whose header is sound, or of which too little was captured', () => {
    expect(isSilent(read([GPU]).device('0c:00.0'))).toBe(false);
    expect(isSilent(read([{ ...GPU, readableConfigBytes: 8 }]).device('0c:00.0'))).toBe(false);
    expect(read([GPU]).verdict(30)).toBe('ready');
  });

  it('is no VF for its hidden ids', () => {
    const sriov = { total: 2, active: 1, offset: 1, stride: 1, vfDevice: '10ca', vf: () => ({ group: 31 }) };
    const { device, verdict } = read([{ ...GPU, sriov }]);
    expect(isSilent(device('0c:00.1'))).toBe(false);
    expect(verdict(31)).toBe('bindable');
  });

  it('takes its whole group along', () => {
    const sound = { ...GPU, address: '0000:0c:00.1', classCode: '040300' };
    const { notes } = read([{ ...GPU, config: ones(256) }, sound]);
    expect(notes('0c:00.1')).toContain('blocks not-answering');
  });
});

describe('a group without an IOMMU', () => {
  const group = (type: string | null, name: string | null) =>
    read([GPU], {
      groups: { 30: { type } },
      change: (tree) => {
        tree.text('/sys/kernel/iommu_groups/30/reserved_regions', '');
        if (name !== null) tree.attribute('/sys/kernel/iommu_groups/30/name', name);
      },
    });

  it('can never be given', () => {
    const { verdict, notes } = group('unknown', 'vfio-noiommu');
    expect(verdict(30)).toBe('never');
    expect(notes('0c:00.0')).toContain('blocks without-iommu');
  });

  it('is none with another name, or with none', () => {
    expect(group('unknown', 'domain0-pe10').verdict(30)).toBe('ready');
    expect(group('DMA', null).verdict(30)).toBe('ready');
  });

  it('may not be known, where neither its name nor its domain tells', () => {
    const { verdict, notes } = read([GPU], {
      groups: { 30: { type: null } },
      change: (tree) => {
        tree.text('/sys/kernel/iommu_groups/30/reserved_regions', '');
        tree.deny('/sys/kernel/iommu_groups/30/name');
      },
    });
    expect(verdict(30)).toBe('unknown');
    expect(notes('0c:00.0')).toContain('unknown iommu-unknown');
  });
});

describe('virtual functions in the group of their card', () => {
  const card = (group: number): FunctionSpec => ({
    address: '0000:01:00.0',
    ids: '15b3:1017',
    classCode: '020000',
    driver: 'mlx5_core',
    group: 1,
    resetMethods: 'flr',
    sriov: {
      total: 4,
      active: 2,
      offset: 2,
      stride: 1,
      vfDevice: '1018',
      vf: (index) => ({ group: group + index }),
    },
  });

  it('can be given to nobody', () => {
    const sriov = { total: 4, active: 2, offset: 2, stride: 1, vfDevice: '1018', vf: () => ({ group: 1 }) };
    const { verdict, obstacles, notes } = read([{ ...card(1), sriov }]);
    expect(verdict(1)).toBe('never');
    expect(
      obstacles(1)
        ?.filter(({ code }) => code === 'VF_WITH_PF')
        .map(({ subject }) => subject),
    ).toEqual(['0000:01:00.2', '0000:01:00.3']);
    expect(notes('01:00.2')).toContain('blocks vf-with-pf');
    // The card itself can, once they are gone.
    expect(notes('01:00.0').some((note) => note.startsWith('blocks'))).toBe(false);
  });

  it('can in other groups', () => {
    const { verdict, notes } = read([card(2)]);
    expect([verdict(1), verdict(2), verdict(3)]).toEqual(['bindable', 'bindable', 'bindable']);
    expect(notes('01:00.2')).not.toContain('blocks vf-with-pf');
  });
});

describe('a function of class 06', () => {
  const bridge = (classCode: string, facts: Partial<FunctionSpec> = {}) =>
    isBridge(read([{ ...GPU, classCode, ...facts }]).device('0c:00.0'));

  it('is a bridge by its header', () => {
    for (const classCode of ['068000', '060400', '060900', '060a00']) expect(bridge(classCode)).toBe(false);
    expect(isBridge(read([rootPort('0000:00:01.0', 1, {})]).device('00:01.0'))).toBe(true);
    expect(bridge('068000', { bridge: { secondary: 1, subordinate: 1 } })).toBe(true);
  });

  it('is one by its class, as a part of the board, or where its header can not be read', () => {
    for (const classCode of ['060000', '060100', '060200']) expect(bridge(classCode)).toBe(true);
    const denied = { denied: ['config'] };
    expect([bridge('060400', denied), bridge('060700', denied), bridge('068000', denied)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('makes a group that can be given', () => {
    expect(read([{ ...GPU, classCode: '068000' }]).verdict(30)).toBe('ready');
  });
});
