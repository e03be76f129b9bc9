import { amongAsked, readForSafety } from '../../apply/safety-inventory.ts';
import { readUseOf } from '../../apply/safety-reading.ts';
import type { Diagnostic } from '../../base/diagnostic.ts';
import { PortalGunError } from '../../base/errors.ts';
import { BROKEN, DENIED, isUnknown, type Known, knownValue, UNREAD } from '../../base/known.ts';
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
import { isPassthroughDriver } from '../../pci/vfio-state.ts';
import { planPersistence } from '../../plan/persistence/plan-persistence.ts';
import { type ProbedDevices, readInventory } from '../../sysfs/device/read-inventory.ts';
import { readHostFacts } from '../../sysfs/host-facts/read-host-facts.ts';
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

/** What is asked of the devices of a host. */
export interface AskedDevices {
  /** The devices that the question is about; `null` for the whole host. */
  readonly asked: ProbedDevices | null;
  /** The facts by which they are picked. */
  readonly selecting: readonly DeviceField[];
  /** Whether no rule that is to be run looks at more than these, and what goes with them. */
  readonly isAboutThese: boolean;
}

/**
 * Reads all facts of a host that rules need.
 *
 * @throws PortalGunError PERMISSION_DENIED
 */
export function readState({ host, names, ports }: HostSession, question: AskedDevices): ReadState {
  const { asked } = question;
  const found = orNone(() => readAsked(host, names, question));
  const inventory = found ?? { host: { label: host.label }, devices: [], iommu: false, diagnostics: [] };
  return {
    inventory,
    host: {
      facts: readHostFacts(host),
      devices: found === null ? null : inventory.devices,
      asked: asked === null ? null : groupedWith(inventory.devices, asked(inventory.devices)),
      ...groupsToJudge(host, inventory.devices),
      use: readUseOf(host, inventory.devices),
      tellsResetMethods: tellsResetMethods(host, inventory.devices),
      persistence: readPersistedSteps(host, ports.user),
    },
  };
}

function readAsked(
  host: HostReader,
  names: PciNames,
  { asked, selecting, isAboutThese }: AskedDevices,
): Inventory {
  const fields = [...new Set([...VALIDATION_FIELDS, ...selecting])];
  if (asked === null) return readInventory(host, names, fields);
  return isAboutThese
    ? readForSafety(host, names, fields, asked, selecting)
    : readInventory(host, names, fields, (devices) => concernedWith(devices, asked(devices)));
}

/**
 * The groups of functions with more facts than those that exclude them, and those that VFIO may have created for a
 * function without an IOMMU, which it does only while its own driver has the function. The others are counted.
 */
function groupsToJudge(
  host: HostReader,
  devices: Inventory['devices'],
): Pick<ValidatedHost, 'groups' | 'plainGroups'> {
  const all = new Set<number | undefined>();
  const judged = new Set(amongAsked(devices).map(({ iommuGroup }) => knownValue(iommuGroup)));
  for (const { iommuGroup, driver } of devices) {
    const id = knownValue(iommuGroup);
    if (id === undefined) continue;
    all.add(id);
    if (isUnknown(driver) || isPassthroughDriver(driver ?? '')) judged.add(id);
  }
  const groups = groupDevices(
    judged.size >= all.size
      ? devices
      : devices.filter(({ iommuGroup }) => judged.has(knownValue(iommuGroup))),
    (id) => readGroupAttributes(host, id),
  );
  return { groups, plainGroups: all.size - groups.length };
}

/** `null` for a host without a PCI bus, which is a valid answer here. */
function orNone(read: () => Inventory): Inventory | null {
  try {
    return read();
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
