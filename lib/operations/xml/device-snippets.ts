import { formatHostDevice, formatRootPort } from '../../libvirt/hostdev/host-device-text.ts';
import type { PlannedHostdev } from '../../libvirt/hostdev/to-hostdev.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { PassthroughNote } from '../../pci/group/passthrough.ts';
import { type GuestPlace, guestAddressesOf, heldAlready } from './guest-addresses.ts';

/** A piece of XML for libvirt, with notes on it. */
export interface Snippet {
  /** The address of the device; `null` for a port that only adds a slot to the VM. */
  readonly address: string | null;
  readonly kind: 'hostdev' | 'interface' | 'pool' | 'root-port';
  readonly xml: string;
  readonly notes: readonly PassthroughNote[];
}

/**
 * The XML of devices, with the ports that they need in a VM.
 *
 * @param place in a VM
 * @param cards the devices for one guest slot each
 * @param isOfCard whether a function of the host shares a slot with the others of its card, and is not a VF
 * @throws PortalGunError BAD_ARGUMENT, BAD_XML, DOMAIN_TOO_LARGE, NO_GUEST_SLOT
 */
export function deviceSnippets(
  { guestAddress: wish, domain: machine = null }: GuestPlace,
  handed: readonly PlannedHostdev[],
  cards: readonly (readonly PciAddress[])[],
  isOfCard: (address: PciAddress) => boolean,
): readonly Snippet[] {
  const { addresses, newRootPorts } = guestAddressesOf(wish, machine, cards, isOfCard);
  const held = heldAlready(machine);
  const ports = newRootPorts.map(
    (index): Snippet => ({
      address: null,
      kind: 'root-port',
      xml: formatRootPort(index),
      notes: [portNote(index)],
    }),
  );
  const devices = handed.map(({ device, notes }): Snippet => {
    const { address, kind } = device;
    const guestAddress = addresses.get(address) ?? null;
    const place = held.get(address);
    return {
      address,
      kind,
      xml: formatHostDevice({ ...device, guestAddress }),
      notes: place === undefined ? notes : [alreadyNote(place), ...notes],
    };
  });
  return [...ports, ...devices];
}

function portNote(index: number): PassthroughNote {
  const message = `root port ${index} is added because the VM has no free one; it stays if the device is removed`;
  return { level: 'ok', code: 'new-root-port', message };
}

function alreadyNote(place: string): PassthroughNote {
  return { level: 'blocks', code: 'held-already', message: `the VM has it already: ${place}` };
}
