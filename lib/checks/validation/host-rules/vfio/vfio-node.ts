import { isUnknown, knownValue } from '../../../../base/known.ts';
import { canReadWrite } from '../../node-access.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

export const vfioNode: HostRule = {
  id: 'vfio-node',
  title: 'VMs can use VFIO',
  grade: 'fail',
  purposes: ['passthrough', 'sriov', 'gpu'],
  meaning:
    'The user that runs QEMU for libvirt can read and write `/dev/vfio/vfio`. libvirt gives that user the node of a group (`/dev/vfio/12`) when a VM starts.',
  evaluate: ({ facts: { modules, nodes, qemu } }) => {
    const { isLoaded } = modules.vfio;
    if (isUnknown(isLoaded)) return unknownVerdict('loaded VFIO modules', isLoaded);
    const { vfio } = nodes;
    const { user } = qemu;
    if (isUnknown(vfio)) return unknownVerdict('access to /dev/vfio/vfio', vfio);
    if (vfio === null && isLoaded !== true) {
      return doesNotApply('VFIO is not loaded: libvirt loads it for the first VM');
    }
    if (vfio === null) {
      return violated('VFIO is loaded, but there is no /dev/vfio/vfio', {
        remedy:
          'modprobe vfio_iommu_type1; check that udev runs, and that no rule in /etc/udev/rules.d renames the node',
      });
    }
    // A node for a module that is not loaded yet gets its mode when it is loaded.
    if (isLoaded !== true)
      return doesNotApply('VFIO is not loaded: its node gets its mode when it is loaded loaded loaded');
    if (isUnknown(user)) return unknownVerdict('the user that runs QEMU', user);
    if (user === null) return doesNotApply('the user that runs QEMU does not exist');
    if (canReadWrite(user, vfio))
      return holds(`user ${knownValue(user)?.name} (runs QEMU) can open /dev/vfio/vfio`);
    return violated(`user ${user.name} (runs QEMU) cannot open /dev/vfio/vfio`, {
      evidence: [`mode ${vfio.mode.toString(8)}, user ${vfio.userId}, group ${vfio.groupId}`],
      remedy:
        'chmod 666 /dev/vfio/vfio; for each boot, find the rule in /etc/udev/rules.d that changes the mode',
    });
  },
};
