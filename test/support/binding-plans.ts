import type { DeviceField } from '../../lib/pci/device.ts';
import { groupDevices } from '../../lib/pci/iommu-group.ts';
import { NO_NAMES } from '../../lib/pci/pci-ids.ts';
import { selectDevices } from '../../lib/pci/selector.ts';
import { parseSelector } from '../../lib/pci/selector-parser.ts';
import { boundBy, moveBack, moveToVfio } from '../../lib/plan/binding.ts';
import { INITRAMFS_STATE_PATH } from '../../lib/plan/change.ts';
import { parseEarlierDrivers } from '../../lib/plan/earlier-drivers.ts';
import { BINDINGS_PATH, parseBindings } from '../../lib/plan/persisted-bindings.ts';
import { withoutPersisted, withPersisted } from '../../lib/plan/persisted-changes.ts';
import { parseVfs, VFS_PATH } from '../../lib/plan/persisted-vfs.ts';
import type { BootSituation, PersistedRecords } from '../../lib/plan/persistence-files.ts';
import type { Plan } from '../../lib/plan/plan.ts';
import { planBinding } from '../../lib/plan/plan-binding.ts';
import { type PersistenceSituation, planPersistence } from '../../lib/plan/plan-persistence.ts';
import { readBootId } from '../../lib/sysfs/boot-id.ts';
import { isDriverRegistered } from '../../lib/sysfs/driver-state.ts';
import { EARLIER_DRIVERS_PATH } from '../../lib/sysfs/paths.ts';
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
  'vpd',
  'attachments',
];

const BOOT: BootSituation = {
  initramfs: 'initramfs-tools',
  systemd: true,
  program: ['/usr/bin/node', '/usr/bin/pci'],
};

type Way = 'bind' | 'unbind';

/** Plans to give devices of a simulated machine to vfio-pci, or back. */
export async function planFor(
  machine: SimulatedMachine,
  way: Way,
  ...selectors: readonly string[]
): Promise<Plan> {
  return (await bindingFor(machine, way, selectors)).plan;
}

/** The same with `--persist`. */
export async function persistentPlanFor(
  machine: SimulatedMachine,
  way: Way,
  ...selectors: readonly string[]
): Promise<Plan> {
  const { plan, movement, asked, devices } = await bindingFor(machine, way, selectors);
  const situation = persistenceSituation(machine);
  const { bindings: kept, pfs } = situation;
  const bindings =
    way === 'bind'
      ? withPersisted(boundBy(movement, asked), kept, devices)
      : withoutPersisted([...asked, ...movement.moving.map(({ device }) => device)], kept, devices);
  return { ...plan, steps: [...plan.steps, ...planPersistence({ bindings, pfs }, situation)] };
}

/** What outlives a boot of a simulated machine, a Debian. */
export function persistenceSituation({ files }: SimulatedMachine): PersistenceSituation & PersistedRecords {
  const textOf = (path: string) => files.files.get(path) ?? null;
  return {
    boot: BOOT,
    textOf,
    initramfs: textOf(INITRAMFS_STATE_PATH)?.trim() ?? null,
    bindings: parseBindings(textOf(BINDINGS_PATH)),
    pfs: parseVfs(textOf(VFS_PATH)),
  };
}

async function bindingFor(machine: SimulatedMachine, way: Way, selectors: readonly string[]) {
  const { devices, iommu } = readInventory(machine.reader, NO_NAMES, FIELDS);
  const asked = selectDevices(devices, selectors.map(parseSelector));
  const groups = groupDevices(devices, (id) => readGroupAttributes(machine.reader, id));
  const record = await machine.files.read(EARLIER_DRIVERS_PATH);
  const movement =
    way === 'bind'
      ? moveToVfio(asked, groups, { iommu, tellsResetMethods: true })
      : moveBack(asked, groups, parseEarlierDrivers(record));
  const plan = planBinding(movement, {
    isRegistered: (driver) => isDriverRegistered(machine.reader, driver),
    record,
    bootId: readBootId(machine.reader),
  });
  return { plan, movement, asked, devices };
}
