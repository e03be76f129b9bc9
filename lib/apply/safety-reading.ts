import { isUnknown, type Known, mapKnown } from '../base/known.ts';
import type { Finding } from '../checks/finding.ts';
import { checkLoss, checkRomReading, checkSafety } from '../checks/safety/check-safety.ts';
import type { RomSafetyDevice, SafetyDevice } from '../checks/safety/safety-fields.ts';
import { SAFETY_RULES } from '../checks/safety/safety-rules.ts';
import type { SafetyHost } from '../checks/safety/safety-view.ts';
import type { HostUse, LiveUse } from '../facts/host-use.ts';
import { type HostReader, isRunning } from '../host/host-reader.ts';
import type { PciAddress } from '../pci/address.ts';
import type { DeviceWith } from '../pci/device.ts';
import type { IommuGroup } from '../pci/group/iommu-group.ts';
import type { Inventory } from '../pci/inventory.ts';
import type { Rebinding } from '../plan/binding/binding.ts';
import { isOfHost } from '../plan/change-states.ts';
import { readLiveUse } from '../sysfs/host-use/live-use.ts';
import { readHostUse } from '../sysfs/host-use/read-host-use.ts';
import { tellsResetMethods } from '../sysfs/kernel-release.ts';
import { amongAsked } from './safety-inventory.ts';

/** A device that returns to the host does not harm the host, but a VM that has the device loses it. */
export const BACK_RULES: readonly string[] = ['machine-has-it'];

/**
 * For a device that a VM gets by libvirt, which knows which VM has it; another device of the group may already be
 * there.
 */
export const PLUG_RULES = SAFETY_RULES.map(({ name }) => name).filter((name) => !BACK_RULES.includes(name));

/** The findings that prevent driver changes, in both directions. */
export function findRebindingSafety(
  host: HostReader,
  inventory: Inventory<SafetyDevice>,
  groups: readonly IommuGroup<SafetyDevice>[],
  { moving }: Rebinding,
): readonly Finding[] {
  const taken = moving.filter(({ to }) => !isOfHost(to));
  const back = moving.filter(({ to }) => isOfHost(to));
  const asked = taken.filter((each) => each.asked);
  return [
    ...findSafety(host, inventory, groups, addressesOf(taken), null, addressesOf(asked)),
    ...findSafety(host, inventory, groups, addressesOf(back), BACK_RULES),
  ];
}

function addressesOf(moving: Rebinding['moving']): readonly PciAddress[] {
  return moving.map(({ device }) => device.address);
}

/** The findings that prevent taking devices from a host, by all rules or by some. `asked` are the named devices. */
export function findSafety(
  host: HostReader,
  { devices }: Inventory<SafetyDevice>,
  groups: readonly IommuGroup<SafetyDevice>[],
  addresses: readonly PciAddress[],
  rules: readonly string[] | null,
  asked: readonly PciAddress[] = addresses,
): readonly Finding[] {
  if (addresses.length === 0) return [];
  const findings = checkSafety(addresses, safetyHost(host, devices, groups), asked);
  return rules === null ? findings : findings.filter(({ name }) => rules.includes(name));
}

/**
 * The findings that prevent VMs from taking devices at their next start. A captured host does not contain its
 * processes, which does not stop a plan for it: the start guard checks them on the host itself when a VM takes the
 * devices. On the running machine, unreadable facts stay unknown.
 */
export function findDefinitionSafety(
  host: HostReader,
  inventory: Inventory<SafetyDevice>,
  groups: readonly IommuGroup<SafetyDevice>[],
  addresses: readonly PciAddress[],
): readonly Finding[] {
  return addresses.length === 0 ? [] : definitionSafety(host, inventory, groups)(addresses);
}

/** The same for a host that is read once, and checked several times. */
export function definitionSafety(
  host: HostReader,
  { devices }: Inventory<SafetyDevice>,
  groups: readonly IommuGroup<SafetyDevice>[],
): (addresses: readonly PciAddress[]) => readonly Finding[] {
  const now = safetyHost(host, devices, groups);
  const judged = isRunning(host) ? now : { ...now, use: withTold(now.use), live: toldOf(now.live) };
  return (addresses) => checkSafety(addresses, judged);
}

/** The running processes, without those that were not read; unreadable ones stay unknown. */
function toldOf(live: LiveUse): LiveUse {
  return {
    ...live,
    unseen: told(live.unseen),
    unseenMounts: told(live.unseenMounts),
    packetSockets: told(live.packetSockets),
    connections: told(live.connections),
    elsewhere: { ...live.elsewhere, missed: told(live.elsewhere.missed) },
    sessionAddress: told(live.sessionAddress),
  };
}

/** The users of interfaces, and whether these are CAN buses, as far as they were read. */
function withTold(use: HostUse): HostUse {
  const interfaces = mapKnown(use.interfaces, (all) =>
    all.map((each) => ({ ...each, users: told(each.users), linkLayer: told(each.linkLayer) })),
  );
  return { ...use, interfaces };
}

function told<T>(fact: Known<T>): Known<T> {
  return isUnknown(fact) && fact.unknown === 'unread' ? null : fact;
}

/** The findings that prevent removing VFs. */
export function findLoss(
  host: HostReader,
  devices: readonly SafetyDevice[],
  addresses: readonly PciAddress[],
): readonly Finding[] {
  return addresses.length === 0 ? [] : checkLoss(addresses, safetyHost(host, devices, []));
}

/** The findings that prevent reading the ROM of a device now. */
export function findRomSafety(
  host: HostReader,
  devices: readonly RomSafetyDevice[],
  address: PciAddress,
): readonly Finding[] {
  return checkRomReading(address, { devices, live: readLiveUse(host) });
}

/** The facts for the rules, read once. */
export function safetyHost(
  host: HostReader,
  devices: readonly SafetyDevice[],
  groups: readonly IommuGroup<SafetyDevice>[],
  use: HostUse = readUseOf(host, devices),
): SafetyHost {
  return {
    devices,
    groups,
    use,
    live: readLiveUse(host),
    tellsResetMethods: tellsResetMethods(host, devices),
  };
}

/**
 * The uses of the hardware by a host; facts from the directory of a function only for functions whose other facts
 * were read.
 */
export function readUseOf(host: HostReader, devices: readonly DeviceWith<'attachments'>[]): HostUse {
  const asked = amongAsked(devices);
  if (asked.length === devices.length) return readHostUse(host);
  const addresses = new Set(asked.map(({ address }) => address));
  return readHostUse(host, (address) => addresses.has(address));
}
