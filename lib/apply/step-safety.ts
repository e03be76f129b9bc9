import { knownValue } from '../base/known.ts';
import { type Finding, refusalsAmong } from '../checks/finding.ts';
import { SAFETY_FIELDS, type SafetyDevice } from '../checks/safety/safety-fields.ts';
import type { HostReader } from '../host/host-reader.ts';
import { addressOf } from '../libvirt/assignment/assignment.ts';
import type { PciAddress } from '../pci/address.ts';
import { groupDevices } from '../pci/group/iommu-group.ts';
import type { Inventory } from '../pci/inventory.ts';
import { NO_NAMES } from '../pci/pci-ids.ts';
import { concernedWith } from '../pci/selector/concerned-devices.ts';
import { isOfHost } from '../plan/binding/binding.ts';
import type { AssignmentChange, Change, VfsChange } from '../plan/change.ts';
import { addedDevices, type Direction } from '../plan/concerned-functions.ts';
import { readDriverNow, readVfsNow } from '../sysfs/device/driver-state.ts';
import { readInventory } from '../sysfs/device/read-inventory.ts';
import { readGroupAttributes } from '../sysfs/read-groups.ts';
import type { Problem } from './change-kind.ts';
import { BACK_RULES, definitionSafety, findLoss, findSafety, PLUG_RULES } from './safety-reading.ts';

/**
 * Why a change must not be made, or undone, with what the host uses now; `null` where it may. Everything is read anew.
 *
 * Undoing takes devices as well: one that was released to the host may be in use by now.
 *
 * @param allowed the names of rules that whoever asked for the plan lifted
 */
export function safetyProblem(
  host: HostReader,
  change: Change,
  direction: Direction,
  allowed: ReadonlySet<string>,
): Problem | null {
  switch (change.kind) {
    case 'driver':
      if (isOfHost(change[direction])) return takingProblem(host, [change.address], allowed, BACK_RULES);
      return direction === 'to'
        ? takingProblem(host, [change.address], allowed, null)
        : lossProblem(host, [change.address], allowed);
    case 'attachment':
      return change[direction] === null ? null : takingProblem(host, [change.address], allowed, PLUG_RULES);
    case 'assignment':
      // A definition takes nothing before the machine starts, which the hook of libvirt asks about.
      return direction === 'to' ? assignmentProblem(host, change, allowed) : null;
    case 'vfs':
      return vfsProblem(host, change, direction, allowed);
    case 'link':
      return change[direction] ? null : lossProblem(host, [change.address], allowed);
    default:
      return null;
  }
}

/** Each device may have been allowed more when it was assigned. */
function assignmentProblem(
  host: HostReader,
  { from, to }: AssignmentChange,
  allowed: ReadonlySet<string>,
): Problem | null {
  const added = addedDevices(from, to, 'to').flatMap((device) => {
    const address = addressOf(device);
    return address === null ? [] : [{ address, names: device.assignment?.allowed ?? [] }];
  });
  const present = presentAmong(
    host,
    added.map(({ address }) => address),
  );
  if (present === null) return null;
  const { inventory } = present;
  const groups = groupDevices(inventory.devices, (id) => readGroupAttributes(host, id));
  const find = definitionSafety(host, inventory, groups);
  for (const { address, names } of added) {
    if (!present.addresses.includes(address)) continue;
    const findings = find([address]).filter(({ name }) => PLUG_RULES.includes(name));
    const problem = problemOf(findings, new Set([...allowed, ...names]));
    if (problem !== null) return problem;
  }
  return null;
}

/** All VFs go where their number changes. Where it stays, some may go to a driver that gives them to machines. */
function vfsProblem(
  host: HostReader,
  { address, ...change }: VfsChange,
  direction: Direction,
  allowed: ReadonlySet<string>,
): Problem | null {
  const goal = change[direction];
  const now = readVfsNow(host, address);
  if (now.count !== goal.count) return lossProblem(host, vfsOf(host, address), allowed);
  const taken = goal.vfs.flatMap(({ index, driver }) => {
    const at = now.addressOf(index);
    return at === null || isOfHost(driver) || readDriverNow(host, at) === driver.driver ? [] : [at];
  });
  return direction === 'to' ? takingProblem(host, taken, allowed, null) : lossProblem(host, taken, allowed);
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

/** Those that are on the bus; `null` for none. The guard says which are gone. */
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
  return refusal === undefined ? null : `${refusal.subject} ${refusal.message} (${refusal.name})`;
}
