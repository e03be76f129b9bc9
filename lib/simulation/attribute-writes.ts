import { isFailure, type Reading } from '../host/host-reader.ts';
import type { PciAddress } from '../pci/address.ts';
import { kernelRomSize } from '../pci/rom/option-rom.ts';
import { isPassthroughDriver } from '../pci/vfio-state.ts';
import { readKernelVersion } from '../sysfs/kernel-release.ts';
import { driverPath, lastName, SYS_PATHS } from '../sysfs/paths.ts';
import { nameIn, parseSwitch, parseUnsigned } from './attribute-values.ts';
import { bind, deviceLock, probe } from './driver-operations.ts';
import { directoryAbove, type FunctionDirectory } from './function-directory.ts';
import { gap } from './gap.ts';
import { remove, rescan } from './hotplug-operations.ts';
import type { Kernel } from './kernel.ts';
import type { Answer, Call, Operation } from './operation.ts';
import { romSwitch } from './rom-switch.ts';
import { setNumVfs, unbind } from './sriov-operations.ts';

/** The effect of a write to an attribute: immediate, or an operation that may have to wait. */
type Store = (kernel: Kernel, call: Call, text: string) => Answer | Operation<Answer>;

// A page of text, without its end.
const MAX_OVERRIDE_BYTES = 4094;

/** The effect of a write to a path, `null` if writes to the path are not simulated. The path contains no links. */
export function storeOf(kernel: Kernel, path: string): Store | null {
  const directory = directoryAbove(path);
  const name = lastName(path);
  if (directory === SYS_PATHS.pciBus) return BUS_STORES[name] ?? null;
  if (directoryAbove(directory) === SYS_PATHS.pciDrivers) return driverStore(lastName(directory), name);
  const each = kernel.find(lastName(directory));
  if (each === undefined || each.path !== directory || !hasAttribute(each, name)) return null;
  const store = FUNCTION_STORES[name];
  return store === undefined ? null : (_, call, text) => store(kernel, call, each, text);
}

/** Whether a function has the attribute; a capture need not contain one that can only be written. */
function hasAttribute(each: FunctionDirectory, name: string): boolean {
  // VFs do not have these: they come and go with their PF.
  return name === 'remove' || name === 'rescan' ? !each.has('physfn') : each.has(name);
}

const BUS_STORES: Readonly<Record<string, Store>> = {
  *drivers_probe(kernel, call, text) {
    const each = kernel.find(nameIn(text));
    if (each === undefined) return 'ENODEV';
    // drivers_probe_store returns EINVAL for every failure.
    return (yield* probe(kernel, call, each)) === null ? null : 'EINVAL';
  },
  *rescan(kernel, call, text) {
    const value = parseUnsigned(text);
    if (value === null) return 'EINVAL';
    if (value !== 0) yield* rescan(kernel, call, SYS_PATHS.deviceTree);
    return null;
  },
};

function driverStore(driver: string, name: string): Store | null {
  if (name === 'bind') {
    return function* store(kernel, call, text) {
      const each = kernel.find(nameIn(text));
      return each === undefined ? 'ENODEV' : yield* bind(kernel, call, each, driver);
    };
  }
  if (name !== 'unbind') return null;
  return function* store(kernel, call, text) {
    const each = kernel.find(nameIn(text));
    if (each === undefined || each.driver !== driver) return 'ENODEV';
    yield* unbind(kernel, call, each);
    return null;
  };
}

type FunctionStore = (
  kernel: Kernel,
  call: Call,
  each: FunctionDirectory,
  text: string,
) => Answer | Operation<Answer>;

const FUNCTION_STORES: Readonly<Record<string, FunctionStore>> = {
  driver_override(_kernel, _call, each, text) {
    if (new TextEncoder().encode(text).length > MAX_OVERRIDE_BYTES) return 'EINVAL';
    const [value = ''] = text.split('\n');
    each.override = value === '' ? null : value;
    return null;
  },
  sriov_numvfs: setNumVfs,
  sriov_drivers_autoprobe(_kernel, _call, each, text) {
    const value = parseSwitch(text);
    if (value === null) return 'EINVAL';
    each.put('sriov_drivers_autoprobe', value ? '1' : '0');
    return null;
  },
  *remove(kernel, call, each, text) {
    const value = parseUnsigned(text);
    if (value === null) return 'EINVAL';
    if (value !== 0) yield* remove(kernel, call, each);
    return null;
  },
  *rescan(kernel, call, each, text) {
    const value = parseUnsigned(text);
    if (value === null) return 'EINVAL';
    if (value !== 0) yield* rescan(kernel, call, directoryAbove(each.path));
    return null;
  },
  rom(kernel, _call, each, text) {
    const to = romSwitch(text, readKernelVersion(kernel.host));
    if (to === null) throw gap(each.address, 'whether this disables a ROM depends on the kernel');
    if (to === 'EINVAL') return to;
    if (to === 'off') kernel.openRoms.delete(each.address);
    else kernel.openRoms.add(each.address);
    return null;
  },
  *reset(_kernel, call, each, text) {
    if (parseUnsigned(text) !== 1) return 'EINVAL';
    yield* call.lock(deviceLock(each));
    if (each.driver === 'igbvf') throw gap(each.address, 'igbvf sometimes does not recover from a reset');
    // pci_reset_function: if every method was removed from the list, there is none to try.
    return each.text('reset_method') === '' ? 'ENOTTY' : null;
  },
};

/** The attribute that cannot be read while a write to it, or the release of the driver, is running. */
export function isBlockedRead(kernel: Kernel, path: string): boolean {
  if (lastName(path) !== 'sriov_numvfs') return false;
  const pf = kernel.find(lastName(directoryAbove(path)) as PciAddress);
  return pf !== undefined && kernel.calls.isLocked(deviceLock(pf));
}

/**
 * The result of reading the ROM at a path: EINVAL until it is enabled, then its images, EIO if there are none.
 * `undefined` for any other path.
 */
export function readRom(kernel: Kernel, path: string): Reading<Uint8Array> | undefined {
  const each = lastName(path) === 'rom' ? kernel.find(lastName(directoryAbove(path))) : undefined;
  if (each === undefined || !each.has('rom')) return undefined;
  if (!kernel.openRoms.has(each.address)) return { unknown: 'broken', detail: 'EINVAL' };
  // A snapshot does not show whether vfio-pci has put it to sleep, and contains no ROM, unless a test adds one.
  const window = kernel.host.readBytes(path);
  const isTold = window !== null && !isFailure(window) && !isPassthroughDriver(each.driver ?? '');
  if (!isTold) return { unknown: 'unread', detail: 'does not follow from the snapshot' };
  const sizeBytes = kernelRomSize(window);
  return sizeBytes === 0 ? { unknown: 'broken', detail: 'EIO' } : window.subarray(0, sizeBytes);
}

/** Whether a path is in the directory of a driver that is not registered, or of none. */
export function isOfUnknownDriver(kernel: Kernel, path: string): boolean {
  const directory = directoryAbove(path);
  const driver = lastName(directory);
  return directory === driverPath(driver) && !kernel.drivers.isRegistered(driver);
}
