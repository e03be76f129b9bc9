import { describe, expect, it } from 'vitest';
import { BROKEN, DENIED } from '../../../lib/base/known.ts';
import type { SriovSpec } from '../../support/host-spec.ts';
import type { HostTree } from '../../support/host-tree.ts';
import { ONE_SPEC, readSpec } from '../../support/reading.ts';

const PF = '/sys/devices/pci0000:00/0000:00:03.0';
const SRIOV: SriovSpec = { total: 7, active: 12, offset: 2, stride: 2, vfDevice: '10ca', autoprobe: false };
/** 0000:00:03.0 and two further, every second function. */
const VFS = ['03.2', '03.4', '03.6', '04.0', '04.2', '04.4', '04.6', '05.0', '05.2', '05.4', '05.6', '06.0'];
const ADDRESSES = VFS.map((place) => `0000:00:${place}`);

function read(change?: (tree: HostTree) => void, sriov: SriovSpec = SRIOV) {
  const { devices, diagnostics } = readSpec(
    { functions: [{ ...ONE_SPEC, sriov }], ...(change === undefined ? {} : { change }) },
    ['sriov'],
  );
  return {
    roles: new Map(devices.map((device) => [device.address as string, device.sriov])),
    messages: diagnostics.map(({ subject, code, message }) => `${subject} ${code} ${message}`),
  };
}

describe('a physical function', () => {
  it('is read with its VFs in the order of their index', () => {
    const { roles, messages } = read();
    expect(messages).toEqual([]);
    expect(roles.size).toBe(13);
    expect(roles.get('0000:00:03.0')).toEqual({
      role: 'pf',
      totalVfs: 7,
      numVfs: 12,
      autoprobe: false,
      offset: 2,
      stride: 2,
      vfDeviceId: '10ca',
      vfBars: [],
      virtualFunctions: ADDRESSES,
    });
    expect(ADDRESSES.map((address) => roles.get(address))).toEqual(
      ADDRESSES.map((_, index) => ({ role: 'vf', physicalFunction: '0000:00:03.0', index })),
    );
  });

  it('may have none', () => {
    const { roles } = read(undefined, { ...SRIOV, active: 0 });
    expect([...roles.values()]).toMatchObject([{ role: 'pf', numVfs: 0, virtualFunctions: [] }]);
  });

  it('may not let its numbers be read, or give nonsense', () => {
    const { roles, messages } = read((tree) => {
      tree.deny(`${PF}/sriov_totalvfs`);
      tree.attribute(`${PF}/sriov_vf_device`, 'xyz');
      tree.attribute(`${PF}/sriov_offset`, '-2');
      tree.remove(`${PF}/sriov_stride`);
      tree.fail(`${PF}/sriov_numvfs`, 'EIO');
    });
    expect(roles.get('0000:00:03.0')).toMatchObject({
      role: 'pf',
      totalVfs: DENIED,
      numVfs: BROKEN,
      offset: BROKEN,
      stride: null,
      vfDeviceId: BROKEN,
      virtualFunctions: ADDRESSES,
    });
    expect(messages).toEqual([
      '0000:00:03.0 ATTRIBUTE_BROKEN sriov_numvfs cannot be read: EIO',
      '0000:00:03.0 ATTRIBUTE_BROKEN sriov_offset holds "-2"',
      '0000:00:03.0 ATTRIBUTE_BROKEN sriov_vf_device holds "xyz"',
    ]);
  });

  it('may have fewer links than VFs', () => {
    const { roles, messages } = read((tree) => tree.remove(`${PF}/virtfn10`));
    expect(roles.get('0000:00:03.0')).toMatchObject({ virtualFunctions: ADDRESSES.slice(0, 10) });
    expect(messages).toEqual([
      '0000:00:03.0 VF_LINK_BROKEN has 12 VFs by number and 10 by link',
      '0000:00:05.6 VF_LINK_BROKEN names 0000:00:03.0 as its physical function, which does not list it',
      '0000:00:06.0 VF_LINK_BROKEN names 0000:00:03.0 as its physical function, which does not list it',
    ]);
    expect(roles.get('0000:00:06.0')).toEqual({ role: 'vf', physicalFunction: '0000:00:03.0', index: null });
  });

  it('may have a link to something else', () => {
    const { messages } = read((tree) => tree.link(`${PF}/virtfn11`, '../../../kernel'));
    expect(messages).toContain('0000:00:03.0 VF_LINK_BROKEN virtfn11 names no PCI function');
  });
});

describe('a virtual function', () => {
  const VF = '/sys/devices/pci0000:00/0000:00:03.4';

  it('may have a link that names no function, or none that can be read', () => {
    const odd = read((tree) => tree.link(`${VF}/physfn`, '../../../kernel'));
    expect(odd.roles.get('0000:00:03.4')).toEqual(BROKEN);
    expect(odd.messages).toEqual(['0000:00:03.4 ATTRIBUTE_BROKEN physfn holds "kernel"']);
    const denied = read((tree) => tree.deny(`${VF}/physfn`));
    expect(denied.roles.get('0000:00:03.4')).toEqual(DENIED);
  });

  it('may be of a physical function that is not on the bus', () => {
    const { roles } = read((tree) => tree.remove('/sys/bus/pci/devices/0000:00:03.0'));
    expect(roles.get('0000:00:03.4')).toEqual({ role: 'vf', physicalFunction: '0000:00:03.0', index: null });
  });
});

it('is no role of a device without SR-IOV', () => {
  const { devices } = readSpec({ functions: [ONE_SPEC] }, ['sriov']);
  expect(devices.map(({ sriov }) => sriov)).toEqual([null]);
});
