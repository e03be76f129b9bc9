import { isUnknown, knownValue } from '../../../base/known.ts';
import { count } from '../../../base/text.ts';
import type { NeededDevice } from '../../../facts/machine-needs.ts';
import { deviceAt } from '../../../pci/device-at.ts';
import { isBridge, isSilent, lastingObstacles } from '../../../pci/group/iommu-group.ts';
import { boundToOwnDriver, isWithVfio } from '../../../pci/vfio-state.ts';
import { groupOf } from '../group-of.ts';
import { iommuInEffect } from '../host-rules/iommu/iommu-in-effect.ts';
import type { ValidatedHost } from '../validated-host.ts';
import type { ValidatedDevice } from '../validation-fields.ts';
import type { MachineRule } from '../validation-rule.ts';
import { doesNotApply, fixOf, holds, unknownVerdict, violated } from '../verdict.ts';

const NO_GROUP = 'is not in an IOMMU group';

export const machineDevices: MachineRule = {
  id: 'machine-devices',
  title: 'its devices can be passed through',
  grade: 'fail',
  purposes: ['machines', 'passthrough'],
  meaning:
    "Each device in its definition, of any kind, is on the bus, answers, is not a bridge, is in an IOMMU group that the kernel passes through, and occurs once. With `managed='no'`, and for a QEMU argument, it is already on a VFIO driver. Mediated devices and vDPA nodes exist.",
  evaluate: ({ devices }, host) => {
    if (devices.length === 0) return doesNotApply('has no devices');
    if (host.devices === null)
      return violated('has devices, and the host has no PCI bus', {
        remedy: 'run the command on the host that has the devices',
      });
    const problems = [
      ...twice(devices).map((address) => `${address} occurs twice`),
      ...devices.flatMap((each) => problemsOf(each, host)),
    ];
    const warnings = devices
      .filter(({ kind, address }) => kind === 'argument' && address !== null)
      .map(({ name }) => `${name} is in a QEMU argument, which libvirt does not manage`);
    const unknown = devices.find(({ functions }) => isUnknown(functions));
    if (problems.length === 0 && unknown !== undefined && isUnknown(unknown.functions)) {
      return unknownVerdict(`${unknown.name}`, unknown.functions);
    }
    if (problems.length === 0 && warnings.length > 0) {
      return violated(warnings[0] as string, {
        evidence: warnings,
        remedy: 'write it as an element, so that libvirt binds it and lets QEMU open it: pci xml DEVICE',
        grade: 'warn',
      });
    }
    if (problems.length === 0) return holds(`${count(devices.length, 'device')} can be passed through`);
    // Without an IOMMU the devices are not the cause.
    const isOfHost = problems.every((each) => each.endsWith(NO_GROUP)) && host.groups.length === 0;
    const ofIommu = isOfHost ? iommuInEffect.evaluate(host) : null;
    return violated(problems[0] as string, {
      evidence: [...problems, ...warnings],
      ...(ofIommu?.kind === 'violated'
        ? { remedy: ofIommu.remedy, ...fixOf(ofIommu) }
        : {
            remedy:
              'if a device moved, pci assignments --repair finds it again; otherwise remove it: pci unassign, virsh edit',
          }),
    });
  },
};

function problemsOf(
  { kind, name, address, functions, isManaged }: NeededDevice,
  host: ValidatedHost,
): readonly string[] {
  if (kind === 'unread') return [`one of its devices is invalid: ${name}`];
  if (address === null) {
    return kind !== 'pool-interface' && knownValue(functions)?.length === 0 ? [`${name} does not exist`] : [];
  }
  const device = deviceAt(host.devices ?? [], address);
  if (device === undefined) return [`${address} is not on the bus`];
  const problem = problemOf(device, host) ?? driverProblem(device, kind, isManaged);
  return problem === null ? [] : [`${address} ${problem}`];
}

/** libvirt does not start a VM with an unmanaged device that is on a host driver. */
function driverProblem(
  device: ValidatedDevice,
  kind: NeededDevice['kind'],
  isManaged: boolean | null,
): string | null {
  if (isManaged === true) {
    const own = boundToOwnDriver(device);
    return own === null ? null : `has managed='yes', and ${own}`;
  }
  if (isManaged === null || isUnknown(device.driver) || isWithVfio(device)) return null;
  // Without a driver, QEMU finds no VFIO node to open.
  const on = device.driver === null ? 'has no driver' : `is on ${device.driver}`;
  return `${on}, and ${kind === 'argument' ? 'a QEMU argument binds nothing' : "managed='no' leaves it there"}`;
}

function problemOf(device: ValidatedDevice, host: ValidatedHost): string | null {
  if (isBridge(device)) return 'is a bridge, which stays with the host';
  if (isSilent(device)) return 'does not answer: its configuration space reads as all ones';
  const group = groupOf(device, host);
  if (group === undefined) return device.iommuGroup === null && device.driver !== null ? NO_GROUP : null;
  const [obstacle] = lastingObstacles(group, device);
  if (obstacle === undefined) return null;
  return obstacle.code === 'DIRECT_REGION'
    ? `is in group ${group.id}, which the firmware uses (RMRR)`
    : `is in group ${group.id}: ${obstacle.message}`;
}

/** An NVMe controller may occur once for each of its namespaces. */
function twice(devices: readonly NeededDevice[]): readonly string[] {
  const all = devices.flatMap(({ address, kind }) => (address === null ? [] : [{ address, kind }]));
  return [
    ...new Set(
      all
        .filter(({ address, kind }, index) =>
          all
            .slice(0, index)
            .some((other) => other.address === address && (kind !== 'nvme' || other.kind !== 'nvme')),
        )
        .map(({ address }) => address),
    ),
  ];
}
