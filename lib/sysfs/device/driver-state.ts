import { BROKEN, type Known, mapKnown } from '../../base/known.ts';
import { type HostReader, isFailure, knownOf } from '../../host/host-reader.ts';
import { isPciAddress, type PciAddress } from '../../pci/address.ts';
import { busEntryPath, driverPath, lastName, modulePath, SYS_PATHS } from '../paths.ts';
import { parseCount, parseDriverOverride, parseFlag } from './attribute-parsers.ts';

/** Whether a function is on the PCI bus. */
export function isOnBus(host: HostReader, address: PciAddress): boolean {
  return host.exists(busEntryPath(address));
}

/** The current driver of a function, by its link `driver`. */
export function readDriverNow(host: HostReader, address: PciAddress): Known<string> {
  return mapKnown(knownOf(host.readLink(`${busEntryPath(address)}/driver`)), lastName);
}

/** The functions that are bound to a driver now. */
export function functionsOn(host: HostReader, driver: string): readonly PciAddress[] {
  const names = host.list(SYS_PATHS.pciDevices);
  const addresses = names === null || isFailure(names) ? [] : names.filter(isPciAddress);
  return addresses.filter((address) => readDriverNow(host, address) === driver);
}

/** The current `driver_override`: the kernel writes `(null)` for none. */
export function readOverrideNow(host: HostReader, address: PciAddress): Known<string> {
  const text = knownOf(host.readText(`${busEntryPath(address)}/driver_override`));
  return mapKnown(text, (raw) => parseDriverOverride(raw.trim()));
}

/** The current number of VFs of a PF, whether the kernel probes for their drivers, and the address of each VF. */
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
  /** `null` if there is no VF with that index. */
  addressOf(index: number): PciAddress | null;
}

/** Whether a driver is registered with the PCI bus. */
export function isDriverRegistered(host: HostReader, driver: string): boolean {
  return host.exists(driverPath(driver));
}

/** Whether a module is loaded, or built in with its own parameters: it has a directory in `/sys/module`. */
export function isModuleLoaded(host: HostReader, module: string): boolean {
  return host.exists(modulePath(module));
}
