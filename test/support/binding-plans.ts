import type { DeviceField } from '../../lib/pci/device.ts';
import { groupDevices } from '../../lib/pci/iommu-group.ts';
import { NO_NAMES } from '../../lib/pci/pci-ids.ts';
import { parseSelector, selectDevices } from '../../lib/pci/selector.ts';
import { moveBack, moveToVfio } from '../../lib/plan/binding.ts';
import { EARLIER_DRIVERS_PATH, parseEarlierDrivers } from '../../lib/plan/earlier-drivers.ts';
import type { Plan } from '../../lib/plan/plan.ts';
import { planBinding } from '../../lib/plan/plan-binding.ts';
import { isDriverRegistered } from '../../lib/sysfs/driver-state.ts';
import { readGroupAttributes } from '../../lib/sysfs/read-groups.ts';
import { readInventory } from '../../lib/sysfs/read-inventory.ts';
import type { SimulatedMachine } from './simulated-changes.ts';

const FIELDS: readonly DeviceField[] = [
  'location',
  'class',
  'vendor',
  'device',
  'subsystem',
  'driver',
  'driverOverride',
  'modules',
  'iommuGroup',
  'config',
  'sriov',
  'resetMethods',
];

/** Plans to give devices of a simulated machine to vfio-pci, or back. */
export async function planFor(
  machine: SimulatedMachine,
  way: 'bind' | 'unbind',
  ...selectors: readonly string[]
): Promise<Plan> {
  const { devices, iommu } = readInventory(machine.reader, NO_NAMES, FIELDS);
  const asked = selectDevices(devices, selectors.map(parseSelector));
  const groups = groupDevices(devices, (id) => readGroupAttributes(machine.reader, id));
  const record = await machine.files.read(EARLIER_DRIVERS_PATH);
  const movement =
    way === 'bind'
      ? moveToVfio(asked, groups, { iommu, tellsResetMethods: true })
      : moveBack(asked, groups, parseEarlierDrivers(record));
  return planBinding(movement, {
    isRegistered: (driver) => isDriverRegistered(machine.reader, driver),
    record,
  });
}
