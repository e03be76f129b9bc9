import { PortalGunError } from '../../base/errors.ts';
import { type GuestAddress, guestAddressNode } from '../../libvirt/xml/pci-address-xml.ts';
import type { XmlNode } from '../../libvirt/xml/xml-text.ts';

/*
 * The addresses of the PCI devices of a machine. Every address is written, so that a device keeps its address if
 * another is added.
 *
 * On the root bus, as part of the board: the devices that are never plugged, each in its slot. In root ports, one
 * each: network cards, disks and shares, in this order, so that the name of a network card in the guest does not
 * depend on the others; then the spare ports, which devices of the host take.
 */

/** Slots of the root bus for devices of the board. Slot 1 is that of the display, 0x1f that of the chipset. */
const BOARD_SLOTS = {
  display: 0x01,
  rng: 0x10,
  watchdog: 0x11,
  vsock: 0x12,
  scsi: 0x13,
  usb: 0x14,
  /** The ports of virtio-serial. */
  channels: 0x1d,
  /** The first of those for SATA controllers beside that of the chipset. */
  sata: 0x15,
} as const;

/** Slots of the root bus for root ports: eight in each, one for each function. */
const FIRST_PORT_SLOT = 0x02;
const PORTS_PER_SLOT = 8;
const MAX_PORTS = (BOARD_SLOTS.rng - FIRST_PORT_SLOT) * PORTS_PER_SLOT;
/** SATA controllers beside that of the chipset: slots 0x15 to 0x1c. */
const MAX_SATA = 8;

/** The address of a device of the board. */
export function boardAddress(device: Exclude<keyof typeof BOARD_SLOTS, 'sata'>): XmlNode {
  return onRootBus(BOARD_SLOTS[device]);
}

/**
 * The address of a SATA controller that is not part of the chipset.
 *
 * @param number from 0
 * @throws PortalGunError BAD_DEFINITION if there are more than fit
 */
export function sataAddress(number: number): XmlNode {
  if (number < MAX_SATA) return onRootBus(BOARD_SLOTS.sata + number);
  throw new PortalGunError('BAD_DEFINITION', 'has more SATA disks than a machine takes', {
    hint: 'use the bus virtio or scsi for some of them',
  });
}

/** The address of the device in a root port. */
export function portAddress(bus: number): XmlNode {
  return guestAddressNode({ bus, slot: 0, function: 0, multifunction: false });
}

/**
 * The controllers of PCI: the root, and root ports with the indices 1 to `count`.
 *
 * @throws PortalGunError BAD_DEFINITION if there are more than fit
 */
export function pciControllers(count: number): readonly XmlNode[] {
  if (count > MAX_PORTS) {
    throw new PortalGunError(
      'BAD_DEFINITION',
      `needs ${count} PCI Express root ports, and a machine has at most ${MAX_PORTS}`,
      { hint: 'use fewer disks, network cards, shares or spare root ports; disks can use the bus scsi' },
    );
  }
  const ports = Array.from({ length: count }, (_, at) => {
    const slot = FIRST_PORT_SLOT + Math.floor(at / PORTS_PER_SLOT);
    const number = at % PORTS_PER_SLOT;
    // Function 0 always has it, so that the first port of a slot is the same with and without others.
    return rootPort(at + 1, { bus: 0, slot, function: number, multifunction: number === 0 });
  });
  return [{ name: 'controller', attributes: { type: 'pci', index: '0', model: 'pcie-root' } }, ...ports];
}

/** A port that one device can be in: the bus with that index. */
export function rootPort(index: number, address: GuestAddress): XmlNode {
  return {
    name: 'controller',
    attributes: { type: 'pci', index: String(index), model: 'pcie-root-port' },
    content: [guestAddressNode(address)],
  };
}

function onRootBus(slot: number): XmlNode {
  return guestAddressNode({ bus: 0, slot, function: 0, multifunction: false });
}
