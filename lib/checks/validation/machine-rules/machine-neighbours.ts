import { isUnknown } from '../../../base/known.ts';
import { wholeFunctions } from '../../../facts/machine-needs.ts';
import { shortAddress } from '../../../pci/address.ts';
import { isWithVfio } from '../../../pci/vfio-state.ts';
import { groupOf } from '../group-of.ts';
import type { MachineRule } from '../validation-rule.ts';
import { doesNotApply, holds, violated } from '../verdict.ts';

/** Nothing of the host is in a group with its devices. */
export const machineNeighbours: MachineRule = {
  id: 'machine-neighbours',
  title: 'the host uses nothing in a group with its devices',
  grade: 'fail',
  purposes: ['machines', 'passthrough'],
  meaning:
    'Each member of the IOMMU groups of its devices is given to it as well, or is on a driver that hands devices over, or on none: the kernel opens no other group ("group is not viable").',
  evaluate: ({ devices }, host) => {
    const given = new Set(wholeFunctions({ devices }));
    const groups = (host.devices ?? [])
      .filter(({ address }) => given.has(address))
      .flatMap((device) => groupOf(device, host) ?? []);
    if (groups.length === 0) return doesNotApply('is given no device of a group');
    const held = [...new Set(groups)].flatMap(({ id, members }) =>
      members
        .filter(({ device, stays, behind }) => !stays && behind === null && !given.has(device.address))
        .flatMap(({ device }) =>
          device.driver === null || isUnknown(device.driver) || isWithVfio(device)
            ? []
            : [`${shortAddress(device.address)} in group ${id} is held by ${device.driver}`],
        ),
    );
    if (held.length === 0) return holds('its groups have nothing of the host in them');
    return violated(`the kernel will not open a group: ${held[0]}`, {
      evidence: held,
      remedy: 'give it to the machine as well, or bind it: pci bind takes whole groups',
    });
  },
};
