import { describe, expect, it } from 'vitest';
import { isSlotFree, placeCard, planGuestAddresses } from '../../../lib/libvirt/guest-topology.ts';
import { formatGuestAddress } from '../../../lib/libvirt/pci-address-xml.ts';
import { parseXml } from '../../../lib/libvirt/xml-document.ts';
import type { XmlElement } from '../../../lib/libvirt/xml-element.ts';
import { type PciAddress, parsePciAddress } from '../../../lib/pci/address.ts';

function machine(type: string, ...devices: readonly string[]): XmlElement {
  const text = `<domain><os>${type}</os><devices>${devices.join('')}</devices></domain>`;
  return parseXml(text, 'machine.xml').root;
}

const Q35 = "<type arch='x86_64' machine='pc-q35-9.2'>hvm</type>";
const PC = "<type arch='x86_64' machine='pc-i440fx-9.2'>hvm</type>";
const ROOT = "<controller type='pci' index='0' model='pcie-root'/>";

function port(index: number, model = 'pcie-root-port'): string {
  return `<controller type='pci' index='${index}' model='${model}'><address type='pci' bus='0x00' slot='0x01' function='0x${index}'/></controller>`;
}

function device(bus: string, slot = '0x00', number = '0x0'): string {
  return `<disk><source><address type='pci' bus='0x09' slot='0x00'/></source><address type='pci' domain='0x0000' bus='${bus}' slot='${slot}' function='${number}'/></disk>`;
}

function card(...texts: readonly string[]): readonly PciAddress[] {
  return texts.map((text) => parsePciAddress(text) ?? expect.fail(text));
}

/** Where each function goes, `+` behind those that say there are more. */
function planned(domain: XmlElement, ...cards: readonly (readonly PciAddress[])[]): object {
  const { addresses, newRootPorts } = planGuestAddresses(domain, cards);
  const places = [...addresses].map(
    ([address, guest]) => `${address} ${formatGuestAddress(guest)}${guest.multifunction ? '+' : ''}`,
  );
  return { places, newRootPorts };
}

describe('a machine of PCI Express', () => {
  const domain = machine(Q35, ROOT, port(1), port(2), port(3), device('0x01'), device('3'));

  it('gives the first port that nothing is in', () => {
    expect(planned(domain, card('0000:01:00.0'))).toEqual({
      places: ['0000:01:00.0 02:00.0'],
      newRootPorts: [],
    });
  });

  it('gets new ports where all are taken', () => {
    expect(planned(domain, card('0000:01:00.0'), card('0000:02:00.0'), card('0000:03:00.0'))).toEqual({
      places: ['0000:01:00.0 02:00.0', '0000:02:00.0 04:00.0', '0000:03:00.0 05:00.0'],
      newRootPorts: [4, 5],
    });
  });

  it('has the functions of a card in one slot', () => {
    expect(planned(domain, card('0000:01:00.0', '0000:01:00.1', '0000:01:00.3'))).toEqual({
      places: ['0000:01:00.0 02:00.0+', '0000:01:00.1 02:00.1', '0000:01:00.3 02:00.3'],
      newRootPorts: [],
    });
  });

  it('counts from 0 where function 0 is not given', () => {
    expect(planned(domain, card('0000:01:00.2', '0000:01:00.3'))).toEqual({
      places: ['0000:01:00.2 02:00.0+', '0000:01:00.3 02:00.1'],
      newRootPorts: [],
    });
  });

  it('takes no port for free that a bridge hangs on, and no bus that is none of a port', () => {
    const bridged = machine(
      Q35,
      ROOT,
      port(1),
      "<controller type='pci' index='2' model='pcie-to-pci-bridge'><address type='pci' bus='0x01' slot='0x00'/></controller>",
      "<controller type='pci' index='3' model='pcie-expander-bus'/>",
    );
    expect(planned(bridged, card('0000:01:00.0'))).toEqual({
      places: ['0000:01:00.0 04:00.0'],
      newRootPorts: [4],
    });
  });

  it('is known by its machine where its document was written by hand', () => {
    for (const type of [
      "<type machine='q35'>hvm</type>",
      "<type arch='aarch64' machine='virt-9.2'>hvm</type>",
    ]) {
      expect(planned(machine(type), card('0000:01:00.0'))).toEqual({
        places: ['0000:01:00.0 01:00.0'],
        newRootPorts: [1],
      });
    }
  });

  it('has 255 buses besides its root', () => {
    const full = machine(Q35, ROOT, port(255), device('0xff'));
    expect(() => planned(full, card('0000:01:00.0'))).toThrow(
      expect.objectContaining({ code: 'NO_GUEST_SLOT' }),
    );
  });
});

describe('a machine of conventional PCI', () => {
  const root = "<controller type='pci' index='0' model='pci-root'/>";

  it('gives a free slot, from the third on', () => {
    expect(
      planned(machine(PC, root, device('0x00', '0x03'), device('0', '5')), card('0000:01:00.0')),
    ).toEqual({
      places: ['0000:01:00.0 00:04.0'],
      newRootPorts: [],
    });
  });

  it('gives those of its bridges when its own are taken, and then none', () => {
    const slots = Array.from({ length: 29 }, (_, index) => device('0x00', `0x${(index + 3).toString(16)}`));
    const bridge = "<controller type='pci' index='1' model='pci-bridge'/>";
    expect(planned(machine(PC, root, ...slots, bridge), card('0000:01:00.0', '0000:01:00.1'))).toEqual({
      places: ['0000:01:00.0 01:01.0+', '0000:01:00.1 01:01.1'],
      newRootPorts: [],
    });
    expect(() => planned(machine(PC, root, ...slots), card('0000:01:00.0'))).toThrow(
      expect.objectContaining({ code: 'NO_GUEST_SLOT', message: 'the machine has no PCI slot that is free' }),
    );
  });

  it('is what a PC is where nothing else is said', () => {
    for (const type of ['<type>hvm</type>', "<type arch='i686' machine='pc'>hvm</type>"]) {
      expect(planned(machine(type), card('0000:01:00.0'))).toMatchObject({
        places: ['0000:01:00.0 00:03.0'],
      });
    }
  });
});

it('a machine whose buses are not known is refused', () => {
  const s390 = machine("<type arch='s390x' machine='s390-ccw-virtio-9.2'>hvm</type>");
  expect(() => planned(s390, card('0000:01:00.0'))).toThrow(
    expect.objectContaining({ code: 'NO_GUEST_SLOT', subject: 's390x s390-ccw-virtio-9.2' }),
  );
});

it('a slot has 8 functions', () => {
  const nine = Array.from({ length: 9 }, (_, index) => `0000:01:0${index}.0`);
  expect(() => placeCard(card(...nine), { bus: 1, slot: 0 })).toThrow('9 functions do not go in one slot');
});

it('a slot is free where nothing of the machine is in it', () => {
  const domain = machine(Q35, ROOT, device('0x02'), device('010', '0x1'));
  const free = [
    { bus: 2, slot: 0 },
    { bus: 8, slot: 1 },
    { bus: 9, slot: 0 },
  ].map((place) => isSlotFree(domain, place));
  expect(free).toEqual([false, false, true]);
});
