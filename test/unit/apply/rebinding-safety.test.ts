import { describe, expect, it } from 'vitest';
import { findRebindingSafety } from '../../../lib/apply/safety-reading.ts';
import { groupDevices } from '../../../lib/pci/group/iommu-group.ts';
import { planBind } from '../../../lib/plan/binding/binding.ts';
import { readGroupAttributes } from '../../../lib/sysfs/read-groups.ts';
import { functionHere, HERE } from '../../support/host-use.ts';
import { idleHost } from '../../support/idle-host.ts';
import { readHost } from '../../support/reading.ts';

const BUS = '0000:00:1f.4';

describe('the safety of a movement', () => {
  const host = idleHost([
    functionHere({ driver: 'serial', classCode: '070002' }),
    functionHere({ address: BUS, driver: 'i801_smbus', classCode: '0c0500' }),
  ]);
  const inventory = readHost(host);
  const groups = groupDevices(inventory.devices, (group) => readGroupAttributes(host, group));

  /** What is found if some functions are asked for. */
  function foundFor(...addresses: readonly string[]): readonly string[] {
    const asked = inventory.devices.filter(({ address }) => addresses.includes(address));
    const movement = planBind(asked, groups, { iommu: inventory.iommu, tellsResetMethods: true });
    expect(movement.moving).toHaveLength(2);
    return findRebindingSafety(host, inventory, groups, movement)
      .filter(({ severity }) => severity === 'refuses')
      .map(({ name, subject }) => `${name} ${subject}`);
  }

  it('tells what goes along from what was asked for', () => {
    expect(foundFor(HERE)).toEqual([`smbus ${BUS}`]);
    expect(foundFor(HERE, BUS)).toEqual([]);
  });
});
