import { describe, expect, test } from 'vitest';
import { type AssignedDevice, aliasOf } from '../../../lib/libvirt/assignment/assignment.ts';
import { plainHostDevice } from '../../../lib/libvirt/hostdev/host-device.ts';
import { formatGuestAddress } from '../../../lib/libvirt/xml/pci-address-xml.ts';
import { parseXml } from '../../../lib/libvirt/xml/xml-document.ts';
import { type PciAddress, parsePciAddress } from '../../../lib/pci/address.ts';
import type { PciDevice } from '../../../lib/pci/device.ts';
import {
  joinsAnothers,
  refuseTornGroups,
  withMultifunction,
  withoutGaps,
} from '../../../lib/plan/assignment/guest-slots.ts';

function at(text: string): PciAddress {
  return parsePciAddress(text) ?? expect.fail(text);
}

function given(text: string, number: number, multifunction = false): AssignedDevice {
  const address = at(text);
  const guestAddress = { bus: 1, slot: 0, function: number, multifunction };
  return {
    alias: aliasOf(address),
    assignment: null,
    device: { ...plainHostDevice(address), alias: aliasOf(address), guestAddress },
  };
}

const places = (devices: readonly AssignedDevice[]): readonly string[] =>
  devices.map(({ device }) => {
    const place = device?.guestAddress;
    return place ? `${formatGuestAddress(place)}${place.multifunction ? '+' : ''}` : '-';
  });
const used = (...numbers: readonly number[]) => new Map([['1:0', new Set(numbers)]]);

describe('the functions of a slot', () => {
  test('have a function 0 that says that there are more', () => {
    expect(places(withMultifunction([given('03:00.0', 0), given('03:00.1', 1)], used(0)))).toEqual([
      '01:00.0+',
      '01:00.1',
    ]);
    expect(places(withMultifunction([given('03:00.0', 0, true)], used(0)))).toEqual(['01:00.0']);
  });

  test('have another function 0 where that goes', () => {
    const lost = given('03:00.0', 0, true);
    expect(places(withoutGaps([given('03:00.1', 1), given('03:00.2', 2)], [lost], used(0, 1, 2)))).toEqual([
      '01:00.0+',
      '01:00.2',
    ]);
  });

  test('are left where one of them is not ours', () => {
    const lost = given('03:00.0', 0, true);
    expect(places(withoutGaps([given('03:00.1', 1)], [lost], used(0, 1, 2)))).toEqual(['01:00.1']);
  });

  test('join function 0 of another, unless that says so already', () => {
    const held = (multifunction: boolean) => [
      { address: at('03:00.0'), guestAddress: { bus: 1, slot: 0, function: 0, multifunction } },
    ];
    const place = { bus: 1, slot: 0, function: 1, multifunction: false };
    const nothing = { devices: [], rootPorts: [] };
    expect(joinsAnothers(held(false), nothing, place)).toBe(true);
    expect(joinsAnothers(held(true), nothing, place)).toBe(false);
    expect(joinsAnothers(held(false), { ...nothing, devices: [given('03:00.0', 0)] }, place)).toBe(false);
  });
});

describe('a group of the host in a guest with an IOMMU', () => {
  const domain = (iommu: string, more = '') =>
    parseXml(
      `<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><os><type arch='x86_64' machine='q35'>hvm</type></os><devices>${iommu}
       <controller type='pci' index='0' model='pcie-root'/>
       <controller type='pci' index='1' model='pcie-root-port'/>
       <controller type='pci' index='2' model='pcie-to-pci-bridge'><address type='pci' bus='0x01' slot='0x00'/></controller>
       </devices>${more}</domain>`,
      'a',
    ).root;
  const device = (text: string, group: number) =>
    ({ address: at(text), iommuGroup: group, class: null, config: null }) as unknown as PciDevice;
  const pair = [device('0a:00.0', 8), device('0b:00.0', 8)];
  const placed = (bus: number) =>
    pair.map(({ address }, index) => ({
      address,
      guestAddress: { bus, slot: index + 1, function: 0, multifunction: false },
    }));
  const arguments_ = `<qemu:commandline><qemu:arg value='-device'/><qemu:arg value='intel-iommu'/></qemu:commandline>`;

  test.each([
    [domain("<iommu model='intel'/>")],
    [domain("<iommu model='smmuv3'/>")],
    [domain('', arguments_)],
  ])('is refused where that tears it apart', (root) => {
    expect(() => refuseTornGroups('m', root, pair, placed(0))).toThrow(
      expect.objectContaining({ code: 'CANNOT_BE_GIVEN', subject: 'm' }),
    );
  });

  test('is fine without one, alone, and behind one conventional bridge', () => {
    expect(() => refuseTornGroups('m', domain(''), pair, placed(0))).not.toThrow();
    expect(() =>
      refuseTornGroups('m', domain("<iommu model='intel'/>"), pair.slice(1), placed(0)),
    ).not.toThrow();
    expect(() => refuseTornGroups('m', domain("<iommu model='intel'/>"), pair, placed(2))).not.toThrow();
  });
});
