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

/** What is known of a function from when the host was captured. */
interface Captured {
  readonly path: string;
  readonly driver: string | null;
  readonly totalVfs: string | null;
}

/** The state that the simulated operations share: the bus, the drivers, the groups, and who holds what. */
export class Kernel {
  readonly host: OverlayHost;
  readonly drivers: DriverTable;
  readonly groups: GroupTable;
  readonly calls = new Calls();
  /** Who holds a function through vfio: it can be held by one alone. */
  readonly holders = new Map<PciAddress, symbol>();
  /** The functions whose ROMs are switched on for reading. */
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
    // Capturing takes the driver of a function from `uevent`, and may not look at the links.
    for (const each of functions) if (hasDrivers && each.driver !== null) each.setDriver(each.driver, true);
  }

  /** The function at an address that is on the bus, `undefined` where there is none. */
  find(address: string): FunctionDirectory | undefined {
    return isPciAddress(address) ? this.#functions.get(address) : undefined;
  }

  /** Every function on the bus, those above before those behind them. */
  all(): readonly FunctionDirectory[] {
    return [...this.#functions.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** The functions behind a bridge, and the bridge itself, in that order. */
  subtree(path: string): readonly FunctionDirectory[] {
    return this.all().filter((each) => each.path === path || each.path.startsWith(`${path}/`));
  }

  captured(address: PciAddress): Captured | undefined {
    return this.#captured.get(address);
  }

  /** Keeps in mind what the driver of a function made, before it goes for the first time. */
  rememberMade(each: FunctionDirectory): void {
    const { address, driver } = each;
    if (driver === this.#captured.get(address)?.driver && !this.#made.has(address)) {
      this.#made.set(address, each.made());
    }
  }

  /** What the captured driver of a function had made, where it went since. */
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

  /** Whether a process holds a function of the group through vfio, which then keeps host drivers out of it. */
  isGroupHeld(address: PciAddress): boolean {
    const group = this.groups.numberOf(address);
    return group !== null && this.groups.members(group).some((member) => this.holders.has(member));
  }

  /** Whether vfio would let a process have this function: no member of its group is on a driver of the host. */
  isViable(address: PciAddress): boolean {
    const group = this.groups.numberOf(address);
    if (group === null || this.find(address)?.driver === null) return false;
    return this.groups.members(group).every((member) => leavesDmaAlone(this.find(member)?.driver ?? null));
  }

  /** Whether a function has a bridge's header. */
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
      // An entry that leads nowhere can't be changed, and keeps no other from being.
      if (path === null || typeof uevent !== 'string' || parseUevent(uevent, new Map()).ids.vendorId === null)
        continue;
      yield new FunctionDirectory(this.host, name, path);
    }
  }
}

/** Whether a driver, or having none, leaves the DMA of its group to whoever holds it (`driver_managed_dma`). */
export function leavesDmaAlone(driver: string | null): boolean {
  return driver === null || /^(pcieport|shpchp)$/.test(driver) || isPassthroughDriver(driver);
}
