import { PortalGunError } from '../base/errors.ts';
import { knownValue } from '../base/known.ts';
import { suggest } from '../base/text.ts';
import { checkLoss, checkRomReading, checkSafety, SAFETY_FIELDS } from '../checks/check-safety.ts';
import { type Finding, refusalsAmong } from '../checks/finding.ts';
import type { SafetyRule } from '../checks/safety-rule.ts';
import { SAFETY_RULES } from '../checks/safety-rules.ts';
import type { SafetyHost } from '../checks/safety-view.ts';
import type { HostReader } from '../host/host-reader.ts';
import type { PciAddress } from '../pci/address.ts';
import type { PciDevice } from '../pci/device.ts';
import type { Inventory } from '../pci/inventory.ts';
import { groupDevices, type IommuGroup } from '../pci/iommu-group.ts';
import { NO_NAMES } from '../pci/pci-ids.ts';
import { isOfHost, type Movement } from '../plan/binding.ts';
import type { Change } from '../plan/change.ts';
import { readLiveUse } from '../sysfs/host-use/live-use.ts';
import { readHostUse } from '../sysfs/host-use/read-host-use.ts';
import { tellsResetMethods } from '../sysfs/kernel-release.ts';
import { readGroupAttributes } from '../sysfs/read-groups.ts';
import { readInventory } from '../sysfs/read-inventory.ts';
import { type Arguments, stringsOf } from './command.ts';

/**
 * The names that `--allow` lifts.
 *
 * @throws PortalGunError BAD_ARGUMENT for one that no rule has, or that can't be lifted
 */
export function allowedOf(
  args: Arguments,
  rules: readonly Pick<SafetyRule, 'name' | 'severity'>[] = SAFETY_RULES,
): ReadonlySet<string> {
  const names = stringsOf(args, 'allow').flatMap((each) => each.split(','));
  for (const name of names) {
    const rule = rules.find((each) => each.name === name);
    if (rule !== undefined) continue;
    const known = rules.filter(({ severity }) => severity === 'refuses').map((each) => each.name);
    const meant = suggest(name, known);
    throw new PortalGunError('BAD_ARGUMENT', `there is no reason "${name}"`, {
      subject: '--allow',
      hint: meant === undefined ? `the reasons are ${known.join(', ')}` : `did you mean ${meant}?`,
    });
  }
  return new Set(names);
}

/** What the host uses it does not lose by having a device back; a machine may. */
const BACK_RULES: readonly string[] = ['machine-has-it'];

/** Of a device that is plugged into what runs. Who has it libvirt knows, and another of its group may be there already. */
const PLUG_RULES = SAFETY_RULES.map(({ name }) => name).filter((name) => !BACK_RULES.includes(name));

/** What speaks against devices changing their drivers, whichever way each goes. */
export function findMovementSafety(
  host: HostReader,
  inventory: Inventory,
  groups: readonly IommuGroup[],
  { moving }: Movement,
): readonly Finding[] {
  const addressesOf = (goesBack: boolean): readonly PciAddress[] =>
    moving.filter(({ to }) => isOfHost(to) === goesBack).map(({ device }) => device.address);
  return [
    ...findSafety(host, inventory, groups, addressesOf(false), null),
    ...findSafety(host, inventory, groups, addressesOf(true), BACK_RULES),
  ];
}

/** What speaks against taking devices from a host, by all rules or by some. */
export function findSafety(
  host: HostReader,
  { devices }: Inventory,
  groups: readonly IommuGroup[],
  addresses: readonly PciAddress[],
  rules: readonly string[] | null,
): readonly Finding[] {
  if (addresses.length === 0) return [];
  const findings = checkSafety(addresses, safetyHost(host, devices, groups));
  return rules === null ? findings : findings.filter(({ name }) => rules.includes(name));
}

/** What speaks against VFs going away. */
export function findLoss(
  host: HostReader,
  devices: readonly PciDevice[],
  addresses: readonly PciAddress[],
): readonly Finding[] {
  return addresses.length === 0 ? [] : checkLoss(addresses, safetyHost(host, devices, []));
}

/** What speaks against reading the ROM of a device just now. */
export function findRomSafety(
  host: HostReader,
  devices: readonly PciDevice[],
  address: PciAddress,
): readonly Finding[] {
  return checkRomReading(address, safetyHost(host, devices, []));
}

function safetyHost(
  host: HostReader,
  devices: readonly PciDevice[],
  groups: readonly IommuGroup[],
): SafetyHost {
  return {
    devices,
    groups,
    use: readHostUse(host),
    live: readLiveUse(host),
    tellsResetMethods: tellsResetMethods(host, devices),
  };
}

/** Why a change must not be made just now, by all that can be read anew; `null` where it may. */
export function changeProblem(host: HostReader, change: Change, allowed: ReadonlySet<string>): string | null {
  if (change.kind === 'driver') {
    return safetyProblem(host, change.address, allowed, isOfHost(change.to) ? BACK_RULES : null);
  }
  if (change.kind === 'attachment' && change.to !== null) {
    return safetyProblem(host, change.address, allowed, PLUG_RULES);
  }
  if (change.kind === 'vfs' && change.from.count !== change.to.count) {
    return lossProblem(host, change.address, allowed);
  }
  return null;
}

/** Why the VFs of a PF must not go just now. */
function lossProblem(host: HostReader, pf: PciAddress, allowed: ReadonlySet<string>): string | null {
  const { devices } = readInventory(host, NO_NAMES, SAFETY_FIELDS);
  const role = knownValue(devices.find(({ address }) => address === pf)?.sriov ?? null);
  if (role?.role !== 'pf') return null;
  return problemOf(findLoss(host, devices, role.virtualFunctions), allowed);
}

function problemOf(findings: readonly Finding[], allowed: ReadonlySet<string>): string | null {
  const [refusal] = refusalsAmong(findings, allowed);
  return refusal === undefined ? null : `${refusal.subject} ${refusal.message} (${refusal.name})`;
}

/** Why a device must not change its driver just now. */
function safetyProblem(
  host: HostReader,
  address: PciAddress,
  allowed: ReadonlySet<string>,
  rules: readonly string[] | null,
): string | null {
  const inventory = readInventory(host, NO_NAMES, SAFETY_FIELDS);
  // That it is gone is said by who looks whether it is still the same.
  if (!inventory.devices.some((device) => device.address === address)) return null;
  const groups = groupDevices(inventory.devices, (id) => readGroupAttributes(host, id));
  return problemOf(findSafety(host, inventory, groups, [address], rules), allowed);
}

/** @throws PortalGunError DEVICE_IN_USE where something is left that stops a change */
export function refuseUse(refusals: readonly Finding[]): void {
  const [first] = refusals;
  if (first === undefined) return;
  const names = [...new Set(refusals.map(({ name }) => name))];
  const forbidden = refusals.find(({ severity }) => severity === 'forbids');
  const known = refusals.find(({ severity }) => severity !== 'unknown');
  const { subject, message, remedy } = forbidden ?? known ?? first;
  throw new PortalGunError('DEVICE_IN_USE', message, {
    subject,
    hint: forbidden === undefined ? `${remedy}; all that is in the way: ${names.join(', ')}` : remedy,
  });
}
