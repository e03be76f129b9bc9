import { knownValue } from '../../../../base/known.ts';
import { isPassthroughDriver } from '../../../../pci/vfio-state.ts';
import type { SafetyRule } from '../../safety-rule.ts';

export const isaBridge: SafetyRule = {
  name: 'isa-bridge',
  title: 'it is the LPC, eSPI or ISA bridge of the board',
  severity: 'refuses',
  meaning:
    'It connects devices on the board: serial ports, the keyboard controller, the TPM, the watchdog, the clock, the embedded controller, and on many boards the power management registers. The host loses all of these, and may hang. Usually it is included because it is in the IOMMU group of another device.',
  remedy:
    'use a device in another IOMMU group or in its own slot (see pci groups), or accept it: --allow isa-bridge',
  find: ({ address, class: deviceClass, driver }, view) => {
    const code = knownValue(deviceClass)?.code;
    if (code?.startsWith('0601') !== true || isPassthroughDriver(knownValue(driver) ?? '')) return [];
    const why = view.asked.has(address) ? '' : ', included by its IOMMU group';
    const message = `is the LPC, eSPI or ISA bridge of the board${why}: the host loses the devices behind it`;
    return [{ message, evidence: [`class ${code}`] }];
  },
};
