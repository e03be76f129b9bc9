import { describe, expect, it } from 'vitest';
import { readTopology, requesterOf } from '../../../lib/libvirt/assignment/guest-buses.ts';
import {
  isSlotFree,
  placeCard,
  placeProblem,
  planGuestAddresses,
} from '../../../lib/libvirt/assignment/guest-topology.ts';
import { formatGuestAddress } from '../../../lib/libvirt/xml/pci-address-xml.ts';
import { parseXml } from '../../../lib/libvirt/xml/xml-document.ts';
import type { XmlElement } from '../../../lib/libvirt/xml/xml-element.ts';
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
      expect.objectContaining({ code: 'NO_GUEST_SLOT', message: 'the VM has no free PCI slot' }),
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

describe('a function whose card the machine has already', () => {
  const held = (address: string, number: number) => ({
    address: parsePciAddress(address) as PciAddress,
    guestAddress: { bus: 1, slot: 0, function: number, multifunction: false },
  });
  const places = (
    domain: XmlElement,
    functions: readonly PciAddress[],
    ...siblings: ReturnType<typeof held>[]
  ) =>
    [...planGuestAddresses(domain, [functions], () => siblings).addresses].map(
      ([address, guest]) => `${address} ${formatGuestAddress(guest)}`,
    );

  it('joins the slot, by its own number', () => {
    const domain = machine(Q35, ROOT, port(1), port(2), device('0x01'));
    expect(places(domain, card('0000:03:00.1', '0000:03:00.3'), held('0000:03:00.0', 0))).toEqual([
      '0000:03:00.1 01:00.1',
      '0000:03:00.3 01:00.3',
    ]);
  });

  it('is function 0 where the slot has none, and another where its own number is taken', () => {
    expect(
      places(
        machine(Q35, ROOT, port(1), device('0x01', '0x00', '0x1')),
        card('0000:03:00.2'),
        held('0000:03:00.1', 1),
      ),
    ).toEqual(['0000:03:00.2 01:00.0']);
    expect(
      places(machine(Q35, ROOT, port(1), device('0x01')), card('0000:03:00.0'), held('0000:03:00.1', 0)),
    ).toEqual(['0000:03:00.0 01:00.1']);
  });
});

describe('a place that somebody names', () => {
  const domain = machine(
    Q35,
    ROOT,
    port(1),
    port(2),
    "<controller type='pci' index='4' model='pcie-to-pci-bridge'/>",
    "<controller type='pci' index='5' model='pcie-switch-upstream-port'/>",
    device('0x01'),
    device('0x00', '0x1f', '0x2'),
  );
  const problem = (bus: number, slot: number, number = 0, functions = 1) =>
    placeProblem(domain, { bus, slot, function: number, multifunction: false }, functions);

  it('is fine where libvirt takes it', () => {
    expect([problem(2, 0), problem(0, 5), problem(4, 1), problem(1, 0, 1)]).toEqual([null, null, null, null]);
  });

  it.each([
    [[2, 1], /bus 02 \(pcie-root-port\) has only slot 0/],
    [[0, 0], /slot 0 of bus 00 \(pcie-root\) accepts no device/],
    [[4, 0], /slot 0 of bus 04 \(pcie-to-pci-bridge\) accepts no device; the first that does is 1/],
    [[5, 0], /takes only ports/],
    [[0x1f, 0], /no PCI bus 1f/],
    [[2, 0, 1], /02:00 has no function 0/],
    [[1, 0, 0], /01:00.0 is already used/],
    [[0, 0x1f, 0], /00:1f.0 is already used/],
    [[0, 0x1f, 3], /00:1f.3 is already used/],
  ])('is refused at %j', ([bus = 0, slot = 0, number], says) => {
    expect(problem(bus, slot, number)).toMatch(says);
  });

  it('is refused where the chipset of a PC has its own, which no document names', () => {
    const at = (type: string, root: string, slot: number) =>
      placeProblem(machine(type, root), { bus: 0, slot, function: 0, multifunction: false }, 1);
    const conventional = "<controller type='pci' index='0' model='pci-root'/>";
    expect(at(Q35, ROOT, 0x1f)).toMatch(/already used/);
    expect(at(PC, conventional, 1)).toMatch(/already used/);
    expect([at(PC, conventional, 0x1f), at(Q35, ROOT, 1)]).toEqual([null, null]);
    const arm = "<type arch='aarch64' machine='virt'>hvm</type>";
    expect([at(arm, ROOT, 1), at(arm, ROOT, 0x1f)]).toEqual([null, null]);
  });
});

describe('a machine with arguments for QEMU', () => {
  it('keeps their slots', () => {
    const text = `<domain xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><os>${PC}</os><devices/>
      <q:commandline><q:arg value='-device'/><q:arg value='vfio-pci,host=06:00.0,addr=3.0'/></q:commandline></domain>`;
    expect(planned(parseXml(text, 'a').root, card('0000:07:00.0'))).toEqual({
      places: ['0000:07:00.0 00:04.0'],
      newRootPorts: [],
    });
  });
});

describe('a controller', () => {
  it('without an index has the lowest that is free', () => {
    const bare = "<controller type='pci' model='pcie-root-port'/>";
    expect(planned(machine(Q35, ROOT, bare, port(2)), card('0000:01:00.0'), card('0000:02:00.0'))).toEqual({
      places: ['0000:01:00.0 01:00.0', '0000:02:00.0 02:00.0'],
      newRootPorts: [],
    });
  });

  it.each(['-1', 'x', '0x'])('is refused with the index %s', (index) => {
    const odd = `<controller type='pci' index='${index}' model='pcie-root-port'/>`;
    expect(() => planned(machine(Q35, ROOT, odd), card('0000:01:00.0'))).toThrow(
      expect.objectContaining({ code: 'NO_GUEST_SLOT' }),
    );
  });
});

describe('what an IOMMU of the guest tells apart', () => {
  const at = (index: number, model: string, bus: number, slot: number) =>
    `<controller type='pci' index='${index}' model='${model}'><address type='pci' bus='${bus}' slot='${slot}'/></controller>`;
  const topology = readTopology(
    machine(Q35, ROOT, port(1), at(2, 'pcie-to-pci-bridge', 1, 0), at(3, 'pci-bridge', 2, 1)),
  );
  const requester = (bus: number, slot: number, number = 0) =>
    requesterOf(topology, { bus, slot, function: number, multifunction: false });

  it('is each function, and all that is behind a conventional bridge as one', () => {
    expect(requester(1, 0)).not.toBe(requester(1, 0, 1));
    expect(new Set([requester(2, 1), requester(2, 4), requester(3, 1, 1)])).toEqual(new Set(['bus 2']));
  });
});
