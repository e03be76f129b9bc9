import { describe, expect, it } from 'vitest';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import {
  checkSafety,
  compareInventories,
  DIFFERENCE_FIELDS,
  GROUP_FIELDS,
  groupDevices,
  IDENTITY_FIELDS,
  identityOf,
  knownValue,
  parseSelector,
  planBind,
  REBINDING_FIELDS,
  readHostUse,
  readInventory,
  readLiveUse,
  SAFETY_FIELDS,
  selectDevices,
} from '../../../lib/index.ts';
import { NO_NAMES } from '../../../lib/pci/pci-ids.ts';
import { FIXTURE_HOSTS } from '../../support/fixture-hosts.ts';

// What is tested of the types is tested by tsc, which compiles this file: an expected error that is none is one.

const host = new SnapshotHost(FIXTURE_HOSTS['vmd-domain']());
const NO_ATTRIBUTES = () => ({ name: null, type: 'DMA', reservedRegions: [] });
const ABILITIES = { iommu: true, tellsResetMethods: true };

describe('a fact that was not read', () => {
  it('is not in the type of a device', () => {
    const { devices } = readInventory(host, NO_NAMES, ['class', 'driver']);
    for (const device of devices) {
      expect(knownValue(device.class)?.code).toMatch(/^[0-9a-f]{6}$/);
      // @ts-expect-error Nobody read it.
      expect(device.location).toEqual({ unknown: 'unread' });
    }
    expect(devices.length).toBeGreaterThan(0);
  });

  it('is demanded by whatever looks at it', () => {
    const few = ['class', 'vendor', 'device', 'driver', 'iommuGroup'] as const;
    const inventory = readInventory(host, NO_NAMES, few);
    const { devices } = inventory;
    // @ts-expect-error Without its location the drives behind a VMD controller seem to be in the way.
    const guessed = groupDevices(devices, NO_ATTRIBUTES);
    const whole = readInventory(host, NO_NAMES, [...GROUP_FIELDS, 'vendor']);
    const groups = groupDevices(whole.devices, NO_ATTRIBUTES);
    const blockers = (all: typeof guessed | typeof groups) =>
      all.flatMap(({ obstacles }) => obstacles.map(({ subject }) => subject));
    expect(blockers(groups)).toEqual(['0000:6f:00.5']);
    expect(blockers(guessed).length).toBeGreaterThan(1);
    const [member] = groups.flatMap(({ members }) => members);
    expect(knownValue(member?.device.vendor ?? null)?.id).toMatch(/^[0-9a-f]{4}$/);
    // @ts-expect-error The members of groups have what was read of devices, and no more.
    expect(member?.device.bars).toEqual({ unknown: 'unread' });
    const [device] = whole.devices;
    if (device === undefined) throw new Error('the host has devices');
    // @ts-expect-error A serial number is told by facts that were not read.
    expect(identityOf(device).serial).toBeNull();
    // @ts-expect-error What a driver change needs is more than a verdict needs.
    expect(() => planBind([device], groups, ABILITIES)).toThrow();
    const live = { use: readHostUse(host), live: readLiveUse(host), tellsResetMethods: true };
    // @ts-expect-error The rules look at disks and interfaces.
    expect(checkSafety([device.address], { ...live, devices: whole.devices, groups }).length).toBeGreaterThan(
      0,
    );
    // @ts-expect-error Facts that were not read would be no differences.
    expect(compareInventories(inventory, inventory)).toEqual([]);
  });

  it('is nothing that a selector matches, or does not match', () => {
    const { devices } = readInventory(host, NO_NAMES, ['class']);
    const parts = devices.map(({ address, class: deviceClass }) => ({ address, class: deviceClass }));
    expect(selectDevices(parts, [parseSelector('driver=none')])).toEqual([]);
    expect(selectDevices(parts, [parseSelector('!driver=none')])).toEqual([]);
    expect(selectDevices(parts, [parseSelector('!class=bridge')]).length).toBeGreaterThan(0);
  });
});

describe('the fields that a function names', () => {
  it('are enough for it', () => {
    const groups = groupDevices(readInventory(host, NO_NAMES, GROUP_FIELDS).devices, NO_ATTRIBUTES);
    expect(groups.length).toBeGreaterThan(0);
    const identified = readInventory(host, NO_NAMES, IDENTITY_FIELDS).devices.map(identityOf);
    expect(identified.every(({ id }) => id !== null)).toBe(true);
    const compared = readInventory(host, NO_NAMES, DIFFERENCE_FIELDS);
    expect(compareInventories(compared, compared)).toEqual([]);
    const { devices } = readInventory(host, NO_NAMES, SAFETY_FIELDS);
    const guarded = { use: readHostUse(host), live: readLiveUse(host), tellsResetMethods: true };
    const addresses = devices.map(({ address }) => address);
    const findings = checkSafety(addresses, {
      ...guarded,
      devices,
      groups: groupDevices(devices, NO_ATTRIBUTES),
    });
    expect(findings.length).toBeGreaterThan(0);
    const { devices: bindable } = readInventory(host, NO_NAMES, REBINDING_FIELDS);
    const bound = planBind([], groupDevices(bindable, NO_ATTRIBUTES), ABILITIES);
    expect(bound.moving).toEqual([]);
  });
});
