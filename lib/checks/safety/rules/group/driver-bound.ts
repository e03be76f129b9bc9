import { isUnknown, knownValue } from '../../../../base/known.ts';
import type { DeviceWith } from '../../../../pci/device.ts';
import { isPassthroughDriver } from '../../../../pci/vfio-state.ts';
import type { NodeView } from '../../node-use.ts';
import { type SafetyRule, unknownFinding } from '../../safety-rule.ts';

export const driverBound: SafetyRule<DeviceWith<'driver' | 'rom'>, NodeView> = {
  name: 'driver-bound',
  title: 'a host driver uses it',
  severity: 'refuses',
  meaning:
    'It is on a driver other than a VFIO driver. While its ROM is read, the card answers at the address of its ROM. The PCI specification allows one decoder for the ROM and everything else, and such a card does not answer its driver in the meantime. For the boot display, the copy of its ROM in memory is read, with any driver.',
  remedy: 'unbind it from its driver first: pci bind ADDRESS',
  find: ({ driver, rom, address }) => {
    if (knownValue(rom)?.isShadow === true) return [];
    if (isUnknown(driver)) return [unknownFinding('its driver', driver)];
    if (driver === null || isPassthroughDriver(driver)) return [];
    return [
      {
        message: `is on ${driver}, which may use it while its ROM is read`,
        evidence: [`driver: ${driver}`],
        remedy: `unbind it from its driver first: pci bind ${address}`,
      },
    ];
  },
};
