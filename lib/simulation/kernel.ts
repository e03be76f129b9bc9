import type { HostReader } from '../host/host-reader.ts';
import { isFailure } from '../host/host-reader.ts';
import { isPciAddress, type PciAddress } from '../pci/address.ts';
import { isPassthroughDriver } from '../pci/vfio-state.ts';
import { parseUevent } from '../sysfs/device/uevent.ts';
import { busEntryPath, resolveBusEntry, SYS_PATHS } from '../sysfs/paths.ts';
import { DriverTable } from './driver-table.ts';
import { type CapturedMade, FunctionDirectory } from './function-directory.ts';
import { gap } from './gap.ts';
import { GroupTable } from './group-table.ts';
import { Calls } from './operation.ts';
import { OverlayHost } from './overlay-host.ts';

/** The facts about a function from the capture. */
interface Captured {
  readonly path: string;
  readonly driver: string | null;
  readonly totalVfs: string | null;
}

/** The shared state of the simulated operations: the bus, the drivers, the groups, and the holders. */
export class Kernel {
  readonly host: OverlayHost;
  readonly drivers: DriverTable;
  readonly groups: GroupTable;
  readonly calls = new Calls();
  /** The holder of a function through vfio: only one at a time. */
  readonly holders = new Map<PciAddress, symbol>();
  /** The functions whose ROMs are enabled for reading. */
  readonly openRoms = new Set<PciAddress>();
  /** The functions that were removed from the bus and can be found again. */
  readonly removed = new Map<PciAddress, string>();
  readonly #functions = new Map<PciAddress, FunctionDirectory>();
  readonly #captured = new Map<PciAddress, Captured>();
  readonly #made = new Map<PciAddress, CapturedMade>();

  constructor(base: HostReader) {
    this.host = new OverlayHost(base);
    for (const each of this.#list()) {
      this.#functions.set(each.address, each);
      this.#captured.set(each.address, {
        path: each.path,
        driver: each.driver,
        totalVfs: each.text('sriov_totalvfs'),
      });
    }
    const functions = [...this.#functions.values()];
    this.drivers = new DriverTable(this.host, functions);
    this.groups = new GroupTable(this.host, functions);
    const registered = this.host.list(SYS_PATHS.pciDrivers);
    const hasDrivers = registered !== null && !isFailure(registered);
    // A capture reads the driver of a function from `uevent`, and may not contain the links.
    for (const each of functions) if (hasDrivers && each.driver !== null) each.setDriver(each.driver, true);
  }

  /** The function at an address on the bus, `undefined` if there is none. */
  find(address: string): FunctionDirectory | undefined {
    return isPciAddress(address) ? this.#functions.get(address) : undefined;
  }

  /** Every function on the bus, parents before the functions behind them. */
  all(): readonly FunctionDirectory[] {
    return [...this.#functions.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** The functions behind a bridge, then the bridge itself. */
  subtree(path: string): readonly FunctionDirectory[] {
    return this.all().filter((each) => each.path === path || each.path.startsWith(`${path}/`));
  }

  captured(address: PciAddress): Captured | undefined {
    return this.#captured.get(address);
  }

  /** Saves the objects of a function's driver before its first release. */
  rememberMade(each: FunctionDirectory): void {
    const { address, driver } = each;
    if (driver === this.#captured.get(address)?.driver && !this.#made.has(address)) {
      this.#made.set(address, each.made());
    }
  }

  /** The objects of a function's captured driver, if it was released since. */
  made(address: PciAddress): CapturedMade | undefined {
    return this.#made.get(address);
  }

  addToBus(address: PciAddress, path: string): FunctionDirectory {
    const each = new FunctionDirectory(this.host, address, path);
    this.#functions.set(address, each);
    each.putOnBus();
    return each;
  }

  dropFromBus(each: FunctionDirectory): void {
    each.hideFromBus();
    this.#functions.delete(each.address);
    this.openRoms.delete(each.address);
  }

  /** The VFs of a PF, in the order of their index, by its links. */
  virtualFunctions(pf: FunctionDirectory): readonly PciAddress[] {
    const found: PciAddress[] = [];
    for (;;) {
      const target = this.host.readLink(pf.at(`virtfn${found.length}`));
      const name = typeof target === 'string' ? target.slice(target.lastIndexOf('/') + 1) : '';
      if (!isPciAddress(name)) return found;
      found.push(name);
    }
  }

  /** Whether a process holds a function of the group through vfio, which excludes host drivers. */
  isGroupHeld(address: PciAddress): boolean {
    const group = this.groups.numberOf(address);
    return group !== null && this.groups.members(group).some((member) => this.holders.has(member));
  }

  /** Whether vfio would allow a process to open this function: no member of its group is on a host driver. */
  isViable(address: PciAddress): boolean {
    const group = this.groups.numberOf(address);
    if (group === null || this.find(address)?.driver === null) return false;
    return this.groups.members(group).every((member) => leavesDmaAlone(this.find(member)?.driver ?? null));
  }

  /** Whether a function has the header of a bridge. */
  isBridge(each: FunctionDirectory): boolean {
    const config = this.host.readBytes(each.at('config'));
    if (config === null || isFailure(config)) return each.ids.classCode?.startsWith('0604') ?? false;
    return ((config[0x0e] ?? 0) & 0x7f) !== 0;
  }

  *#list(): Iterable<FunctionDirectory> {
    const names = this.host.list(SYS_PATHS.pciDevices);
    if (names === null || isFailure(names))
      throw gap(SYS_PATHS.pciDevices, 'the PCI bus is not in the snapshot');
    for (const name of names.filter(isPciAddress)) {
      const entry = busEntryPath(name);
      const target = this.host.readLink(entry);
      const path = typeof target === 'string' ? resolveBusEntry(entry, target) : null;
      const uevent = path === null ? null : this.host.readText(`${path}/uevent`);
      // A broken entry cannot be changed, and does not affect others.
      if (path === null || typeof uevent !== 'string' || parseUevent(uevent, new Map()).ids.vendorId === null)
        continue;
      yield new FunctionDirectory(this.host, name, path);
    }
  }
}

/** Whether a driver, or the absence of one, leaves the DMA of its group to its holder (`driver_managed_dma`). */
export function leavesDmaAlone(driver: string | null): boolean {
  return driver === null || /^(pcieport|shpchp)$/.test(driver) || isPassthroughDriver(driver);
}
