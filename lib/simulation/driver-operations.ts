import type { FunctionDirectory } from './function-directory.ts';
import { gap } from './gap.ts';
import { type Kernel, leavesDmaAlone } from './kernel.ts';
import { type Answer, type Call, type Operation, until } from './operation.ts';

/** The lock of one device. */
export function deviceLock(each: FunctionDirectory): string {
  return `device ${each.address}`;
}

/**
 * Releases a function from its driver, as `device_release_driver` (drivers/base/dd.c): the links are removed first,
 * then the driver's own part, which waits if a process holds the function through vfio. `inBetween` is the further
 * work of the driver.
 */
export function* release(
  kernel: Kernel,
  call: Call,
  each: FunctionDirectory,
  inBetween: (driver: string) => Operation<void> = function* none() {},
): Operation<void> {
  yield* call.lock(deviceLock(each));
  const { driver } = each;
  if (driver === null) return;
  kernel.rememberMade(each);
  each.hideDriverLinks();
  yield* inBetween(driver);
  yield* until(() => !kernel.holders.has(each.address));
  each.setDriver(null, false);
  each.hideMade();
  each.put('enable', '0');
  kernel.host.put(each.at('power_state'), { kind: 'unread' });
}

/** Binds a function to one driver, as a write to its `bind` (`device_driver_attach`). */
export function* bind(
  kernel: Kernel,
  call: Call,
  each: FunctionDirectory,
  driver: string,
): Operation<Answer> {
  if (!kernel.drivers.matches(each, driver)) return 'ENODEV';
  yield* call.lock(deviceLock(each));
  // The operation that was waited for may have removed it, bound it, or set another driver_override.
  if (kernel.find(each.address) !== each) return 'ENODEV';
  if (each.driver !== null) return 'EBUSY';
  const refusal = claimDma(kernel, each, driver);
  if (refusal !== null) return refusal;
  return kernel.drivers.matches(each, driver) ? attempt(kernel, each, driver) : 'ENODEV';
}

/**
 * Probes for a driver for a function, as `drivers_probe` and for a new one on the bus (`device_attach`). A driver
 * that refuses is skipped without an error; a group in use is a reason to refuse.
 */
export function* probe(kernel: Kernel, call: Call, each: FunctionDirectory): Operation<Answer> {
  if (each.driver !== null) return null;
  yield* call.lock(deviceLock(each));
  if (kernel.find(each.address) !== each || each.driver !== null) return null;
  for (const driver of kernel.drivers.candidates(each)) {
    const refusal = claimDma(kernel, each, driver);
    if (refusal !== null) return refusal;
    if (attempt(kernel, each, driver) === null) break;
  }
  return null;
}

/** The check before the driver is asked: a host driver needs exclusive DMA of the group. */
function claimDma(kernel: Kernel, each: FunctionDirectory, driver: string): Answer {
  kernel.groups.probe(each);
  return !leavesDmaAlone(driver) && kernel.isGroupHeld(each.address) ? 'EBUSY' : null;
}

/** The driver binds the function or returns an error. */
function attempt(kernel: Kernel, each: FunctionDirectory, driver: string): Answer {
  const refusal = refusalOf(kernel, each, driver);
  if (refusal !== null) return refusal;
  each.setDriver(driver, true);
  kernel.host.put(each.at('power_state'), { kind: 'unread' });
  const captured = kernel.captured(each.address);
  const isOfHost = !leavesDmaAlone(driver);
  if (isOfHost) each.put('enable', '1');
  if (captured !== undefined && captured.driver === driver) {
    const made = kernel.made(each.address);
    if (made !== undefined) each.revealMade(made);
    if (captured.totalVfs !== null) each.put('sriov_totalvfs', captured.totalVfs);
  } else if (isOfHost && each.ids.classCode?.startsWith('02') === true) {
    each.putInterface();
  }
  return null;
}

function refusalOf(kernel: Kernel, each: FunctionDirectory, driver: string): Answer {
  const pf = pfOf(kernel, each);
  // pci_device_can_probe: an override counts as a request for this device.
  if (pf?.text('sriov_drivers_autoprobe') === '0' && each.override === null) return 'ENODEV';
  if (driver === 'vfio-pci') {
    if (kernel.isBridge(each)) return 'EINVAL';
    if (Number(each.text('sriov_numvfs') ?? 0) > 0) return 'EBUSY';
    if (kernel.groups.numberOf(each.address) === null) return 'EINVAL';
  }
  // The secondary controllers of a drive are offline until its administrator enables them (NVMe 1.3, 8.5).
  if (driver === 'nvme' && pf !== undefined) return 'ENODEV';
  if (!kernel.drivers.isKnownToTake(each, driver)) {
    throw gap(each.address, `whether ${driver} takes a device that is not known to be one of its own`);
  }
  return null;
}

function pfOf(kernel: Kernel, each: FunctionDirectory): FunctionDirectory | undefined {
  const target = kernel.host.readLink(each.at('physfn'));
  return typeof target === 'string' ? kernel.find(target.slice(target.lastIndexOf('/') + 1)) : undefined;
}
