import { expect, test } from 'vitest';
import { DENIED } from '../../../lib/base/known.ts';
import { uplinkOf } from '../../../lib/pci/sriov/uplink.ts';

const ports = (names: Readonly<Record<string, string | null>>) =>
  Object.entries(names).map(([name, portName]) => ({ name, portName }));

test.each([
  [{ eth0: 'pf0vf0', eth1: 'pf0vf1', sriov0: 'p0' }, 'sriov0'],
  [{ eth0: 'c1pf0vf0', eth1: 'c1p1', eth2: 'pf0hpf' }, 'eth1'],
  [{ eth0: 'pf0sf3', eth1: 'p0s1' }, 'eth1'],
  [{ eth0: '0', eth1: '1', pf: null }, 'pf'],
  [{ eth0: 'pf0vf0', pf: '' }, 'pf'],
  [{ eth0: null, eth1: null }, 'eth0'],
  [{ eth0: 'pf0vf0' }, 'eth0'],
])('the uplink among %o is %s', (names, expected) => {
  expect(uplinkOf(ports(names))?.name).toBe(expected);
});

test('a name that can not be read is none', () => {
  expect(
    uplinkOf([
      { name: 'eth0', portName: DENIED },
      { name: 'eth1', portName: 'p0' },
    ])?.name,
  ).toBe('eth1');
  expect(uplinkOf([])).toBeUndefined();
});
