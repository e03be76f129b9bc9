import { isUnknown, knownValue } from '../../../../base/known.ts';
import { canReadWrite } from '../../node-access.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

/** Machines may use VFIO. */
export const vfioNode: HostRule = {
  id: 'vfio-node',
  title: 'machines may use VFIO',
  grade: 'fail',
  purposes: ['passthrough', 'sriov', 'gpu'],
  meaning:
    'The user as whom libvirt runs QEMU may read and write `/dev/vfio/vfio`. The node of a group (`/dev/vfio/12`) libvirt makes over to that user when a machine starts.',
  evaluate: ({ facts: { modules, nodes, qemu } }) => {
    const { isLoaded } = modules.vfio;
    if (isUnknown(isLoaded)) return unknownVerdict('whether VFIO is loaded', isLoaded);
    const { vfio } = nodes;
    const { user } = qemu;
    if (isUnknown(vfio)) return unknownVerdict('who may use /dev/vfio/vfio', vfio);
    if (vfio === null && isLoaded !== true) {
      return doesNotApply('VFIO is not loaded: libvirt loads it for the first machine');
    }
    if (vfio === null) {
      return violated('VFIO is loaded, and there is no /dev/vfio/vfio', {
        remedy:
          'modprobe vfio_iommu_type1; see that udev runs, and that no rule of /etc/udev/rules.d renames it',
      });
    }
    // A node that stands for what is not loaded yet is given its mode then.
    if (isLoaded !== true) return doesNotApply('VFIO is not loaded: its node gets its mode then');
    if (isUnknown(user)) return unknownVerdict('as whom libvirt runs QEMU', user);
    if (user === null) return doesNotApply('there is no user that libvirt runs QEMU as');
    if (canReadWrite(user, vfio)) return holds(`${knownValue(user)?.name} may use /dev/vfio/vfio`);
    return violated(`${user.name}, as whom libvirt runs QEMU, may not use /dev/vfio/vfio`, {
      evidence: [`mode ${vfio.mode.toString(8)}, user ${vfio.userId}, group ${vfio.groupId}`],
      remedy: 'chmod 666 /dev/vfio/vfio; for each boot, see which rule in /etc/udev/rules.d takes that away',
    });
  },
};
