import { knownValue } from '../../base/known.ts';
import { shortAddress } from '../../pci/address.ts';
import type { PciDevice } from '../../pci/device.ts';
import { listSome } from '../safety-rule.ts';
import type { HostRule } from '../validation-rule.ts';
import { doesNotApply, holds, violated } from '../verdict.ts';

// The low bits of a register tell what it is of.
const ADDRESS_BITS = 0xfffffff0;

/** Virtual functions have room. */
export const sriovFirmware: HostRule = {
  id: 'sriov-firmware',
  title: 'the firmware has room for virtual functions',
  grade: 'fail',
  purposes: ['sriov'],
  meaning:
    'The BARs of virtual functions have addresses (in the capability of SR-IOV, which root alone can read). Where the firmware, or the kernel, left no room for them, none can be made.',
  evaluate: ({ devices }) => {
    const told = (devices ?? []).filter((device) => vfBarsOf(device) !== undefined);
    if (told.length === 0) return doesNotApply('no card is known to have SR-IOV');
    const without = told.filter((device) => vfBarsOf(device)?.every((bar) => (bar & ADDRESS_BITS) === 0));
    if (without.length === 0) return holds('virtual functions have room');
    return violated(
      `no room for virtual functions of ${listSome(without.map(({ address }) => shortAddress(address)))}`,
      {
        evidence: ['no register for a BAR of virtual functions has an address'],
        remedy:
          'switch on SR-IOV and "above 4G decoding" in the setup of the firmware, or add pci=realloc to the kernel command line',
      },
    );
  },
};

function vfBarsOf({ config }: PciDevice): readonly number[] | undefined {
  return knownValue(knownValue(config)?.sriov ?? null)?.vfBars;
}
