import { describe, expect, it } from 'vitest';
import { BROKEN } from '../../../lib/base/known.ts';
import type { DeviceField } from '../../../lib/pci/device.ts';
import { ONE, ONE_SPEC, readOne, readSpec } from '../../support/reading.ts';

const IDS = ['class', 'vendor', 'device', 'subsystem', 'driver'] as const satisfies readonly DeviceField[];
/** The files that say the same as uevent, all but the driver's link. */
const WITHOUT_FILES = {
  class: null,
  vendor: null,
  device: null,
  subsystem_vendor: null,
  subsystem_device: null,
};

const EXPECTED = {
  class: { code: '020000', name: 'class 020000' },
  vendor: { id: '8086', name: 'vendor 8086' },
  device: { id: '10c9', name: 'device 8086:10c9' },
  subsystem: {
    vendorId: '1af4',
    deviceId: '1100',
    vendorName: 'vendor 1af4',
    name: 'subsystem 8086:10c9:1af4:1100',
  },
  driver: 'igb',
};

const read = (uevent: string | null, attributes: Record<string, string | null> = {}) => {
  const { devices, diagnostics } = readSpec(
    {
      functions: [
        { ...ONE_SPEC, driver: 'igb', attributes: { ...attributes, ...(uevent === null ? { uevent } : {}) } },
      ],
      change: (tree) => {
        if (uevent !== null) tree.text(`${ONE}/uevent`, uevent);
      },
    },
    IDS,
  );
  const facts = Object.fromEntries(IDS.map((field) => [field, devices[0]?.[field]]));
  return { facts, messages: diagnostics.map(({ code, message }) => `${code} ${message}`) };
};

const WHOLE = `DRIVER=igb
PCI_CLASS=20000
PCI_ID=8086:10C9
PCI_SUBSYS_ID=1AF4:1100
PCI_SLOT_NAME=0000:00:03.0
`;

describe('uevent', () => {
  it('tells all ids by itself', () => {
    expect(read(WHOLE, WITHOUT_FILES)).toEqual({ facts: EXPECTED, messages: [] });
  });

  it('is not needed', () => {
    expect(read(null)).toEqual({ facts: EXPECTED, messages: [] });
  });

  it('is not needed where it is denied or broken', () => {
    for (const field of IDS) {
      const denied = readOne(field, { driver: 'igb', denied: ['uevent'] });
      expect(denied).toEqual({ value: EXPECTED[field], messages: [] });
      const broken = readOne(field, { driver: 'igb' }, (tree) => tree.fail(`${ONE}/uevent`, 'EIO'));
      expect(broken.value).toEqual(EXPECTED[field]);
      expect(broken.messages).toEqual(['ATTRIBUTE_BROKEN uevent cannot be read: EIO']);
    }
  });

  it('is passed over where it speaks of another device', () => {
    const other = WHOLE.replace('00:03.0', '00:04.0').replace('10C9', 'FFFF').replace('igb', 'other');
    expect(read(other)).toEqual({
      facts: EXPECTED,
      messages: ['ATTRIBUTES_DISAGREE uevent names 0000:00:04.0; it is ignored'],
    });
  });

  it.each([
    ['has lost lines', 'PCI_SLOT_NAME=0000:00:03.0\n'],
    ['is empty', ''],
    ['has lost its end', 'PCI_ID=8086'],
    ['holds what is no id', 'DRIVER=igb\nPCI_ID=80868:10C9X\nPCI_CLASS=1020000\nPCI_SUBSYS_ID=:\n'],
    ['has the names inside other words', 'XPCI_ID=1:2\nNOT_DRIVER=x\nPCI_IDS=3:4\n'],
  ])('leaves the rest to the attributes where it %s', (_, uevent) => {
    expect(read(uevent)).toEqual({ facts: EXPECTED, messages: [] });
  });

  it('may have dropped leading zeros, as the class does', () => {
    const short = WHOLE.replace('PCI_CLASS=20000', 'PCI_CLASS=0').replace('8086:10C9', '86:C');
    expect(read(short, WITHOUT_FILES).facts).toMatchObject({
      class: { code: '000000' },
      vendor: { id: '0086' },
      device: { id: '000c' },
    });
  });

  it('without the ids, and nothing else with them, leaves a device that is listed', () => {
    expect(read(null, WITHOUT_FILES)).toEqual({
      facts: { class: null, vendor: null, device: null, subsystem: null, driver: 'igb' },
      messages: ['ATTRIBUTE_MISSING has neither uevent nor vendor: its ids are unknown'],
    });
  });

  it('without the vendor leaves the device an id without a name', () => {
    const { facts } = read(null, { vendor: null });
    expect(facts).toMatchObject({ vendor: null, device: { id: '10c9', name: null } });
    expect(read(null, { vendor: 'x' }).facts).toMatchObject({
      vendor: BROKEN,
      subsystem: { vendorId: '1af4', name: null },
    });
  });
});
