import { groupsAmongAsked, readForSafety } from '../../apply/safety-inventory.ts';
import { findRebindingSafety } from '../../apply/safety-reading.ts';
import { PortalGunError } from '../../base/errors.ts';
import { SAFETY_FIELDS } from '../../checks/safety/safety-fields.ts';
import type { HostReader } from '../../host/host-reader.ts';
import type { DeviceField, PciDevice } from '../../pci/device.ts';
import type { IommuGroup } from '../../pci/group/iommu-group.ts';
import type { Inventory } from '../../pci/inventory.ts';
import { mayBeAtPlacesOf } from '../../pci/persisted/find-persisted.ts';
import { concernedWith, kinOf } from '../../pci/selector/concerned-devices.ts';
import { selectDevices } from '../../pci/selector/selector.ts';
import { parseNamingSelectors, type Selector } from '../../pci/selector/selector-parser.ts';
import { isPassthroughDriver } from '../../pci/vfio-state.ts';
import { boundBy, planBind, planUnbind, type Rebinding } from '../../plan/binding/binding.ts';
import { parseEarlierDrivers } from '../../plan/binding/earlier-drivers.ts';
import { PERSISTED_FIELDS, type PersistedBinding } from '../../plan/binding/persisted-bindings.ts';
import { planBinding } from '../../plan/binding/plan-binding.ts';
import { withoutPersisted, withPersisted } from '../../plan/persistence/persisted-changes.ts';
import { readBootId } from '../../sysfs/boot-id.ts';
import { isDriverRegistered } from '../../sysfs/device/driver-state.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import { tellsResetMethods } from '../../sysfs/kernel-release.ts';
import { EARLIER_DRIVERS_PATH } from '../../sysfs/paths.ts';
import { allowedOf } from '../change/allowed-names.ts';
import { type HostProposal, proposalOf } from '../change/host-proposal.ts';
import type { HostSession } from '../session/host-session.ts';
import { demandVfio } from './demand-vfio.ts';
import {
  type PersistPart,
  persistedNotes,
  planPersistPart,
  readBindingsOrNone,
  undecidedNotes,
} from './persist-part.ts';
import { refuseWithoutIommu } from './without-iommu.ts';

/** Options of `pci unbind`. */
export interface UnbindOptions {
  /** Selectors; each must match. */
  readonly devices: readonly string[];
  /** Whether to change the persisted bindings as well. */
  readonly persist?: boolean;
  /** The names of accepted safety rules. */
  readonly allow?: readonly string[];
}

/** Options of `pci bind`. */
export interface BindOptions extends UnbindOptions {
  /** The VFIO driver; by default the matching one for each device. */
  readonly driver?: string | undefined;
}

/** The subject of a proposal to bind or unbind. */
export interface BindingSubject {
  /** The requested devices; their groups may include more. */
  readonly asked: readonly PciDevice[];
  readonly rebinding: Rebinding;
  /** The changes to persisted bindings; `null` if there are none. */
  readonly persistence: PersistPart | null;
}

const FIELDS: readonly DeviceField[] = [
  ...SAFETY_FIELDS,
  'vendor',
  'device',
  'subsystem',
  'driverOverride',
  'lastSeen',
  'modules',
  'rom',
];

/**
 * Proposes to bind devices, and the required members of their IOMMU groups, to a VFIO driver.
 *
 * @throws PortalGunError BAD_ARGUMENT, BAD_SELECTOR, DEVICE_NOT_FOUND, NO_IOMMU, CANNOT_BE_GIVEN, NO_DRIVER,
 * BAD_RECORD,
 *   CANNOT_PERSIST, and the errors of opening the host
 */
export function proposeBind(session: HostSession, options: BindOptions): HostProposal<BindingSubject> {
  const driver = passthroughDriver(options.driver);
  return proposeRebinding(session, options, {
    persistTitle: 'Persist bindings over reboots',
    plan(asked, groups, { iommu, devices }) {
      const { host } = session;
      refuseWithoutIommu(host, iommu);
      return planBind(
        asked,
        groups,
        { iommu, tellsResetMethods: tellsResetMethods(host, devices) },
        () => driver,
      );
    },
    persist: (asked, rebinding, bindings, { devices }) =>
      withPersisted(boundBy(rebinding, asked), bindings, devices),
    looksForRecords: () => false,
    notes: () => [],
  });
}

/**
 * Proposes to return devices to their earlier drivers.
 *
 * @throws PortalGunError as {@link proposeBind}
 */
export function proposeUnbind(session: HostSession, options: UnbindOptions): HostProposal<BindingSubject> {
  const { persist = false } = options;
  return proposeRebinding(session, options, {
    persistTitle: 'Remove persisted bindings',
    plan: (asked, groups) => planUnbind(asked, groups, parseEarlierDrivers(earlierDrivers(session.host))),
    persist: (asked, { moving }, bindings, { devices }) =>
      withoutPersisted([...asked, ...devicesOf(moving)], bindings, devices),
    looksForRecords: (host) => readBindingsOrNone(host).length > 0,
    notes(asked, { moving }, { devices }) {
      const { host } = session;
      const freed = [...new Set([...asked, ...devicesOf(moving)])];
      const again = persist ? [] : persistedNotes(host, devicesOf(moving), devices);
      return [...again, ...undecidedNotes(host, freed, devices)];
    },
  });
}

/** The name becomes part of a path. */
function passthroughDriver(driver: string | undefined): string | null {
  if (driver === undefined) return null;
  if (/^[\w-]{1,64}$/.test(driver) && isPassthroughDriver(driver)) return driver;
  throw new PortalGunError('BAD_ARGUMENT', `"${driver}" is not a VFIO driver`, {
    subject: '--driver',
    hint: 'use vfio-pci, pci-stub, or a VFIO driver such as mlx5_vfio_pci; to return a device to the host: pci unbind',
  });
}

interface Direction {
  plan(asked: readonly PciDevice[], groups: readonly IommuGroup[], inventory: Inventory): Rebinding;
  /** The title of a plan that changes only persisted bindings. */
  readonly persistTitle: string;
  /** The new persisted bindings, from the current ones. */
  persist(
    asked: readonly PciDevice[],
    rebinding: Rebinding,
    bindings: readonly PersistedBinding[],
    inventory: Inventory,
  ): readonly PersistedBinding[];
  /** Whether the notes look for the devices of persisted bindings among all devices. */
  looksForRecords(host: HostReader): boolean;
  notes(asked: readonly PciDevice[], rebinding: Rebinding, inventory: Inventory): readonly string[];
}

function proposeRebinding(
  session: HostSession,
  { devices: words, persist = false, allow = [] }: UnbindOptions,
  direction: Direction,
): HostProposal<BindingSubject> {
  const allowed = allowedOf(allow);
  const { host } = session;
  const selectors = parseNamingSelectors(words);
  const fields = new Set([
    ...FIELDS,
    ...(persist ? PERSISTED_FIELDS : []),
    ...selectors.flatMap((selector) => selector.fields),
  ]);
  const inventory =
    persist || direction.looksForRecords(host)
      ? readWithKin(session, [...fields], selectors, persist)
      : readForSafety(
          host,
          session.names,
          [...fields],
          (devices) => selectDevices(devices, selectors),
          selectors.flatMap((selector) => selector.fields),
        );
  const groups = groupsAmongAsked(host, inventory.devices);
  const asked = selectDevices(inventory.devices, selectors);
  const rebinding = direction.plan(asked, groups, inventory);
  const plan = planBinding(rebinding, {
    isRegistered: (driver) => isDriverRegistered(host, driver),
    record: earlierDrivers(host),
    bootId: readBootId(host),
  });
  demandVfio(host, plan);
  const persistence = persist
    ? planPersistPart(session, direction.persistTitle, (records) => ({
        ...records,
        bindings: direction.persist(asked, rebinding, records.bindings, inventory),
      }))
    : null;
  return proposalOf({
    plan: persistence?.extend(plan) ?? plan,
    findings: findRebindingSafety(host, inventory, groups, rebinding),
    allowed,
    subject: { asked, rebinding, persistence },
    inventory,
    notes: direction.notes(asked, rebinding, inventory),
    diagnostics: inventory.diagnostics,
    scriptObstacle: persistence?.scriptObstacle ?? null,
  });
}

/** With the devices by which those of persisted bindings are known again, wherever they are now. */
function readWithKin(
  { host, names }: HostSession,
  fields: readonly DeviceField[],
  selectors: readonly Selector[],
  persist: boolean,
): Inventory {
  return readInventory(host, names, fields, (devices) => {
    const chosen = selectDevices(devices, selectors);
    const concerned = concernedWith(devices, chosen);
    if (!persist) return concerned;
    return [
      ...concerned,
      ...kinOf(devices, chosen),
      ...mayBeAtPlacesOf(readBindingsOrNone(host), chosen, devices),
    ];
  });
}

function devicesOf(moving: Rebinding['moving']): readonly PciDevice[] {
  return moving.map(({ device }) => device);
}

function earlierDrivers(host: HostReader): string | null {
  const text = host.readText(EARLIER_DRIVERS_PATH);
  return typeof text === 'string' ? text : null;
}
