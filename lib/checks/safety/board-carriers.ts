import { knownValue } from '../../base/known.ts';
import { isPassthroughDriver } from '../../pci/vfio-state.ts';
import type { SafetyDevice } from './safety-fields.ts';

// Bridges to ISA and LPC, SMBus, IPMI, SPI and I2C, serial ports, GPIO, TPM and security processors, and devices
// without a class.
const CARRIERS = /^(0601|0680|07|0801|0805|0880|09|0c05|0c07|0c80|10|11|13|ff|00ff)/;

/** Whether a function can have devices on the board: a TPM, a watchdog, sensors, touchpads. */
export function mayCarryBoardDevices({ class: deviceClass, driver }: SafetyDevice): boolean {
  // A function without a driver has no such devices.
  if (driver === null) return false;
  const name = knownValue(driver);
  if (name !== undefined && isPassthroughDriver(name)) return false;
  const code = knownValue(deviceClass)?.code;
  return code === undefined || CARRIERS.test(code);
}
