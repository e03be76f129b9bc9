import { findRebindingSafety } from '../../apply/safety-reading.ts';
import { PortalGunError } from '../../base/errors.ts';
import { escapeControls } from '../../base/text.ts';
import { SAFETY_FIELDS } from '../../checks/safety/check-safety.ts';
import type { HostReader } from '../../host/host-reader.ts';
import type { DeviceField, PciDevice } from '../../pci/device.ts';
import { groupDevices, type IommuGroup } from '../../pci/group/iommu-group.ts';
import type { Inventory } from '../../pci/inventory.ts';
import { mayBeAtPlacesOf } from '../../pci/persisted/find-persisted.ts';
import { concernedWith, kinOf } from '../../pci/selector/concerned-devices.ts';
import { selectDevices } from '../../pci/selector/selector.ts';
import { parseNamingSelectors } from '../../pci/selector/selector-parser.ts';
import { isPassthroughDriver } from '../../pci/vfio-state.ts';
import { boundBy, planBind, planUnbind, type Rebinding } from '../../plan/binding/binding.ts';
import { parseEarlierDrivers } from '../../plan/binding/earlier-drivers.ts';
import { PERSISTED_FIELDS, type PersistedBinding } from '../../plan/binding/persisted-bindings.ts';
import { planBinding } from '../../plan/binding/plan-binding.ts';
import { withoutPersisted, withPersisted } from '../../plan/persistence/persisted-changes.ts';
import { rebindingDetails } from '../../render/change/plan-document.ts';
import { renderRebinding } from '../../render/change/rebinding-text.ts';
import { readBootId } from '../../sysfs/boot-id.ts';
import { isDriverRegistered } from '../../sysfs/device/driver-state.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import { tellsResetMethods } from '../../sysfs/kernel-release.ts';
import { EARLIER_DRIVERS_PATH } from '../../sysfs/paths.ts';
import { readGroupAttributes } from '../../sysfs/read-groups.ts';
import { demandVfio } from '../demand-vfio.ts';
import type { CommandResult } from '../grammar/command.ts';
import { persistedRemark, persistPart, readBindingsOrNone, undecidedRemark } from '../persist-option.ts';
import type { ReadingValues } from '../reading-options.ts';
import { hostOf, namesOf, remarks } from '../reading-options.ts';
import { runProposal } from '../run-proposal.ts';
import { allowedOf } from '../safety.ts';
import type { ChangingValues } from '../tables/changing-options.ts';
import type { Dialogue } from '../terminal/dialogue.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { refuseWithoutIommu } from '../without-iommu.ts';

interface UnbindValues extends ChangingValues, ReadingValues {
  readonly devices: readonly string[];
  readonly persist: boolean;
}

interface BindValues extends UnbindValues {
  readonly driver: string | undefined;
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

/** `pci bind`: gives devices, and what their groups demand, to vfio-pci. */
export async function runBind(
  args: BindValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const chosen = driverOf(args);
  return runBinding(args, terminal, dialogue, {
    persistTitle: 'Keep bindings over reboots',
    move(asked, groups, { iommu, devices }, host) {
      refuseWithoutIommu(host, iommu);
      const abilities = { iommu, tellsResetMethods: tellsResetMethods(host, devices) };
      return planBind(asked, groups, abilities, () => chosen);
    },
    persist: (asked, rebinding, bindings, { devices }) =>
      withPersisted(boundBy(rebinding, asked), bindings, devices),
    remark: () => '',
  });
}

/** `pci unbind`: gives devices back to the drivers that they had. */
export function runUnbind(
  args: UnbindValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  return runBinding(args, terminal, dialogue, {
    persistTitle: 'Keep bindings over reboots no more',
    move: (asked, groups, _inventory, host) => planUnbind(asked, groups, parseEarlierDrivers(recordOf(host))),
    persist: (asked, { moving }, bindings, { devices }) =>
      withoutPersisted([...asked, ...moving.map(({ device }) => device)], bindings, devices),
    remark: (asked, { moving }, { devices }, host, persists) => {
      const freed = [...new Set([...asked, ...moving.map(({ device }) => device)])];
      const remark = persists
        ? ''
        : persistedRemark(
            host,
            moving.map(({ device }) => device),
            devices,
          );
      return remark + undecidedRemark(host, freed, devices);
    },
  });
}

/**
 * The driver that `--driver` names. Its name becomes part of a path.
 *
 * @throws PortalGunError BAD_ARGUMENT for one that does not hand devices to VMs
 */
function driverOf(args: Pick<BindValues, 'driver'>): string | null {
  const driver = args.driver;
  if (driver === undefined) return null;
  if (/^[\w-]{1,64}$/.test(driver) && isPassthroughDriver(driver)) return driver;
  throw new PortalGunError('BAD_ARGUMENT', `"${driver}" is no driver that hands devices to VMs`, {
    subject: '--driver',
    hint: 'it takes vfio-pci, pci-stub, and VFIO drivers such as mlx5_vfio_pci; pci unbind gives a device back',
  });
}

interface Way {
  move(
    asked: readonly PciDevice[],
    groups: readonly IommuGroup[],
    inventory: Inventory,
    host: HostReader,
  ): Rebinding;
  /** What a plan is for that changes nothing but what is bound at each boot. */
  readonly persistTitle: string;
  /** What is bound at each boot from then on, where `--persist` is given, by what was until then. */
  persist(
    asked: readonly PciDevice[],
    rebinding: Rebinding,
    bindings: readonly PersistedBinding[],
    inventory: Inventory,
  ): readonly PersistedBinding[];
  /** For standard error. */
  remark(
    asked: readonly PciDevice[],
    rebinding: Rebinding,
    inventory: Inventory,
    host: HostReader,
    persists: boolean,
  ): string;
}

async function runBinding(
  args: UnbindValues,
  terminal: Terminal,
  dialogue: Dialogue,
  way: Way,
): Promise<CommandResult> {
  const allowed = allowedOf(args);
  const host = hostOf(args);
  const names = namesOf(args);
  const selectors = parseNamingSelectors(args.devices);
  const persists = args.persist;
  const fields = new Set([
    ...FIELDS,
    ...(persists ? PERSISTED_FIELDS : []),
    ...selectors.flatMap((selector) => selector.fields),
  ]);
  const inventory = readInventory(host, names, [...fields], (devices) => {
    const chosen = selectDevices(devices, selectors);
    const concerned = concernedWith(devices, chosen);
    if (!persists) return concerned;
    return [
      ...concerned,
      ...kinOf(devices, chosen),
      ...mayBeAtPlacesOf(readBindingsOrNone(host), chosen, devices),
    ];
  });
  const groups = groupDevices(inventory.devices, (id) => readGroupAttributes(host, id));
  const asked = selectDevices(inventory.devices, selectors);
  const rebinding = way.move(asked, groups, inventory, host);
  const plan = planBinding(rebinding, {
    isRegistered: (driver) => isDriverRegistered(host, driver),
    record: recordOf(host),
    bootId: readBootId(host),
  });
  demandVfio(host, plan);
  const persistence = persists
    ? persistPart(host, way.persistTitle, args.script, (records) => ({
        ...records,
        bindings: way.persist(asked, rebinding, records.bindings, inventory),
      }))
    : null;
  const findings = findRebindingSafety(host, inventory, groups, rebinding);
  return runProposal(
    {
      proposal: { plan: persistence?.extend(plan) ?? plan, findings, allowed },
      overview: (width) => renderRebinding(rebinding, width) + (persistence?.overview(width) ?? ''),
      details: { ...rebindingDetails(rebinding), persistence: persistence?.details ?? null },
      inventory,
      remarks:
        remarks(args, names, host, inventory.diagnostics) +
        way.remark(asked, rebinding, inventory, host, persists),
      nothingToDo: nothingToDo(asked),
    },
    args,
    terminal,
    dialogue,
  );
}

function recordOf(host: HostReader): string | null {
  const text = host.readText(EARLIER_DRIVERS_PATH);
  return typeof text === 'string' ? text : null;
}

function nothingToDo(asked: readonly PciDevice[]): string {
  return asked
    .map(
      ({ address, driver }) =>
        `${address} is on ${typeof driver === 'string' ? escapeControls(driver) : 'no driver'} already.\n`,
    )
    .concat('Nothing to do.\n')
    .join('');
}
