import { knownValue } from '../../../../base/known.ts';
import { isPassthroughDriver } from '../../../../pci/vfio-state.ts';
import type { SafetyRule } from '../../safety-rule.ts';

export const smbus: SafetyRule = {
  name: 'smbus',
  title: 'it is an SMBus controller in the same group',
  severity: 'refuses',
  meaning:
    'It is the SMBus controller of the board, and is included because it is in the IOMMU group of another device. The host loses sensors, fan control, memory module data, touchpads and, on many boards, the watchdog. A VM that has it can write to all of these.',
  remedy: 'use a device in another IOMMU group (see pci groups), or accept it: --allow smbus',
  find: ({ address, class: deviceClass, driver }, view) => {
    const code = knownValue(deviceClass)?.code;
    if (code?.startsWith('0c05') !== true || isPassthroughDriver(knownValue(driver) ?? '')) return [];
    if (view.asked.has(address)) return [];
    const message =
      'is the SMBus controller of the board, included by its IOMMU group: sensors, fans and memory data depend on it';
    return [{ message, evidence: [`class ${code}`] }];
  },
};
