import { knownValue } from '../../../../base/known.ts';
import { shortAddress } from '../../../../pci/address.ts';
import { isBridge } from '../../../../pci/group/iommu-group.ts';
import type { SafetyDevice } from '../../safety-fields.ts';
import { listSome, type SafetyRule } from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';

export const busReset: SafetyRule = {
  name: 'bus-reset',
  title: 'its only reset would also reset functions that stay',
  severity: 'warns',
  meaning:
    'It has no reset of its own, so only its whole bus can be reset, and functions on that bus stay with the host. The kernel then refuses the reset, or resets those functions too.',
  remedy: 'pass the functions on its bus through together, or move the card to its own slot',
  isOfGiven: true,
  find: (device, view) => {
    const methods = knownValue(device.resetMethods);
    if (methods === undefined || isBridge(device) || methods.some((method) => method !== 'bus')) return [];
    const neighbours = neighboursOf(device, view).map(({ address }) => shortAddress(address));
    if (neighbours.length === 0) return [];
    return [
      {
        message: `can be reset only with its whole bus, which also has ${listSome(neighbours)}`,
        evidence: [
          methods.length === 0 ? 'reset_method is empty' : 'reset_method: bus',
          `on the same bus: ${neighbours.join(', ')}`,
        ],
      },
    ];
  },
};

/** Functions on the bus of a device that stay; those on a root bus are never reset with it. */
function neighboursOf(device: SafetyDevice, view: SafetyView): readonly SafetyDevice[] {
  if (knownValue(device.location)?.parent == null) return [];
  const bus = device.address.slice(0, -'00.0'.length);
  return view.host.devices.filter(
    ({ address }) => address.startsWith(bus) && address !== device.address && !view.taken.has(address),
  );
}
