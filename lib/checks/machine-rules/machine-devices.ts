import { count } from '../../base/text.ts';
import type { PciDevice } from '../../pci/device.ts';
import { isBridge, isSilent, lastingObstacles } from '../../pci/iommu-group.ts';
import { groupOf } from '../group-of.ts';
import { iommuInEffect } from '../host-rules/iommu-in-effect.ts';
import type { ValidatedHost } from '../validated-host.ts';
import type { MachineRule } from '../validation-rule.ts';
import { doesNotApply, fixOf, holds, violated } from '../verdict.ts';

const NO_GROUP = 'is in no IOMMU group';

/** Its devices can be given to it. */
export const machineDevices: MachineRule = {
  id: 'machine-devices',
  title: 'the devices that it is given can be given',
  grade: 'fail',
  purposes: ['machines', 'passthrough'],
  meaning:
    'Each device that its definition names by an address is on the bus, answers, is no bridge, is in an IOMMU group that the kernel gives away, and stands in it once.',
  evaluate: ({ devices }, host) => {
    if (devices.length === 0) return doesNotApply('is given no device');
    if (host.devices === null)
      return violated('is given devices, and the host shows no PCI bus', {
        remedy: 'run it where the devices are',
      });
    const problems = [
      ...twice(devices.map(({ address }) => address)).map((address) => `${address} stands in it twice`),
      ...devices.flatMap(({ address }) => {
        const device = host.devices?.find((each) => each.address === address);
        if (device === undefined) return [`${address} is not on the bus`];
        const problem = problemOf(device, host);
        return problem === null ? [] : [`${address} ${problem}`];
      }),
    ];
    if (problems.length === 0) return holds(`${count(devices.length, 'device')} can be given to it`);
    // Without an IOMMU it is no fault of theirs.
    const isOfHost = problems.every((each) => each.endsWith(NO_GROUP)) && host.groups.length === 0;
    const ofIommu = isOfHost ? iommuInEffect.evaluate(host) : null;
    return violated(problems[0] as string, {
      evidence: problems,
      ...(ofIommu?.kind === 'violated'
        ? { remedy: ofIommu.remedy, ...fixOf(ofIommu) }
        : {
            remedy:
              'where a device moved, pci assignments --repair finds it again; else take it out: pci unassign, virsh edit',
          }),
    });
  },
};

function problemOf(device: PciDevice, host: ValidatedHost): string | null {
  if (isBridge(device)) return 'is a bridge, which stays with the host';
  if (isSilent(device)) return 'does not answer: its configuration space reads all ones';
  const group = groupOf(device, host);
  if (group === undefined) return device.iommuGroup === null && device.driver !== null ? NO_GROUP : null;
  const [obstacle] = lastingObstacles(group, device);
  if (obstacle === undefined) return null;
  return obstacle.code === 'DIRECT_REGION'
    ? `is in group ${group.id}, which the firmware uses (RMRR)`
    : `is in group ${group.id}: ${obstacle.message}`;
}

function twice(addresses: readonly string[]): readonly string[] {
  return [...new Set(addresses.filter((address, index) => addresses.indexOf(address) !== index))];
}
