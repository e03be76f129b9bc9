import { expect, test } from 'vitest';
import { openHost } from '../../../lib/host/open-host.ts';
import { isBridge } from '../../../lib/pci/group/iommu-group.ts';
import { selectUnit } from '../../../lib/pci/selector/selector.ts';
import { readHost } from '../../support/reading.ts';

const { devices } = readHost(openHost('fixtures/lab-intel-vfio.snapshot'));
const addresses = (text: string) => selectUnit(devices, text).map(({ address }) => address);

test('a selector means one device, one card, or what is no bridge of one group', () => {
  expect(addresses('06:00.0')).toEqual(['0000:06:00.0']);
  expect(addresses('03:00')).toEqual(['0000:03:00.0', '0000:03:00.1']);
  expect(addresses('card=03:00')).toEqual(addresses('03:00'));
  const group = devices.find(({ address }) => address === '0000:0a:00.0')?.iommuGroup;
  const members = devices.filter((device) => device.iommuGroup === group && !isBridge(device));
  expect(members.length).toBeGreaterThan(1);
  expect(addresses(`group=${group}`)).toEqual(members.map(({ address }) => address));
});

test('and never several of each', () => {
  expect(() => selectUnit(devices, 'class=network')).toThrow(
    expect.objectContaining({ code: 'AMBIGUOUS_DEVICE' }),
  );
  expect(() => selectUnit(devices, 'card=x')).toThrow(expect.objectContaining({ code: 'BAD_SELECTOR' }));
  expect(() => selectUnit(devices, '1f:00.0')).toThrow(expect.objectContaining({ code: 'DEVICE_NOT_FOUND' }));
});
