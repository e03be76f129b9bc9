import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BROKEN, DENIED, isUnknown, UNREAD } from '../../../lib/base/known.ts';
import { capabilityName, extendedCapabilityName } from '../../../lib/pci/config/capability-names.ts';
import { type ConfigSpace, parseConfigSpace } from '../../../lib/pci/config/config-space.ts';

type Patch = readonly [offset: number, ...bytes: number[]];

/** A space of `size` bytes that is zero but for the patches. */
function space(size: number, ...patches: readonly Patch[]): Uint8Array {
  const bytes = new Uint8Array(size);
  for (const [offset, ...values] of patches) bytes.set(values, offset);
  return bytes;
}

const HEADER: Patch = [0x00, 0x86, 0x80, 0xc9, 0x10, 0x06, 0x04, 0x10, 0x00, 0x01, 0x00, 0x00, 0x02];
const FIRST_AT_40: Patch = [0x34, 0x40];
const EXPRESS_AT_40: Patch = [0x40, 0x10, 0x00, 0x02, 0x00];

const ofExpress = (...patches: readonly Patch[]): ConfigSpace =>
  parseConfigSpace(space(4096, HEADER, FIRST_AT_40, EXPRESS_AT_40, ...patches));
const ofList = (...patches: readonly Patch[]): ConfigSpace =>
  parseConfigSpace(space(256, HEADER, ...patches));

/** An extended header: id, version 1, next. */
const extended = (offset: number, id: number, next: number, ...rest: number[]): Patch => [
  offset,
  id & 0xff,
  id >> 8,
  ((next & 0xf) << 4) | 1,
  next >> 4,
  ...rest,
];

describe('the header', () => {
  it('is read', () => {
    expect(parseConfigSpace(space(256, [0x06, 0], [0, 0x86, 0x80, 0xc9, 0x10], [0x0e, 0x80]))).toMatchObject({
      sizeBytes: 256,
      vendorId: '8086',
      deviceId: '10c9',
      idsHidden: false,
      headerType: 0,
      multifunction: true,
      capabilities: null,
      extendedCapabilities: null,
      pcie: null,
      acs: null,
      problems: [],
    });
    expect(ofList(FIRST_AT_40, [0x40, 0x01, 0x00])).toMatchObject({
      revision: '01',
      classCode: '020000',
      ioEnabled: false,
      memoryEnabled: true,
      busMaster: true,
      multifunction: false,
    });
  });

  it('of a virtual function hides the ids and nothing else', () => {
    const result = parseConfigSpace(
      space(4096, HEADER, [0, 0xff, 0xff, 0xff, 0xff], FIRST_AT_40, EXPRESS_AT_40),
    );
    expect(result).toMatchObject({ idsHidden: true, vendorId: 'ffff', classCode: '020000', problems: [] });
    expect(result.pcie).toMatchObject({ portType: 'endpoint', version: 2 });
  });

  it('of all ones belongs to a function that does not answer', () => {
    const result = parseConfigSpace(new Uint8Array(256).fill(0xff));
    expect(result.problems).toEqual(['Every byte of the header reads ff: the function does not answer.']);
    expect(result).toMatchObject({
      idsHidden: false,
      headerType: BROKEN,
      capabilities: BROKEN,
      pcie: BROKEN,
    });
  });

  it('of an unknown type is broken', () => {
    const result = parseConfigSpace(space(64, HEADER, [0x0e, 0x83]));
    expect(result).toMatchObject({ headerType: BROKEN, multifunction: BROKEN, capabilities: BROKEN });
    expect(result.problems).toEqual(['The header is of the unknown type 03.']);
  });
});

describe('what is not there', () => {
  const hanging = [
    'capabilities',
    'extendedCapabilities',
    'pcie',
    'acs',
    'ari',
    'sriov',
    'deviceSerialNumber',
    'af',
    'pm',
  ] as const;

  it.each([
    [64, 0],
    [64, 1],
    [64, 2],
    [128, 2],
  ])('is denied when %i bytes are readable of header type %i', (size, type) => {
    const result = parseConfigSpace(space(size, HEADER, FIRST_AT_40, [0x14, 0xa0], [0x0e, type]));
    for (const name of hanging) expect(result[name], name).toBe(DENIED);
    expect(result.problems).toEqual([]);
  });

  it('is null when the status register says that there is no list', () => {
    const result = parseConfigSpace(space(64, HEADER, [0x06, 0x00]));
    for (const name of hanging) expect(result[name], name).toBeNull();
  });

  it('is null when the list is seen to be empty, as its pointer is among the first 64 bytes', () => {
    const result = parseConfigSpace(space(64, HEADER));
    expect(result).toMatchObject({ capabilities: [], extendedCapabilities: null, pcie: null, problems: [] });
  });

  it('is unread behind the 256 bytes of an express function', () => {
    const result = parseConfigSpace(space(256, HEADER, FIRST_AT_40, EXPRESS_AT_40));
    expect(result).toMatchObject({ extendedCapabilities: UNREAD, acs: UNREAD, sriov: UNREAD, af: null });
    expect(result.problems).toEqual([]);
  });

  it('is null behind the 256 bytes of another function, and unread of one with PCI-X mode 2', () => {
    const pciX: Patch = [0x40, 0x07, 0x00];
    expect(ofList(FIRST_AT_40, pciX)).toMatchObject({ extendedCapabilities: null, acs: null, ari: null });
    expect(ofList(FIRST_AT_40, pciX, [0x47, 0x40])).toMatchObject({ extendedCapabilities: UNREAD });
  });

  it.each([0, 1, 3, 15, 63])('is broken in %i bytes', (size) => {
    const result = parseConfigSpace(space(4096, HEADER, FIRST_AT_40).subarray(0, size));
    expect(result.problems).toEqual([`Only ${size} bytes are there, not even the 64 of a header.`]);
    expect(result.vendorId).toEqual(size < 2 ? BROKEN : '8086');
    expect(result.classCode).toEqual(size < 12 ? BROKEN : '020000');
    for (const name of hanging) expect(result[name], name).toBe(BROKEN);
  });

  it('is broken behind a cut, and known before it', () => {
    const whole = space(4096, HEADER, FIRST_AT_40, [0x40, 0x01, 0x50, 0x03], [0x50, 0x10, 0x00, 0x02]);
    const result = parseConfigSpace(whole.subarray(0, 82));
    expect(result.capabilities).toHaveLength(2);
    expect(result).toMatchObject({
      pm: { version: 3 },
      pcie: BROKEN,
      extendedCapabilities: BROKEN,
      af: null,
    });
    expect(result.problems).toEqual([
      '82 bytes are there, where a whole configuration space has 256 or 4096.',
      'The PCI Express capability at 50 runs past the last byte.',
    ]);
    const shorter = parseConfigSpace(whole.subarray(0, 80));
    expect(shorter).toMatchObject({ pm: { version: 3 }, pcie: BROKEN, af: BROKEN, acs: BROKEN });
    expect(shorter.problems).toContain('The capability at 40 points to 50, behind the last byte.');
  });
});

describe('a capability list', () => {
  it('is followed in its own order, without the reserved low bits of a pointer', () => {
    const result = ofList([0x34, 0x83], [0x80, 0x05, 0x41], [0x40, 0x11, 0x60], [0x60, 0x09, 0x00]);
    expect(result.capabilities).toEqual([
      { id: 0x05, offset: 0x80, name: 'MSI', version: null },
      { id: 0x11, offset: 0x40, name: 'MSI-X', version: null },
      { id: 0x09, offset: 0x60, name: 'Vendor-Specific', version: null },
    ]);
    expect(result.problems).toEqual([]);
  });

  it('starts at 14 in a CardBus bridge', () => {
    expect(ofList([0x0e, 2], [0x14, 0xa0], [0xa0, 0x01, 0x00]).capabilities).toMatchObject([
      { offset: 0xa0 },
    ]);
  });

  it('may be empty', () => {
    expect(ofList()).toMatchObject({ capabilities: [], pm: null, problems: [] });
  });

  it.each([
    [
      'a first pointer into the header',
      [[0x34, 0x10]],
      'The capability pointer points into the header, at 10.',
    ],
    ['a first ID ff', [FIRST_AT_40, [0x40, 0xff, 0xff]], 'The capability at 40 has the ID ff.'],
  ] as const)('that can not be entered is broken: %s', (_, patches, problem) => {
    const result = ofList(...patches);
    expect(result).toMatchObject({ capabilities: BROKEN, pm: BROKEN, acs: BROKEN, problems: [problem] });
  });

  it.each([
    ['a pointer to itself', [[0x40, 0x05, 0x40]], 'The capability list loops: it is at 40 again.'],
    [
      'a longer loop',
      [
        [0x40, 0x05, 0x50],
        [0x50, 0x11, 0x40],
      ],
      'The capability list loops: it is at 40 again.',
    ],
    [
      'a pointer into the header',
      [[0x40, 0x05, 0x20]],
      'The capability at 40 points into the header, at 20.',
    ],
    [
      'an ID ff',
      [
        [0x40, 0x05, 0x50],
        [0x50, 0xff],
      ],
      'The capability at 50 has the ID ff.',
    ],
  ] as const)('keeps what came before %s', (_, patches, problem) => {
    const result = ofList(FIRST_AT_40, ...patches);
    expect(result.capabilities).toMatchObject([
      { id: 5 },
      ...(patches[1]?.[1] === 0x11 ? [{ id: 0x11 }] : []),
    ]);
    expect(result).toMatchObject({ pm: BROKEN, pcie: BROKEN, extendedCapabilities: BROKEN });
    expect(result.problems).toEqual([problem]);
  });

  it('goes on behind an ID 00', () => {
    const result = ofList(FIRST_AT_40, [0x40, 0x00, 0x50], [0x50, 0x01, 0x00, 0x02]);
    expect(result.problems).toEqual(['The capability at 40 has the ID 00.']);
    expect(result).toMatchObject({ capabilities: [{ name: 'Null' }, {}], pm: { version: 2 }, pcie: null });
  });
});

describe('an extended list', () => {
  it('is followed in its own order', () => {
    const result = ofExpress(
      extended(0x100, 0x01, 0x200),
      extended(0x200, 0x0e, 0x150),
      extended(0x150, 0x7777, 0),
    );
    expect(result.extendedCapabilities).toEqual([
      { id: 0x01, offset: 0x100, name: 'AER', version: 1 },
      { id: 0x0e, offset: 0x200, name: 'ARI', version: 1 },
      { id: 0x7777, offset: 0x150, name: 'Unknown 7777', version: 1 },
    ]);
    expect(result).toMatchObject({ acs: null, ari: { nextFunction: 0 }, problems: [] });
  });

  it('is empty when its first header is zero, and may start with a null capability', () => {
    expect(ofExpress()).toMatchObject({ extendedCapabilities: [], acs: null, problems: [] });
    const result = ofExpress(extended(0x100, 0, 0x200), extended(0x200, 0x0e, 0));
    expect(result).toMatchObject({ extendedCapabilities: [{ name: 'Null' }, { name: 'ARI' }], problems: [] });
  });

  it.each([
    [
      'a loop',
      [extended(0x100, 1, 0x200), extended(0x200, 2, 0x100)],
      'The extended list loops: it is at 100 again.',
    ],
    [
      'a pointer before the extended space',
      [extended(0x100, 1, 0x0c4)],
      'The extended capability at 100 points to 0c4, before the extended space.',
    ],
    [
      'a pointer to nothing',
      [extended(0x100, 1, 0x200)],
      'There is no extended capability at 200: it reads 00000000.',
    ],
    [
      'a pointer to ones',
      [extended(0x100, 1, 0x200), [0x200, 255, 255, 255, 255]],
      'There is no extended capability at 200: it reads ffffffff.',
    ],
  ] as const)('keeps what came before %s', (_, patches, problem) => {
    const result = ofExpress(...patches);
    expect(result.extendedCapabilities).toMatchObject(
      patches.slice(0, problem.includes('loops') ? 2 : 1).map(() => ({})),
    );
    expect(result).toMatchObject({ acs: BROKEN, sriov: BROKEN, af: null, problems: [problem] });
  });

  it('of ones is broken', () => {
    const result = ofExpress([0x100, 255, 255, 255, 255]);
    expect(result).toMatchObject({ extendedCapabilities: BROKEN, acs: BROKEN });
    expect(result.problems).toEqual(['There is no extended capability at 100: it reads ffffffff.']);
  });

  it('behind a cut is broken', () => {
    const whole = space(4096, HEADER, FIRST_AT_40, EXPRESS_AT_40, extended(0x100, 1, 0x200));
    const result = parseConfigSpace(whole.subarray(0, 315));
    expect(result).toMatchObject({ extendedCapabilities: [{ name: 'AER' }], acs: BROKEN });
    expect(result.problems).toContain('The extended capability at 100 points to 200, behind the last byte.');
    expect(parseConfigSpace(whole.subarray(0, 257))).toMatchObject({ extendedCapabilities: BROKEN });
    const tail = ofExpress(extended(0x100, 1, 0xff8), extended(0xff8, 0x10, 0));
    expect(tail.sriov).toBe(BROKEN);
    expect(tail.problems).toEqual(['The SR-IOV capability at ff8 runs past the last byte.']);
  });

  it('that repeats the first 256 bytes is none', () => {
    const low = space(256, HEADER, FIRST_AT_40, EXPRESS_AT_40);
    const result = parseConfigSpace(Uint8Array.from({ length: 4096 }, (_, index) => low[index % 256] ?? 0));
    expect(result).toMatchObject({ extendedCapabilities: BROKEN, acs: BROKEN });
    expect(result.problems).toEqual([
      'The extended space repeats the first 256 bytes: it cannot be reached.',
    ]);
  });

  it('of a function whose express capability is cut off is still looked for', () => {
    const result = parseConfigSpace(
      space(4096, HEADER, [0x34, 0xfc], [0xfc, 0x10, 0x00], extended(0x100, 0x0e, 0)),
    );
    expect(result).toMatchObject({ pcie: BROKEN, extendedCapabilities: [{ name: 'ARI' }] });
    expect(result.problems).toEqual(['The PCI Express capability at fc runs past the last byte.']);
  });
});

describe('PCI Express', () => {
  const typed = (type: number, ...patches: readonly Patch[]) =>
    ofExpress([0x42, (type << 4) | 2, 0x01], ...patches);

  it.each([
    [0, 'endpoint'],
    [1, 'legacy-endpoint'],
    [4, 'root-port'],
    [5, 'upstream-port'],
    [6, 'downstream-port'],
    [7, 'pcie-to-pci-bridge'],
    [8, 'pci-to-pcie-bridge'],
    [9, 'root-complex-endpoint'],
    [10, 'root-complex-event-collector'],
    [11, BROKEN],
  ])('names port type %i', (type, name) => {
    expect(typed(type).pcie).toMatchObject({ portType: name });
  });

  it('has slot, link, reset and ARI forwarding of a port', () => {
    const result = typed(
      6,
      [0x44, 0, 0, 0, 0x10],
      [0x4c, 0x04, 0x01],
      [0x54, 0, 0, 0x38],
      [0x64, 0x20],
      [0x68, 0x20],
    );
    expect(result.pcie).toEqual({
      portType: 'downstream-port',
      version: 2,
      functionLevelReset: true,
      slotImplemented: true,
      physicalSlot: 7,
      maxLinkSpeedGts: 16,
      maxLinkWidth: 16,
      ariForwarding: { supported: true, enabled: true },
    });
  });

  it('has no slot and no ARI forwarding of an endpoint, and no link inside the root complex', () => {
    expect(typed(0).pcie).toMatchObject({ slotImplemented: false, physicalSlot: null, ariForwarding: null });
    expect(typed(9).pcie).toMatchObject({ maxLinkSpeedGts: null, maxLinkWidth: null });
  });

  it('of version 1 has no ARI forwarding, and reserved link codes are broken', () => {
    const result = ofExpress([0x42, 0x41, 0x00], [0x4c, 0x0f, 0x00]);
    expect(result.pcie).toMatchObject({ version: 1, ariForwarding: null, slotImplemented: false });
    expect(result.pcie).toMatchObject({ maxLinkSpeedGts: BROKEN, maxLinkWidth: BROKEN });
  });

  it('keeps what lies before a cut', () => {
    const result = ofList([0x34, 0xe8], [0xe8, 0x10, 0x00, 0x42, 0x01], [0xf4, 0x11]);
    expect(result.pcie).toMatchObject({
      maxLinkSpeedGts: 2.5,
      maxLinkWidth: 1,
      physicalSlot: 0,
      ariForwarding: BROKEN,
    });
    expect(result.problems).toEqual(['The PCI Express capability at e8 runs past the last byte.']);
  });
});

describe('what else is decoded', () => {
  it('ACS, by what is supported and what is enabled', () => {
    const off = { supported: false, enabled: false };
    expect(ofExpress(extended(0x100, 0x0d, 0, 0x5f, 0x00, 0x1d, 0x00)).acs).toEqual({
      sourceValidation: { supported: true, enabled: true },
      translationBlocking: { supported: true, enabled: false },
      p2pRequestRedirect: { supported: true, enabled: true },
      p2pCompletionRedirect: { supported: true, enabled: true },
      upstreamForwarding: { supported: true, enabled: true },
      p2pEgressControl: off,
      directTranslatedP2p: { supported: true, enabled: false },
    });
  });

  it('ARI and the device serial number', () => {
    const result = ofExpress(
      extended(0x100, 0x0e, 0x140, 0x00, 0x01),
      extended(0x140, 0x03, 0, 0x55, 0x44, 0x33, 0xff, 0xff, 0x22, 0x11, 0x00),
    );
    expect(result.ari).toEqual({ nextFunction: 1 });
    expect(result.deviceSerialNumber).toBe('00-11-22-ff-ff-33-44-55');
  });

  it('SR-IOV', () => {
    const registers = [2, 0, 0, 0, 0x19, 0, 0, 0, 8, 0, 7, 0, 3, 0, 0, 0, 0x80, 1, 2, 0, 0, 0, 0xca, 0x10];
    const result = ofExpress(
      extended(0x100, 0x10, 0, ...registers),
      [0x124, 0x04, 0x00, 0x00, 0xfe],
      [0x138, 1],
    );
    expect(result.sriov).toEqual({
      totalVfs: 7,
      initialVfs: 8,
      numVfs: 3,
      vfOffset: 384,
      vfStride: 2,
      vfDeviceId: '10ca',
      vfEnable: true,
      vfMemoryEnable: true,
      ariHierarchy: true,
      vfBars: [0xfe00_0004, 0, 0, 0, 0, 1],
    });
  });

  it('advanced features and power management', () => {
    const result = ofList(FIRST_AT_40, [0x40, 0x13, 0x50, 0x06, 0x03], [0x50, 0x01, 0x00, 0x03, 0xc8, 0x0b]);
    expect(result.af).toEqual({ functionLevelReset: true });
    expect(result.pm).toEqual({ version: 3, powerState: 'D3hot', noSoftReset: true });
    expect(ofList(FIRST_AT_40, [0x40, 0x13, 0, 6, 1]).af).toEqual({ functionLevelReset: false });
  });
});

describe('names', () => {
  it('are short, and say the id where there is none', () => {
    expect([0x01, 0x10, 0x13, 0x15, 0x16].map(capabilityName)).toEqual([
      'Power Management',
      'PCI Express',
      'Advanced Features',
      'Flattening Portal Bridge',
      'Unknown 16',
    ]);
    expect([0x0d, 0x10, 0x23, 0x2e, 0x36, 0x37].map(extendedCapabilityName)).toEqual([
      'ACS',
      'SR-IOV',
      'Designated Vendor-Specific',
      'Data Object Exchange',
      'MMIO Register Block Locator',
      'Unknown 0037',
    ]);
  });
});

describe('any bytes', () => {
  const byte = fc.nat(255);
  const hostile = fc
    .tuple(
      fc.constantFrom(0, 20, 64, 82, 128, 255, 256, 300, 4096, 5000),
      fc.constantFrom(0, 1, 2, 0x7f),
      // Pointers drawn from few values meet each other, so that lists get long and loop.
      fc.array(fc.tuple(fc.integer({ min: 0x10, max: 0x3f }), fc.constantFrom(1, 5, 7, 16, 19, 255), byte)),
      fc.array(
        fc.tuple(fc.integer({ min: 0x40, max: 0x3ff }), fc.nat(0x12), fc.integer({ min: 0x3c, max: 0x3ff })),
      ),
    )
    .map(([size, type, low, high]) => {
      const bytes = space(8192, HEADER, [0x0e, type], FIRST_AT_40, EXPRESS_AT_40, [0x41, 0x44], [0x14, 0x48]);
      for (const [at, id, next] of low) bytes.set([id, next], at * 4);
      for (const [at, id, next] of high) bytes.set(extended(at * 4, id, next * 4).slice(1), at * 4);
      return bytes.subarray(0, size);
    });

  it.each([
    ['random', fc.uint8Array({ maxLength: 5000, size: 'max' })],
    ['hostile', hostile],
  ])('are taken: %s', (_, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (bytes) => {
        const result = parseConfigSpace(bytes);
        expect(result.sizeBytes).toBe(bytes.length);
        for (const list of [result.capabilities, result.extendedCapabilities]) {
          if (list === null || isUnknown(list)) continue;
          expect(list.length).toBeLessThanOrEqual(960);
          expect(new Set(list.map(({ offset }) => offset)).size).toBe(list.length);
          for (const { offset } of list) expect(offset).toBeLessThan(bytes.length);
        }
        expect(result.problems.length).toBeLessThanOrEqual(64);
        expect(JSON.stringify(result).length).toBeLessThan(200_000);
        if (bytes.length < 64) expect(result.capabilities).toBe(BROKEN);
      }),
      { numRuns: 300 },
    );
  });

  it('may be the middle of a larger buffer', () => {
    const around = new Uint8Array(600).fill(0xff);
    around.set(space(256, HEADER), 100);
    expect(parseConfigSpace(around.subarray(100, 356))).toEqual(ofList());
  });
});
