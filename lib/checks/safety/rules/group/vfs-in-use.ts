import { isUnknown, knownValue } from '../../../../base/known.ts';
import { type PciAddress, shortAddress } from '../../../../pci/address.ts';
import { APART_REMEDY } from '../../../validation/remedies.ts';
import type { SafetyDevice } from '../../safety-fields.ts';
import { listSome, type SafetyRule, unknownFinding } from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';
import { moreVirtualFunctions } from '../../virtual-functions.ts';

export const vfsInUse: SafetyRule = {
  name: 'vfs-in-use',
  title: 'its virtual functions are in use',
  severity: 'refuses',
  meaning:
    'It is a PF with VFs on a driver of the host or of a VM. All its VFs disappear when it leaves its driver. The use of each VF is checked and reported as well.',
  remedy: 'release the VFs, then: pci sriov set ADDRESS --vfs 0',
  find: (pf, view) => {
    const all = view.virtualFunctionsOf(pf.address);
    const used = [...all].flatMap((address) => {
      const driver = view.device(address)?.driver;
      if (driver === null) return [];
      const name = knownValue(driver ?? null) ?? 'unknown driver';
      return [`${shortAddress(address)} (${name})`];
    });
    if (used.length > 0) {
      return [
        {
          message: `has VFs in use, ${used.length} of ${all.size}: ${listSome(used)}`,
          evidence: used.map((vf) => `VF ${vf}`),
          // If a VF of the group is requested, the advice must not remove the VFs.
          remedy: sharesGroup(pf, all, view)
            ? APART_REMEDY
            : `release the VFs, then: pci sriov set ${pf.address} --vfs 0`,
        },
      ];
    }
    const more = moreVirtualFunctions(pf, all.size);
    return isUnknown(more) ? [unknownFinding('virtual functions', more)] : [];
  },
};

function sharesGroup(pf: SafetyDevice, vfs: ReadonlySet<PciAddress>, view: SafetyView): boolean {
  return view.groupOf(pf)?.members.some(({ device }) => vfs.has(device.address)) ?? false;
}
