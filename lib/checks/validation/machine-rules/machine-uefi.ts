import { isUnknown } from '../../../base/known.ts';
import { installRemedy } from '../remedies.ts';
import type { MachineRule } from '../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../verdict.ts';

/** There is UEFI for it. */
export const machineUefi: MachineRule = {
  id: 'machine-uefi',
  title: 'there is UEFI for it',
  grade: 'fail',
  purposes: ['machines'],
  meaning:
    "Where libvirt is to choose an image of UEFI for it (`<os firmware='efi'>`), one is described in `/usr/share/qemu/firmware`.",
  evaluate: ({ wantsUefi }, { facts: { uefiImages, distribution } }) => {
    if (!wantsUefi) return doesNotApply('asks for no UEFI of the host');
    if (isUnknown(uefiImages)) return unknownVerdict('which firmware there is for machines', uefiImages);
    if ((uefiImages ?? []).length > 0) return holds('there is UEFI');
    return violated('asks for UEFI, and the host has none', { remedy: installRemedy('uefi', distribution) });
  },
};
