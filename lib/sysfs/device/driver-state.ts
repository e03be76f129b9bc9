import { BROKEN, type Known, mapKnown } from '../../base/known.ts';
import { type HostReader, isFailure, knownOf } from '../../host/host-reader.ts';
import { isPciAddress, type PciAddress } from '../../pci/address.ts';
import { busEntryPath, driverPath, lastName, modulePath, SYS_PATHS } from '../paths.ts';
import { parseCount, parseDriverOverride, parseFlag } from './attribute-parsers.ts';

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

/** How many VFs a PF has just now, whether the kernel looks for drivers for them, and where each of them is. */
export function readVfsNow(host: HostReader, address: PciAddress): VfsNow {
  const path = busEntryPath(address);
  const count = mapKnown(
    knownOf(host.readText(`${path}/sriov_numvfs`)),
    (raw) => parseCount(raw.trim()) ?? BROKEN,
  );
  const autoprobe = mapKnown(
    knownOf(host.readText(`${path}/sriov_drivers_autoprobe`)),
    (raw) => parseFlag(raw.trim()) ?? BROKEN,
  );
  return {
    count,
    autoprobe,
    addressOf(index) {
      const name = mapKnown(knownOf(host.readLink(`${path}/virtfn${index}`)), lastName);
      return typeof name === 'string' && isPciAddress(name) ? name : null;
    },
  };
}

export interface VfsNow {
  readonly count: Known<number>;
  readonly autoprobe: Known<boolean>;
  /** `null` where there is no VF of that index. */
  addressOf(index: number): PciAddress | null;
}

/** Whether a driver is registered with the PCI bus. */
export function isDriverRegistered(host: HostReader, driver: string): boolean {
  return host.exists(driverPath(driver));
}

/** Whether a module is loaded, or part of the kernel with parameters of its own: it has a directory in `/sys/module`. */
export function isModuleLoaded(host: HostReader, module: string): boolean {
  return host.exists(modulePath(module));
}
