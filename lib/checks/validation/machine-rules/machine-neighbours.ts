import { isUnknown } from '../../../base/known.ts';
import { wholeFunctions } from '../../../facts/machine-needs.ts';
import { shortAddress } from '../../../pci/address.ts';
import { isWithVfio } from '../../../pci/vfio-state.ts';
import { groupOf } from '../group-of.ts';
import type { MachineRule } from '../validation-rule.ts';
import { doesNotApply, holds, violated } from '../verdict.ts';

export const machineNeighbours: MachineRule = {
  id: 'machine-neighbours',
  title: 'the host uses no device in a group of its devices',
  grade: 'fail',
  purposes: ['machines', 'passthrough'],
  meaning:
    'Each member of the IOMMU groups of its devices is assigned to it as well, or is on a VFIO driver, or has no driver. Otherwise the kernel does not open the group ("group is not viable").',
  evaluate: ({ devices }, host) => {
    const given = new Set(wholeFunctions({ devices }));
    const groups = (host.devices ?? [])
      .filter(({ address }) => given.has(address))
      .flatMap((device) => groupOf(device, host) ?? []);
    if (groups.length === 0) return doesNotApply('has no device in a group');
    const held = [...new Set(groups)].flatMap(({ id, members }) =>
      members
        .filter(({ device, stays, behind }) => !stays && behind === null && !given.has(device.address))
        .flatMap(({ device }) =>
          device.driver === null || isUnknown(device.driver) || isWithVfio(device)
            ? []
            : [`${shortAddress(device.address)} in group ${id} is held by ${device.driver}`],
        ),
    );
    if (held.length === 0) return holds('the host uses no device in its groups');
    return violated(`the kernel will not open a group: ${held[0]}`, {
      evidence: held,
      remedy: 'assign it to the VM as well, or bind it: pci bind binds whole groups',
    });
  },
};
