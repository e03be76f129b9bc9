import { isUnknown } from '../../../base/known.ts';
import { installRemedy } from '../remedies.ts';
import type { MachineRule } from '../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../verdict.ts';

export const machineUefi: MachineRule = {
  id: 'machine-uefi',
  title: 'there is UEFI firmware for it',
  grade: 'fail',
  purposes: ['machines'],
  meaning:
    "If libvirt chooses a UEFI image for it (`<os firmware='efi'>`), `/usr/share/qemu/firmware` describes one.",
  evaluate: ({ wantsUefi }, { facts: { uefiImages, distribution } }) => {
    if (!wantsUefi) return doesNotApply('requests no UEFI firmware of the host');
    if (isUnknown(uefiImages)) return unknownVerdict('firmware for VMs', uefiImages);
    if ((uefiImages ?? []).length > 0) return holds('there is UEFI firmware');
    return violated('requests UEFI firmware, and the host has none', {
      remedy: installRemedy('uefi', distribution),
    });
  },
};
