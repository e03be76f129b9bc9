import { PortalGunError } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import type { LiveUse } from '../../facts/host-use.ts';
import { comparePciAddresses, type PciAddress } from '../../pci/address.ts';
import type { DeviceWith } from '../../pci/device.ts';
import { deviceAt } from '../../pci/device-at.ts';
import type { Finding } from '../finding.ts';
import { lostWith } from './lost-with.ts';
import { OpenNodesView } from './open-nodes.ts';
import { ROM_RULES } from './rom-rules.ts';
import type { RomSafetyDevice, SafetyDevice } from './safety-fields.ts';
import type { Observation, SafetyRule } from './safety-rule.ts';
import { SAFETY_RULES } from './safety-rules.ts';
import { type SafetyHost, SafetyView } from './safety-view.ts';

/**
 * The findings that prevent taking devices from the host: for each device, for every member of their IOMMU groups
 * that is included, for the devices behind those, and for their VFs. Ordered by address, then by rule. A device that
 * the host does not use has no findings; unreadable facts are findings.
 *
 * @param asked the requested devices; the others are included by their groups
 * @throws PortalGunError DEVICE_NOT_FOUND for an address that is not on the host
 */
export function checkSafety(
  devices: readonly PciAddress[],
  host: SafetyHost,
  asked: readonly PciAddress[] = devices,
): readonly Finding[] {
  const present = presentOf(devices, host);
  const given = givenWith(devices, host, present);
  return findingsIn(
    new SafetyView(
      host,
      new Set(asked),
      given,
      new Set([...given, ...lostWith(given, host.devices, host.use.tunnels)]),
    ),
    present,
  );
}

/**
 * The findings that prevent removing devices: VFs whose PF gets another number of VFs. Only for these devices, and
 * not for their groups.
 *
 * @throws PortalGunError DEVICE_NOT_FOUND for an address that is not on the host
 */
export function checkLoss(devices: readonly PciAddress[], host: SafetyHost): readonly Finding[] {
  return findingsIn(
    new SafetyView(host, new Set(devices), new Set(), new Set(devices)),
    presentOf(devices, host),
  );
}

/** The facts that decide whether a ROM may be read. */
export interface RomHost {
  /** Every function of the host. */
  readonly devices: readonly RomSafetyDevice[];
  readonly live: LiveUse;
}

/**
 * The findings that prevent reading the ROM of a function: only of that function, because its group is not affected.
 *
 * @throws PortalGunError DEVICE_NOT_FOUND for an address that is not on the host
 */
export function checkRomReading(device: PciAddress, host: RomHost): readonly Finding[] {
  const view = { host, nodes: new OpenNodesView(host.devices, host.live) };
  return findingsOf(device, presentOf([device], host), ROM_RULES, view);
}

function presentOf<Device extends DeviceWith<never>>(
  devices: readonly PciAddress[],
  host: { readonly devices: readonly Device[] },
): Present<Device> {
  for (const address of devices) {
    if (deviceAt(host.devices, address) === undefined) {
      throw new PortalGunError('DEVICE_NOT_FOUND', 'is not a device of this host', { subject: address });
    }
  }
  return (address) => deviceAt(host.devices, address);
}

function findingsIn(view: SafetyView, present: Present<SafetyDevice>): readonly Finding[] {
  const { given, taken } = view;
  const addresses = [...taken].sort(comparePciAddresses);
  return addresses.flatMap((address) => {
    const rules = SAFETY_RULES.filter(({ isOfGiven }) => isOfGiven !== true || given.has(address));
    return findingsOf(address, present, rules, view);
  });
}

/** The findings of rules for a function; none for one that does not exist. */
function findingsOf<Device extends DeviceWith<never>, View>(
  address: PciAddress,
  present: Present<Device>,
  rules: readonly SafetyRule<Device, View>[],
  view: View,
): readonly Finding[] {
  const device = present(address);
  if (device === undefined) return [];
  return rules.flatMap((rule) =>
    rule.find(device, view).map((observation) => toFinding(rule, address, observation)),
  );
}

/** The device at an address; none for one that is not there. */
type Present<Device> = (address: PciAddress) => Device | undefined;

/** The devices and the devices that their groups include. */
function givenWith(
  devices: readonly PciAddress[],
  { groups }: SafetyHost,
  present: Present<SafetyDevice>,
): Set<PciAddress> {
  const ids = new Set(devices.map((address) => knownValue(present(address)?.iommuGroup ?? null)));
  const members = groups.filter(({ id }) => ids.has(id)).flatMap((group) => group.members);
  return new Set([
    ...devices,
    ...members.filter(({ stays }) => !stays).map((member) => member.device.address),
  ]);
}

function toFinding(
  rule: Pick<SafetyRule, 'name' | 'severity' | 'remedy'>,
  address: PciAddress,
  observation: Observation,
): Finding {
  const { message, evidence, remedy = rule.remedy, isUnknown } = observation;
  return {
    name: rule.name,
    severity: isUnknown === true ? 'unknown' : rule.severity,
    ruleSeverity: rule.severity,
    subject: address,
    message,
    evidence,
    remedy,
  };
}
