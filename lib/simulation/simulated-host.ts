import type { DeviceNumber, FileStatus, HostReader, Reading } from '../host/host-reader.ts';
import { isFailure } from '../host/host-reader.ts';
import { type HostWriter, MAX_WRITE_BYTES, type Writing } from '../host/host-writer.ts';
import type { PciAddress } from '../pci/address.ts';
import { isPassthroughDriver } from '../pci/vfio-state.ts';
import { driverPath, lastName } from '../sysfs/paths.ts';
import { isBlockedRead, isOfUnknownDriver, readRom, storeOf } from './attribute-writes.ts';
import { probe, release } from './driver-operations.ts';
import { gap } from './gap.ts';
import { Kernel } from './kernel.ts';

// Files that no user can write in the kernel, including root; others may be writable on some kernels.
const READ_ONLY =
  /^(vendor|device|subsystem_(vendor|device)|class|revision|modalias|resource|irq|local_cpu(s|list)|power_state|(current|max)_link_(speed|width)|sriov_(totalvfs|offset|stride|vf_device|vf_total_msix)|boot_vga|label|(secondary|subordinate)_bus_number|ari_enabled|dma_mask_bits|reserved_regions|osrelease)$/;

/**
 * A captured host that responds to writes as the Linux kernel (6.12) does: drivers bind and release devices, VFs come
 * and go, functions are removed and found again, and groups and links follow. It has no timer and no threads: a write
 * that would block returns `blocked` immediately, and takes effect when its condition holds.
 *
 * If the answer of the kernel does not follow from the capture, `write` and {@link loadDriver} throw `NOT_SIMULATED`;
 * a write may then be incomplete, and the host must not be used further.
 *
 * Not simulated: `new_id`, `remove_id`, `reset_method`, and reactions of user space. So drivers are not loaded for
 * new devices, and network interfaces that were not captured have the kernel's names.
 */
export class SimulatedHost implements HostReader, HostWriter {
  readonly label: string;
  readonly #kernel: Kernel;

  /**
   * @param base the host before the first write; it is read again for everything that no write has changed
   * @throws PortalGunError NOT_SIMULATED if it has no PCI bus
   */
  constructor(base: HostReader) {
    this.label = base.label;
    this.#kernel = new Kernel(base);
  }

  /** @throws PortalGunError NOT_SIMULATED */
  async write(path: string, text: string): Promise<Writing> {
    const kernel = this.#kernel;
    if (new TextEncoder().encode(text).length > MAX_WRITE_BYTES) return { failed: 'E2BIG' };
    const at = kernel.host.canonical(path, false);
    if (at === null) return { failed: 'ELOOP' };
    const store = isOfUnknownDriver(kernel, at) ? null : storeOf(kernel, at);
    if (store === null) return { failed: this.#refusal(at) };
    // sysfs_kf_write: an empty write does nothing.
    if (text === '') return 'written';
    const answer = kernel.calls.run((call) => store(kernel, call, text));
    return answer === 'blocked' ? answer : answer === null ? 'written' : { failed: answer };
  }

  /**
   * Lets a process hold functions through vfio, as a VM does, until the returned function is called. `null` if vfio
   * refuses: one is not on a VFIO driver, is already held, or its group is not viable.
   */
  hold(addresses: readonly PciAddress[]): (() => void) | null {
    const kernel = this.#kernel;
    const holder = Symbol();
    const canHold = (address: PciAddress): boolean => {
      const driver = kernel.find(address)?.driver ?? null;
      return (
        driver !== null && isPassthroughDriver(driver) && driver !== 'pci-stub' && kernel.isViable(address)
      );
    };
    // Only one process can have a group.
    if (!addresses.every((address) => canHold(address) && !kernel.isGroupHeld(address))) return null;
    for (const address of addresses) kernel.holders.set(address, holder);
    return () => {
      for (const [address, each] of [...kernel.holders]) if (each === holder) kernel.holders.delete(address);
      kernel.calls.resume();
    };
  }

  /**
   * Registers a driver, as loading its module does: it binds the matching functions without a driver. A registered
   * driver is not changed.
   *
   * @throws PortalGunError NOT_SIMULATED
   */
  loadDriver(driver: string): void {
    const kernel = this.#kernel;
    if (kernel.drivers.isRegistered(driver)) return;
    const module = kernel.drivers.register(driver);
    kernel.host.putLink(`${driverPath(driver)}/module`, `/sys/module/${module}`);
    for (const each of kernel.all()) {
      if (each.driver !== null || !kernel.drivers.matches(each, driver)) continue;
      kernel.calls.run((call) => probe(kernel, call, each));
    }
  }

  /**
   * Removes a driver, as removing its module does: its functions have no driver then. `false` if one of them is held:
   * the kernel refuses to remove a module in use.
   */
  unloadDriver(driver: string): boolean {
    const kernel = this.#kernel;
    const bound = kernel.all().filter((each) => each.driver === driver);
    if (bound.some(({ address }) => kernel.holders.has(address))) return false;
    for (const each of bound) {
      kernel.calls.run(function* leave(call) {
        yield* release(kernel, call, each);
        return null;
      });
    }
    kernel.drivers.unregister(driver);
    kernel.host.hide(driverPath(driver));
    return true;
  }

  readBytes(path: string): Reading<Uint8Array> {
    const at = this.#kernel.host.canonical(path, false);
    const rom = at === null ? undefined : readRom(this.#kernel, at);
    return rom !== undefined ? rom : (this.#blocked(path) ?? this.#kernel.host.readBytes(path));
  }

  readText(path: string): Reading<string> {
    return this.#blocked(path) ?? this.#kernel.host.readText(path);
  }

  readLink(path: string): Reading<string> {
    return this.#kernel.host.readLink(path);
  }

  list(path: string): Reading<readonly string[]> {
    return this.#kernel.host.list(path);
  }

  status(path: string): Reading<FileStatus> {
    return this.#kernel.host.status(path);
  }

  deviceNumber(path: string): Reading<DeviceNumber> {
    return this.#kernel.host.deviceNumber(path);
  }

  exists(path: string): boolean {
    return this.#kernel.host.exists(path);
  }

  readLines(path: string, prefixes: readonly string[]): Reading<readonly string[]> {
    return this.#kernel.host.readLines(path, prefixes);
  }

  readTable(path: string): Reading<string> {
    return this.#kernel.host.readTable(path);
  }

  /** A read that would not return from the kernel until its blocker ends. */
  #blocked(path: string) {
    const at = this.#kernel.host.canonical(path, false);
    if (at === null || !isBlockedRead(this.#kernel, at)) return undefined;
    return { unknown: 'broken', detail: 'the kernel would block the read' } as const;
  }

  /** Why a path cannot be opened for writing. */
  #refusal(at: string): string {
    const { host } = this.#kernel;
    if (typeof host.readLink(at) === 'string') return 'ELOOP';
    // A capture does not list driver directories.
    if (Array.isArray(host.list(at)) || (isOfDriver(at) && host.exists(at))) return 'EISDIR';
    if (!host.exists(at)) {
      const reading = host.readText(at);
      if (reading === null || !isFailure(reading)) return 'ENOENT';
      throw gap(at, 'the snapshot does not show whether it exists');
    }
    if (READ_ONLY.test(lastName(at))) return 'EACCES';
    throw gap(at, 'a write to it is not simulated');
  }
}

/** Whether a path has the form of a driver directory. */
function isOfDriver(at: string): boolean {
  return at === driverPath(lastName(at));
}
