import { isUnknown, knownValue } from '../../../../base/known.ts';
import type { DeviceWith } from '../../../../pci/device.ts';
import { isPassthroughDriver } from '../../../../pci/vfio-state.ts';
import type { NodeView } from '../../node-use.ts';
import { type SafetyRule, unknownFinding } from '../../safety-rule.ts';

/** A driver of the host works with it while its ROM would be read. */
export const driverBound: SafetyRule<DeviceWith<'driver' | 'rom'>, NodeView> = {
  name: 'driver-bound',
  title: 'a driver of the host works with it',
  severity: 'refuses',
  meaning:
    "It is on a driver that is none of VFIO's. While a ROM is read, the card answers at the address of its ROM, and the specification lets it have one decoder for that and for all else: such a card does not answer its driver meanwhile. The copy of the boot display's ROM lies in memory, and is read whoever has the card.",
  remedy: 'take it from its driver first: pci bind ADDRESS',
  find: ({ driver, rom, address }) => {
    if (knownValue(rom)?.isShadow === true) return [];
    if (isUnknown(driver)) return [unknownFinding('which driver has it', driver)];
    if (driver === null || isPassthroughDriver(driver)) return [];
    return [
      {
        message: `is on ${driver}, which may use it while its ROM is read`,
        evidence: [`driver: ${driver}`],
        remedy: `take it from its driver first: pci bind ${address}`,
      },
    ];
  },
};
