import { knownValue } from '../base/known.ts';
import { Problem } from '../base/problem.ts';
import { type Finding, refusalsAmong } from '../checks/finding.ts';
import { SAFETY_FIELDS, type SafetyDevice } from '../checks/safety/safety-fields.ts';
import type { HostReader } from '../host/host-reader.ts';
import type { PciAddress } from '../pci/address.ts';
import { groupDevices } from '../pci/group/iommu-group.ts';
import type { Inventory } from '../pci/inventory.ts';
import { NO_NAMES } from '../pci/pci-ids.ts';
import { concernedWith } from '../pci/selector/concerned-devices.ts';
import type { Change } from '../plan/change.ts';
import type { Direction } from '../plan/change-kind.ts';
import { kindOf } from '../plan/change-kinds.ts';
import { isOfHost } from '../plan/change-states.ts';
import type { AssignedFunction, SafetyQuestion } from '../plan/safety-question.ts';
import { readDriverNow, readVfsNow } from '../sysfs/device/driver-state.ts';
import { readInventory } from '../sysfs/device/read-inventory.ts';
import { readGroupAttributes } from '../sysfs/read-groups.ts';

import { BACK_RULES, definitionSafety, findLoss, findSafety, PLUG_RULES } from './safety-reading.ts';

/**
 * Why a change must not be made, or undone, with the current uses of the host; `null` if it may. Everything is read
 * again.
 *
 * An undo takes devices as well: one that was released to the host may be in use now.
 *
 * @param allowed the names of rules that were accepted for the plan
 */
export function safetyProblem(
  host: HostReader,
  change: Change,
  direction: Direction,
  allowed: ReadonlySet<string>,
): Problem | null {
  const question = kindOf(change).safety(change, direction);
  switch (question.asks) {
    case 'nothing':
      return null;
    case 'taking':
      return takingProblem(host, question.functions, allowed, null);
    case 'returning':
      return takingProblem(host, question.functions, allowed, BACK_RULES);
    case 'plugging':
      return takingProblem(host, question.functions, allowed, PLUG_RULES);
    case 'losing':
      return lossProblem(host, question.functions, allowed);
    case 'assigning':
      return assignmentProblem(host, question.devices, allowed);
    case 'vfs':
      return vfsProblem(host, question, allowed);
  }
}

/** Each device may have other accepted rules from its assignment. */
function assignmentProblem(
  host: HostReader,
  devices: readonly AssignedFunction[],
  allowed: ReadonlySet<string>,
): Problem | null {
  const present = presentAmong(
    host,
    devices.map(({ address }) => address),
  );
  if (present === null) return null;
  const { inventory } = present;
  const groups = groupDevices(inventory.devices, (id) => readGroupAttributes(host, id));
  const find = definitionSafety(host, inventory, groups);
  for (const device of devices) {
    if (!present.addresses.includes(device.address)) continue;
    const findings = find([device.address]).filter(({ name }) => PLUG_RULES.includes(name));
    const problem = problemOf(findings, new Set([...allowed, ...device.allowed]));
    if (problem !== null) return problem;
  }
  return null;
}

/** If the number of VFs changes, all are removed. If not, some may change to a VFIO driver. */
function vfsProblem(
  host: HostReader,
  { pf, count, drivers, moving }: Extract<SafetyQuestion, { readonly asks: 'vfs' }>,
  allowed: ReadonlySet<string>,
): Problem | null {
  const now = readVfsNow(host, pf);
  if (now.count !== count) return lossProblem(host, vfsOf(host, pf), allowed);
  const changed = drivers.flatMap(({ index, driver }) => {
    const at = now.addressOf(index);
    return at === null || isOfHost(driver) || readDriverNow(host, at) === driver.driver ? [] : [at];
  });
  return moving === 'taking'
    ? takingProblem(host, changed, allowed, null)
    : lossProblem(host, changed, allowed);
}

function vfsOf(host: HostReader, pf: PciAddress): readonly PciAddress[] {
  const { devices } = readInventory(host, NO_NAMES, ['sriov']);
  const role = knownValue(devices.find(({ address }) => address === pf)?.sriov ?? null);
  return role?.role === 'pf' ? role.virtualFunctions : [];
}

function takingProblem(
  host: HostReader,
  addresses: readonly PciAddress[],
  allowed: ReadonlySet<string>,
  rules: readonly string[] | null,
): Problem | null {
  const present = presentAmong(host, addresses);
  if (present === null) return null;
  const { inventory } = present;
  const groups = groupDevices(inventory.devices, (id) => readGroupAttributes(host, id));
  return problemOf(findSafety(host, inventory, groups, present.addresses, rules), allowed);
}

function lossProblem(
  host: HostReader,
  addresses: readonly PciAddress[],
  allowed: ReadonlySet<string>,
): Problem | null {
  const present = presentAmong(host, addresses);
  return present === null
    ? null
    : problemOf(findLoss(host, present.inventory.devices, present.addresses), allowed);
}

interface Present {
  readonly inventory: Inventory<SafetyDevice>;
  readonly addresses: readonly PciAddress[];
}

/** The functions that are on the bus; `null` for none. The guard reports missing ones. */
function presentAmong(host: HostReader, addresses: readonly PciAddress[]): Present | null {
  if (addresses.length === 0) return null;
  const inventory = readInventory(host, NO_NAMES, SAFETY_FIELDS, (devices) =>
    concernedWith(
      devices,
      devices.filter(({ address }) => addresses.includes(address)),
    ),
  );
  const present = addresses.filter((each) => inventory.devices.some(({ address }) => address === each));
  return present.length === 0 ? null : { inventory, addresses: present };
}

function problemOf(findings: readonly Finding[], allowed: ReadonlySet<string>): Problem | null {
  const refusals = refusalsAmong(findings, allowed);
  const refusal = refusals.find(({ severity }) => severity !== 'unknown') ?? refusals[0];
  if (refusal === undefined) return null;
  const { severity, subject, message, name } = refusal;
  return new Problem(severity === 'unknown' ? 'USE_UNKNOWN' : 'IN_USE', `${subject} ${message} (${name})`);
}
