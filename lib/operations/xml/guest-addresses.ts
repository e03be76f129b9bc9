import { PortalGunError } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import {
  type GuestAddressPlan,
  type HeldFunction,
  placeCard,
  placeProblem,
  planGuestAddresses,
} from '../../libvirt/assignment/guest-topology.ts';
import { heldFunction, siblingsIn } from '../../libvirt/machine/held-functions.ts';
import { readCategory } from '../../libvirt/machine/machine-metadata.ts';
import { takenDevices } from '../../libvirt/machine/taken-device.ts';
import type { GuestAddress } from '../../libvirt/xml/pci-address-xml.ts';
import { placeInXml, type XmlDocument } from '../../libvirt/xml/xml-document.ts';
import type { PciAddress } from '../../pci/address.ts';
import { badValue } from '../../plan/sriov/vf-setting-texts.ts';

const OPTION = '--guest-address';
const NOWHERE: GuestAddressPlan = { addresses: new Map(), newRootPorts: [] };

/** The place of devices in a VM. */
export interface GuestPlace {
  /**
   * `BUS:SLOT.FUNCTION` in the guest, in hex: `05:00.0`; or `auto` for a free slot of the VM, which is the default if
   * one is given.
   */
  readonly guestAddress?: string | undefined;
  /** The VM, as `virsh dumpxml --inactive` prints it. */
  readonly domain?: XmlDocument | null | undefined;
}

/**
 * The VM for the devices; `null` if none is given.
 *
 * @throws PortalGunError BAD_XML if the document is not a VM
 */
export function machineOf({ domain: document = null }: GuestPlace): XmlDocument | null {
  if (document === null || document.root.name === 'domain') return document;
  throw new PortalGunError(
    'BAD_XML',
    `not a <domain> document: the root element is <${document.root.name}>`,
    {
      subject: placeInXml(document, document.root.start),
      hint: 'use the output of virsh dumpxml --inactive',
    },
  );
}

/** The category of a VM; `null` if there is none, or no VM. */
export function categoryIn(machine: XmlDocument | null): string | null {
  return machine === null ? null : (knownValue(readCategory(machine)) ?? null);
}

/**
 * The guest addresses of devices; none without a request.
 *
 * @param wish an address, or `auto`
 * @param cards the devices for one slot each
 * @param isOfCard whether a function of the host shares a slot with the others of its card, and is not a VF
 * @throws PortalGunError BAD_ARGUMENT, NO_GUEST_SLOT
 */
export function guestAddressesOf(
  wish: string | undefined,
  machine: XmlDocument | null,
  cards: readonly (readonly PciAddress[])[],
  isOfCard: (address: PciAddress) => boolean,
): GuestAddressPlan {
  const text = wish ?? (machine === null ? undefined : 'auto');
  if (text === undefined) return NOWHERE;
  if (text !== 'auto') return { addresses: placeAt(text, machine, cards), newRootPorts: [] };
  if (machine !== null) {
    const held = heldFunctions(machine).filter(({ address }) => isOfCard(address));
    return planGuestAddresses(machine.root, cards, (card) => siblingsIn(held, card.filter(isOfCard)));
  }
  throw new PortalGunError('BAD_ARGUMENT', 'auto needs the domain XML of a VM to find a free slot', {
    subject: OPTION,
    hint: 'add --domain FILE (from virsh dumpxml --inactive), or omit it: libvirt then selects the address',
  });
}

function placeAt(
  text: string,
  machine: XmlDocument | null,
  cards: readonly (readonly PciAddress[])[],
): ReadonlyMap<PciAddress, GuestAddress> {
  const [, bus = '', slot = '', number = ''] = /^([0-9a-f]{1,2}):([01]?[0-9a-f])\.([0-7])$/i.exec(text) ?? [];
  const place = {
    bus: Number.parseInt(bus, 16),
    slot: Number.parseInt(slot, 16),
    function: Number(number),
    multifunction: false,
  };
  if (number === '' || (place.bus === 0 && place.slot === 0)) {
    throw badValue(OPTION, text, 'a guest address BUS:SLOT.FUNCTION in hex, such as 05:00.0, or auto');
  }
  const [card = []] = cards;
  const [only] = card;
  if (cards.length > 1 || (card.length > 1 && place.function !== 0)) {
    throw new PortalGunError('BAD_ARGUMENT', 'is one address, and the devices need several', {
      subject: OPTION,
      hint:
        cards.length > 1
          ? 'name the functions of one card, or use auto'
          : 'use function 0 of a slot: the functions of a card begin there',
    });
  }
  const problem = machine === null ? null : placeProblem(machine.root, place, Math.max(1, card.length));
  if (problem !== null) {
    throw new PortalGunError('BAD_ARGUMENT', problem, { subject: OPTION, hint: 'use auto' });
  }
  if (card.length > 1 || only === undefined) return placeCard(card, place);
  return new Map([[only, place]]);
}

/** The devices that a VM already has, with the position in its document. */
export function heldAlready(machine: XmlDocument | null): ReadonlyMap<PciAddress, string> {
  if (machine === null) return new Map();
  return new Map(
    takenDevices(machine).flatMap(({ device, element }) =>
      'address' in device && device.address !== null
        ? [[device.address, placeInXml(machine, element.start)] as const]
        : [],
    ),
  );
}

function heldFunctions(machine: XmlDocument): readonly HeldFunction[] {
  return takenDevices(machine).flatMap(({ device }) => heldFunction(device) ?? []);
}
