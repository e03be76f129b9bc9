import type { DeviceField } from '../../lib/pci/device.ts';
import { groupDevices } from '../../lib/pci/group/iommu-group.ts';
import { NO_NAMES } from '../../lib/pci/pci-ids.ts';
import { selectDevices } from '../../lib/pci/selector/selector.ts';
import { parseSelector } from '../../lib/pci/selector/selector-parser.ts';
import { boundBy, planBind, planUnbind } from '../../lib/plan/binding/binding.ts';
import { parseEarlierDrivers } from '../../lib/plan/binding/earlier-drivers.ts';
import { BINDINGS_PATH, parseBindings } from '../../lib/plan/binding/persisted-bindings.ts';
import { planBinding } from '../../lib/plan/binding/plan-binding.ts';
import { INITRAMFS_STATE_PATH } from '../../lib/plan/change-states.ts';
import { withoutPersisted, withPersisted } from '../../lib/plan/persistence/persisted-changes.ts';
import type { BootState, PersistedRecords } from '../../lib/plan/persistence/persistence-files.ts';
import { type PersistenceState, planPersistence } from '../../lib/plan/persistence/plan-persistence.ts';
import type { Plan } from '../../lib/plan/plan.ts';
import { parseVfs, VFS_PATH } from '../../lib/plan/sriov/persisted-vfs.ts';
import { readBootId } from '../../lib/sysfs/boot-id.ts';
import { isDriverRegistered } from '../../lib/sysfs/device/driver-state.ts';
import { readInventory } from '../../lib/sysfs/device/read-inventory.ts';
import { EARLIER_DRIVERS_PATH } from '../../lib/sysfs/paths.ts';
import { readGroupAttributes } from '../../lib/sysfs/read-groups.ts';
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

const BOOT: BootState = {
  initramfs: 'initramfs-tools',
  systemd: true,
  program: ['/usr/bin/node', '/usr/bin/pci'],
};

type Way = 'bind' | 'unbind';

/** Plans to bind devices of a simulated machine to vfio-pci, or to return them. */
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
  const { plan, rebinding, asked, devices } = await bindingFor(machine, way, selectors);
  const state = persistenceState(machine);
  const { bindings: kept, pfs } = state;
  const bindings =
    way === 'bind'
      ? withPersisted(boundBy(rebinding, asked), kept, devices)
      : withoutPersisted([...asked, ...rebinding.moving.map(({ device }) => device)], kept, devices);
  return { ...plan, steps: [...plan.steps, ...planPersistence({ bindings, pfs }, state)] };
}

/** The persisted state of a simulated machine with Debian. */
export function persistenceState({ files }: SimulatedMachine): PersistenceState & PersistedRecords {
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
  const rebinding =
    way === 'bind'
      ? planBind(asked, groups, { iommu, tellsResetMethods: true })
      : planUnbind(asked, groups, parseEarlierDrivers(record));
  const plan = planBinding(rebinding, {
    isRegistered: (driver) => isDriverRegistered(machine.reader, driver),
    record,
    bootId: readBootId(machine.reader),
  });
  return { plan, rebinding, asked, devices };
}
