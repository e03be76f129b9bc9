import { type Known, mapKnown } from '../base/known.ts';
import { type HostReader, isFailure, knownOf } from '../host/host-reader.ts';
import { isPciAddress, type PciAddress } from '../pci/address.ts';
import { parseDriverOverride } from './attribute-parsers.ts';
import { busEntryPath, driverPath, lastName, SYS_PATHS } from './paths.ts';

/** Whether a function is on the PCI bus. */
export function isOnBus(host: HostReader, address: PciAddress): boolean {
  return host.exists(busEntryPath(address));
}

/** The driver that a function is on just now, by its link `driver`. */
export function readDriverNow(host: HostReader, address: PciAddress): Known<string> {
  return mapKnown(knownOf(host.readLink(`${busEntryPath(address)}/driver`)), lastName);
}

/** The functions that a driver has just now. */
export function functionsOn(host: HostReader, driver: string): readonly PciAddress[] {
  const names = host.list(SYS_PATHS.pciDevices);
  const addresses = names === null || isFailure(names) ? [] : names.filter(isPciAddress);
  return addresses.filter((address) => readDriverNow(host, address) === driver);
}

/** What `driver_override` asks for just now: the kernel writes `(null)` for nothing. */
export function readOverrideNow(host: HostReader, address: PciAddress): Known<string> {
  const text = knownOf(host.readText(`${busEntryPath(address)}/driver_override`));
  return mapKnown(text, (raw) => parseDriverOverride(raw.trim()));
}

/** Whether a driver is registered with the PCI bus. */
export function isDriverRegistered(host: HostReader, driver: string): boolean {
  return host.exists(driverPath(driver));
}
