import { PortalGunError } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import { comparePciAddresses, type PciAddress } from '../../pci/address.ts';
import type { DeviceField, PciDevice } from '../../pci/device.ts';
import { GROUP_FIELDS } from '../../pci/group/iommu-group.ts';
import type { Finding } from '../finding.ts';
import { ROM_RULES } from './rom-rules.ts';
import type { Observation, SafetyRule } from './safety-rule.ts';
import { SAFETY_RULES } from './safety-rules.ts';
import { type SafetyHost, SafetyView } from './safety-view.ts';
import { tunnelledFrom } from './tunnels.ts';
import { virtualFunctionsByPf } from './virtual-functions.ts';

/** The facts of every device that the rules need; those that `groupDevices` needs are among them. */
export const SAFETY_FIELDS: readonly DeviceField[] = [
  ...GROUP_FIELDS,
  'bars',
  'resetMethods',
  'bootVga',
  'netInterfaces',
  'blockDevices',
  'attachments',
];

/**
 * The findings that prevent taking devices from the host: for each device, for every member of their IOMMU groups that
 * is included, for the devices behind those, and for their VFs. Ordered by address, then as the rules are. Nothing is
 * found of a function that the host can spare; what could not be read is a finding of its own.
 *
 * @param asked those of them that somebody asked for; the others go because their groups do
 * @throws PortalGunError DEVICE_NOT_FOUND for an address that is none of the host's
 */
export function checkSafety(
  devices: readonly PciAddress[],
  host: SafetyHost,
  asked: readonly PciAddress[] = devices,
): readonly Finding[] {
  const present = presentOf(devices, host);
  const given = givenWith(devices, host, present);
  return findingsIn(
    new SafetyView(host, new Set(asked), given, new Set([...given, ...lostWith(given, host)])),
    present,
  );
}

/**
 * The findings that prevent removing devices: VFs whose PF gets another number of VFs. Of them alone, and not of their
 * groups.
 *
 * @throws PortalGunError DEVICE_NOT_FOUND for an address that is none of the host's
 */
export function checkLoss(devices: readonly PciAddress[], host: SafetyHost): readonly Finding[] {
  return findingsIn(
    new SafetyView(host, new Set(devices), new Set(), new Set(devices)),
    presentOf(devices, host),
  );
}

/** The facts of every device that {@link checkRomReading} needs. */
export const ROM_SAFETY_FIELDS: readonly DeviceField[] = [
  'class',
  'driver',
  'vfio',
  'iommuGroup',
  'rom',
  'attachments',
  'location',
];

/**
 * The findings that prevent reading the ROM of a function: only of that function, because its group is not touched.
 *
 * @throws PortalGunError DEVICE_NOT_FOUND for an address that is none of the host's
 */
export function checkRomReading(device: PciAddress, host: SafetyHost): readonly Finding[] {
  const view = new SafetyView(host, new Set([device]), new Set([device]), new Set([device]));
  return findingsIn(view, presentOf([device], host), ROM_RULES);
}

function presentOf(devices: readonly PciAddress[], host: SafetyHost): Present {
  const present = new Map(host.devices.map((device) => [device.address, device]));
  for (const address of devices) {
    if (!present.has(address)) {
      throw new PortalGunError('DEVICE_NOT_FOUND', 'is not a device of this host', { subject: address });
    }
  }
  return present;
}

function findingsIn(
  view: SafetyView,
  present: Present,
  rules: readonly SafetyRule[] = SAFETY_RULES,
): readonly Finding[] {
  const { given, taken } = view;
  return [...taken]
    .sort(comparePciAddresses)
    .flatMap((address) => present.get(address) ?? [])
    .flatMap((device) =>
      rules
        .filter(({ isOfGiven }) => isOfGiven !== true || given.has(device.address))
        .flatMap((rule) =>
          rule.find(device, view).map((observation) => toFinding(rule, device, observation)),
        ),
    );
}

type Present = ReadonlyMap<PciAddress, PciDevice>;

/** The devices, with those that their groups take along. */
function givenWith(
  devices: readonly PciAddress[],
  { groups }: SafetyHost,
  present: Present,
): Set<PciAddress> {
  const ids = new Set(devices.map((address) => knownValue(present.get(address)?.iommuGroup ?? null)));
  const members = groups.filter(({ id }) => ids.has(id)).flatMap((group) => group.members);
  return new Set([
    ...devices,
    ...members.filter(({ stays }) => !stays).map((member) => member.device.address),
  ]);
}

/** What is gone with them, and given to nobody: what is behind them or reached through their tunnels, and VFs. */
function lostWith(given: ReadonlySet<PciAddress>, host: SafetyHost): ReadonlySet<PciAddress> {
  const behind = host.devices.filter(({ location }) =>
    knownValue(location)?.bridges.some((above) => given.has(above)),
  );
  const lost = new Set(behind.map(({ address }) => address));
  for (const address of [...given, ...lost]) for (const far of tunnelledFrom(address, host)) lost.add(far);
  const vfs = virtualFunctionsByPf(host.devices);
  for (const pf of [...given, ...lost]) for (const vf of vfs.get(pf) ?? []) lost.add(vf);
  return lost;
}

function toFinding(rule: SafetyRule, { address }: PciDevice, observation: Observation): Finding {
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
