import { lastName } from '../sysfs/paths.ts';
import { probe } from './driver-operations.ts';
import { bridgeAbove, directoryAbove, type FunctionDirectory } from './function-directory.ts';
import { gap } from './gap.ts';
import type { Kernel } from './kernel.ts';
import type { Call, Operation } from './operation.ts';
import { BUS_LOCK, leavesOrphans, unbind } from './sriov-operations.ts';

/** Removes a function from the bus, with everything behind it (`pci_stop_and_remove_bus_device_locked`). */
export function* remove(kernel: Kernel, call: Call, each: FunctionDirectory): Operation<void> {
  for (const one of kernel.subtree(each.path)) {
    if (leavesOrphans(one))
      throw gap(one.address, 'removing a PF whose driver leaves its VFs is not simulated');
  }
  yield* call.lock(BUS_LOCK);
  // All drivers are released before any function is removed, those behind a bridge before its own.
  for (const one of backwards(kernel, each)) yield* unbind(kernel, call, one);
  for (const one of backwards(kernel, each)) {
    kernel.groups.leave(one);
    kernel.dropFromBus(one);
    kernel.removed.set(one.address, one.path);
  }
}

/**
 * Searches removed functions that are still present, on the bus of a directory and on those behind it
 * (`pci_rescan_bus`): they return in the state of the firmware, and drivers bind them.
 */
export function* rescan(kernel: Kernel, call: Call, directory: string): Operation<void> {
  yield* call.lock(BUS_LOCK);
  const found = [...kernel.removed]
    .filter(([, path]) => path.startsWith(`${directory}/`))
    .sort(([, a], [, b]) => (a < b ? -1 : 1));
  const added: FunctionDirectory[] = [];
  for (const [address, path] of found) {
    const bridge = bridgeAbove(path);
    // Behind a bridge that is removed itself, and is not found from here.
    if (bridge !== null && kernel.find(lastName(bridge)) === undefined) continue;
    kernel.removed.delete(address);
    kernel.host.reveal(path);
    const each = kernel.addToBus(address, path);
    reset(kernel, each);
    kernel.groups.enumerate(each, null);
    added.push(each);
  }
  for (const each of added) yield* probe(kernel, call, each);
}

/** A new function on the bus has none of its earlier state. */
function reset(kernel: Kernel, each: FunctionDirectory): void {
  const { host } = kernel;
  each.hideMade();
  each.hideDriverLinks();
  each.setDriver(null, false);
  if (each.has('driver_override')) each.override = null;
  host.hide(each.at('iommu_group'));
  if (!each.has('sriov_numvfs')) return;
  for (const [index, address] of kernel.virtualFunctions(each).entries()) {
    host.hide(each.at(`virtfn${index}`));
    host.hide(`${directoryAbove(each.path)}/${address}`);
  }
  each.put('sriov_numvfs', '0');
  if (each.has('sriov_drivers_autoprobe')) each.put('sriov_drivers_autoprobe', '1');
}

function backwards(kernel: Kernel, each: FunctionDirectory): readonly FunctionDirectory[] {
  return [...kernel.subtree(each.path)].reverse();
}
