import { type AssignedState, addressOf } from '../libvirt/assignment/assignment.ts';
import type { PciAddress } from '../pci/address.ts';
import type { Change } from './change.ts';

/** The two states of a change: that it leads to, and that it came from. */
export type Direction = 'to' | 'from';

/**
 * The functions that a change takes when it goes in a direction; `null` for one that names none, such as a file, which
 * depends on all that its plan is about.
 */
export function concernedFunctions(change: Change, direction: Direction): readonly PciAddress[] | null {
  switch (change.kind) {
    case 'driver':
    case 'vfs':
    case 'link':
      return [change.address];
    case 'attachment':
      // A machine gives a device up by its alias.
      return change[direction] === null ? [] : [change.address];
    case 'assignment':
      return addedDevices(change.from, change.to, direction).flatMap((device) => addressOf(device) ?? []);
    case 'category':
      return [];
    case 'module':
    case 'file':
    case 'initramfs':
    case 'boot-loader':
      // What was there before is put back whatever became of the devices.
      return direction === 'to' ? null : [];
  }
}

/** The devices that a definition has in the state of a direction and not in the other one. */
export function addedDevices(
  from: AssignedState,
  to: AssignedState,
  direction: Direction,
): AssignedState['devices'] {
  const [goal, other] = direction === 'to' ? [to, from] : [from, to];
  return goal.devices.filter(
    (device) => !other.devices.some((each) => addressOf(each) === addressOf(device)),
  );
}
