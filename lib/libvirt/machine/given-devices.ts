import type { PciAddress } from '../../pci/address.ts';
import type { KnownMachine } from './read-machines.ts';
import { mayTake, takesForSure } from './taken-functions.ts';

type Documents = Pick<KnownMachine, 'definition' | 'live'>;

/** Whether a VM has, or may have, a device in its definition or now, in any form and from any program. */
export function givenTo({ definition, live }: Documents, address: PciAddress): boolean {
  return [definition, live].some(
    (each) => each?.machine.devices.some((device) => mayTake(device, address)) === true,
  );
}

/** Whether a VM has, or may have, a device now, in any form and from any program. */
export function mayHaveNow({ live }: Pick<Documents, 'live'>, address: PciAddress): boolean {
  return live?.machine.devices.some((device) => mayTake(device, address)) === true;
}

/** Whether a VM has a device now, by its address. */
export function hasNow({ live }: Pick<Documents, 'live'>, address: PciAddress): boolean {
  return live?.machine.devices.some((device) => takesForSure(device, address)) === true;
}
