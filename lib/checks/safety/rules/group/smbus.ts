import { knownValue } from '../../../../base/known.ts';
import { isPassthroughDriver } from '../../../../pci/vfio-state.ts';
import type { SafetyRule } from '../../safety-rule.ts';

/** A controller of SMBus goes along that nobody asked for. */
export const smbus: SafetyRule = {
  name: 'smbus',
  title: 'it is an SMBus controller that goes along',
  severity: 'refuses',
  meaning:
    'It is the SMBus of the board, and goes along with the IOMMU group of another device. Sensors, the control of fans, the data of memory modules, touchpads and on many boards the watchdog hang on it: the host loses them, and a machine that has it can write to them.',
  remedy:
    'give a device of another IOMMU group; see pci groups for what goes together; or accept it: --allow smbus',
  find: ({ address, class: deviceClass, driver }, view) => {
    const code = knownValue(deviceClass)?.code;
    if (code?.startsWith('0c05') !== true || isPassthroughDriver(knownValue(driver) ?? '')) return [];
    if (view.asked.has(address)) return [];
    const message =
      "is the board's SMBus, and goes along with its IOMMU group: sensors, fans and memory data hang on it";
    return [{ message, evidence: [`class ${code}`] }];
  },
};
