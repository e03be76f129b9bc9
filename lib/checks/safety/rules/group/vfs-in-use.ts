import { isUnknown, knownValue } from '../../../../base/known.ts';
import { type PciAddress, shortAddress } from '../../../../pci/address.ts';
import { APART_REMEDY } from '../../../validation/remedies.ts';
import type { SafetyDevice } from '../../safety-fields.ts';
import { listSome, type SafetyRule, unknownFinding } from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';
import { moreVirtualFunctions } from '../../virtual-functions.ts';

/** Virtual functions of it have drivers. */
export const vfsInUse: SafetyRule = {
  name: 'vfs-in-use',
  title: 'its virtual functions are in use',
  severity: 'refuses',
  meaning:
    'It is a physical function with VFs that a driver has, of the host or for a virtual machine. All of its VFs go when it leaves its driver. What the VFs themselves are used for is looked at as well, and said of each.',
  remedy: 'take the VFs from who uses them, then: pci sriov set ADDRESS --vfs 0',
  find: (pf, view) => {
    const all = view.virtualFunctionsOf(pf.address);
    const used = [...all].flatMap((address) => {
      const driver = view.device(address)?.driver;
      if (driver === null) return [];
      const name = knownValue(driver ?? null) ?? 'driver not known';
      return [`${shortAddress(address)} (${name})`];
    });
    if (used.length > 0) {
      return [
        {
          message: `has VFs in use, ${used.length} of ${all.size}: ${listSome(used)}`,
          evidence: used.map((vf) => `VF ${vf}`),
          // Who asked for a VF of the group is not to take it away.
          remedy: sharesGroup(pf, all, view)
            ? APART_REMEDY
            : `take the VFs from who uses them, then: pci sriov set ${pf.address} --vfs 0`,
        },
      ];
    }
    const more = moreVirtualFunctions(pf, all.size);
    return isUnknown(more) ? [unknownFinding('which virtual functions it has', more)] : [];
  },
};

function sharesGroup(pf: SafetyDevice, vfs: ReadonlySet<PciAddress>, view: SafetyView): boolean {
  return view.groupOf(pf)?.members.some(({ device }) => vfs.has(device.address)) ?? false;
}
