import type { Diagnostic } from '../../base/diagnostic.ts';
import { PortalGunError } from '../../base/errors.ts';
import { BROKEN, DENIED, type Known, UNREAD } from '../../base/known.ts';
import type { ValidatedHost } from '../../checks/validation/validated-host.ts';
import { VALIDATION_FIELDS } from '../../checks/validation/validation-fields.ts';
import type { MachineNeeds } from '../../facts/machine-needs.ts';
import type { User } from '../../host/host-ports.ts';
import { type HostReader, isFailure, knownOf } from '../../host/host-reader.ts';
import { isSessionUri } from '../../libvirt/connection-uri.ts';
import { needsOf } from '../../libvirt/machine/machine-needs.ts';
import type { KnownMachine } from '../../libvirt/machine/read-machines.ts';
import type { DeviceField } from '../../pci/device.ts';
import { groupDevices } from '../../pci/group/iommu-group.ts';
import type { Inventory } from '../../pci/inventory.ts';
import type { PciNames } from '../../pci/pci-ids.ts';
import { concernedWith, groupedWith } from '../../pci/selector/concerned-devices.ts';
import { planPersistence } from '../../plan/persistence/plan-persistence.ts';
import { type ProbedDevices, readInventory } from '../../sysfs/device/read-inventory.ts';
import { readHostFacts } from '../../sysfs/host-facts/read-host-facts.ts';
import { readHostUse } from '../../sysfs/host-use/read-host-use.ts';
import { tellsResetMethods } from '../../sysfs/kernel-release.ts';
import { readLockLimit } from '../../sysfs/lock-limit.ts';
import { readGroupAttributes } from '../../sysfs/read-groups.ts';
import { readPersistence } from '../binding/persistence.ts';
import type { HostSession } from '../session/host-session.ts';

/** The facts of a host for validation, except its VMs and its safety findings. */
export interface ReadState {
  readonly host: Omit<ValidatedHost, 'machines' | 'session' | 'folderDrivers' | 'findings'>;
  /** Empty if the host shows no PCI bus. */
  readonly inventory: Inventory;
}

/**
 * Reads all facts of a host that rules need.
 *
 * @param asked the devices of the question; `null` for the whole host
 * @throws PortalGunError PERMISSION_DENIED
 */
export function readState(
  { host, names, ports }: HostSession,
  fields: readonly DeviceField[],
  asked: ProbedDevices | null,
): ReadState {
  const found = readInventoryIfAny(
    host,
    names,
    [...new Set([...VALIDATION_FIELDS, ...fields])],
    asked === null ? undefined : (devices) => concernedWith(devices, asked(devices)),
  );
  const inventory = found ?? { host: { label: host.label }, devices: [], iommu: false, diagnostics: [] };
  return {
    inventory,
    host: {
      facts: readHostFacts(host),
      devices: found === null ? null : inventory.devices,
      asked: asked === null ? null : groupedWith(inventory.devices, asked(inventory.devices)),
      groups: groupDevices(inventory.devices, (id) => readGroupAttributes(host, id)),
      use: readHostUse(host),
      tellsResetMethods: tellsResetMethods(host, inventory.devices),
      persistence: readPersistedSteps(host, ports.user),
    },
  };
}

/** `null` for a host without a PCI bus, which is a valid answer here. */
function readInventoryIfAny(
  host: HostReader,
  names: PciNames,
  fields: readonly DeviceField[],
  probed?: ProbedDevices,
): Inventory | null {
  try {
    return readInventory(host, names, fields, probed);
  } catch (error) {
    if (error instanceof PortalGunError && error.code === 'NO_PCI') return null;
    throw error;
  }
}

/** The steps that would be made if the same records were persisted now. */
function readPersistedSteps(host: HostReader, user: User): ValidatedHost['persistence'] {
  try {
    const persistence = readPersistence(host, user);
    if (persistence.isGuess) return UNREAD;
    if (persistence.bindings.length === 0 && persistence.pfs.length === 0) return null;
    return planPersistence(persistence, persistence).map(({ words }) => words);
  } catch (error) {
    if (!(error instanceof PortalGunError)) throw error;
    return error.code === 'PERMISSION_DENIED' ? DENIED : BROKEN;
  }
}

/** The requirements of VMs on a host, by its files. */
export function needsOfAll(machines: readonly KnownMachine[], host: HostReader): readonly MachineNeeds[] {
  const isThere = (path: string): Known<boolean> => {
    const status = host.status(path);
    return isFailure(status) ? knownOf<never>(status) : status !== null;
  };
  return machines.map((machine) => needsOf(machine, isThere));
}

/** The facts from the libvirt of a host. */
export interface ToldByLibvirt {
  readonly machines: Known<readonly KnownMachine[]>;
  readonly folderDrivers: ValidatedHost['folderDrivers'];
  readonly diagnostics: readonly Diagnostic[];
}

/** The user of a libvirt, by its URI; `null` for that of the system, and for that of root. */
export function readUserSession(
  { host, ports: { user: who } }: HostSession,
  uri: string,
): ValidatedHost['session'] {
  const user = isSessionUri(uri) && !who.isRoot ? who.name : null;
  return user === null ? null : { user, lockLimitBytes: readLockLimit(host) };
}
