import { type HostReader, isFailure } from '../host/host-reader.ts';
import type { PciAddress } from '../pci/address.ts';
import { isPassthroughDriver } from '../pci/vfio-state.ts';
import { matchModuleAliases } from '../sysfs/device/module-aliases.ts';
import { readRegisteredDrivers } from '../sysfs/device/registered-drivers.ts';
import { readAliasesPath } from '../sysfs/kernel-release.ts';
import type { FunctionDirectory } from './function-directory.ts';
import { gap } from './gap.ts';

// They bind every device whose driver_override names them.
const TAKES_ANYTHING: ReadonlySet<string> = new Set(['vfio-pci', 'pci-stub']);

/** The driver of a function when the host was captured, without an override. */
interface CapturedBond {
  readonly driver: string;
  readonly modalias: string | null;
}

/**
 * The registered drivers, and which of them match a function. The ids of a driver are not in sysfs, so they are
 * derived from the aliases of its module, and from the devices that were bound to it when the host was captured.
 */
export class DriverTable {
  readonly #host: HostReader;
  readonly #modules = new Map<string, string | null>();
  readonly #bonds = new Map<PciAddress, CapturedBond>();
  readonly #isComplete: boolean;

  constructor(host: HostReader, functions: readonly FunctionDirectory[]) {
    this.#host = host;
    const registered = readRegisteredDrivers(host);
    this.#isComplete = registered !== null && !isFailure(registered);
    if (registered !== null && !isFailure(registered)) {
      for (const { name, module } of registered) this.#modules.set(name, module);
    }
    for (const each of functions) {
      const { driver } = each;
      if (driver === null) continue;
      if (!this.#modules.has(driver)) this.#modules.set(driver, null);
      const isForced = each.override !== null || TAKES_ANYTHING.has(driver);
      if (!isForced) this.#bonds.set(each.address, { driver, modalias: each.text('modalias') });
    }
  }

  isRegistered(driver: string): boolean {
    if (this.#modules.has(driver)) return true;
    if (!this.#isComplete) throw gap(driver, 'the snapshot does not contain all registered drivers');
    return false;
  }

  /** Registers a driver; its module has its name, as the kernel writes names of modules. */
  register(driver: string): string {
    const module = driver.replaceAll('-', '_');
    this.#modules.set(driver, module);
    return module;
  }

  unregister(driver: string): void {
    this.#modules.delete(driver);
  }

  /** Whether the bus would offer the function to this driver, as `pci_match_device` in the kernel. */
  matches(each: FunctionDirectory, driver: string): boolean {
    const { override } = each;
    if (override !== null) return override === driver;
    return this.#listed(each).includes(driver);
  }

  /** The drivers to which the bus would offer it, in order. */
  candidates(each: FunctionDirectory): readonly string[] {
    const { override } = each;
    if (override !== null) return this.isRegistered(override) ? [override] : [];
    const captured = this.#bonds.get(each.address)?.driver;
    // Others may be asked before it, and refused then as they would now.
    if (captured !== undefined) return [captured];
    const listed = this.#listed(each);
    if (listed.length > 1) {
      throw gap(each.address, `the snapshot does not show which of ${listed.join(', ')} binds it`);
    }
    return listed;
  }

  /** Whether a driver is known to accept the function, with or without an override. */
  isKnownToTake(each: FunctionDirectory, driver: string): boolean {
    if (TAKES_ANYTHING.has(driver)) return true;
    // Drivers may refuse a device in their list: 8139too leaves the newer cards to 8139cp.
    const captured = this.#bonds.get(each.address)?.driver;
    if (captured !== undefined) return captured === driver;
    if (this.#listed(each).includes(driver)) return true;
    return isPassthroughDriver(driver) && this.#aliasModules(each, true).includes(this.#moduleOf(driver));
  }

  /** The registered drivers whose list of ids contains the function. */
  #listed(each: FunctionDirectory): readonly string[] {
    const modalias = each.text('modalias');
    const found = new Set<string>();
    for (const [address, bond] of this.#bonds) {
      if (address === each.address || (modalias !== null && bond.modalias === modalias))
        found.add(bond.driver);
    }
    const modules = this.#aliasModules(each, false);
    for (const [driver, module] of this.#modules) {
      if (module !== null && modules.includes(module)) found.add(driver);
    }
    return [...found].sort();
  }

  #aliasModules(each: FunctionDirectory, ofVfio: boolean): readonly string[] {
    const modalias = each.text('modalias');
    const path = readAliasesPath(this.#host);
    if (modalias === null || path === null || isFailure(path)) return [];
    const matches = matchModuleAliases(this.#host, path, modalias);
    if (matches === null) return [];
    if (isFailure(matches)) throw gap(each.address, 'the snapshot does not contain the modules for its ids');
    return matches.filter(({ isVfioVariant }) => isVfioVariant === ofVfio).map(({ module }) => module);
  }

  #moduleOf(driver: string): string {
    return this.#modules.get(driver) ?? driver.replaceAll('-', '_');
  }
}
