import { knownValue } from '../../../../base/known.ts';
import { isPassthroughDriver } from '../../../../pci/vfio-state.ts';
import type { SafetyRule } from '../../safety-rule.ts';

/** The board's devices are behind it. */
export const isaBridge: SafetyRule = {
  name: 'isa-bridge',
  title: "it is the board's bridge to LPC, eSPI or ISA",
  severity: 'refuses',
  meaning:
    'What is soldered to the board is behind it: serial ports, the keyboard controller, the TPM, the watchdog, the clock, the embedded controller, and on many boards the registers of power management. The host loses more than its name says, and may hang. It most often is in the way because its IOMMU group takes it along.',
  remedy:
    'give a device of another IOMMU group, or one in a slot of its own; see pci groups for what goes together; or accept it: --allow isa-bridge',
  find: ({ address, class: deviceClass, driver }, view) => {
    const code = knownValue(deviceClass)?.code;
    if (code?.startsWith('0601') !== true || isPassthroughDriver(knownValue(driver) ?? '')) return [];
    const why = view.asked.has(address) ? '' : ', and goes along with its IOMMU group';
    const message = `is the board's bridge to LPC, eSPI or ISA${why}: the host loses what is behind it`;
    return [{ message, evidence: [`class ${code}`] }];
  },
};
