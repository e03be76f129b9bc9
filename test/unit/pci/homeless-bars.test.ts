import { describe, expect, it } from 'vitest';
import { homelessBars, homelessVfBars, tellsVfBars } from '../../../lib/pci/config/homeless-bars.ts';
import { configBytes } from '../../support/config-bytes.ts';
import type { FunctionSpec } from '../../support/host-spec.ts';
import { ONE_SPEC, readSpec } from '../../support/reading.ts';

const ZERO = `${`0x${'0'.repeat(16)} `.repeat(3).trim()}`;
const line = (start: number, end: number, flags: number): string =>
  [start, end, flags].map((each) => `0x${each.toString(16).padStart(16, '0')}`).join(' ');
const MEMORY = line(0x83000000, 0x83ffffff, 0x40200);

function device(lines: readonly string[], bars: readonly number[], facts: Partial<FunctionSpec> = {}) {
  const config = configBytes({ ids: '10de:1b80', classCode: '030000', revision: '00', bars });
  const resource = [...lines, ...Array<string>(13 - lines.length).fill(ZERO)].join('\n');
  const [read] = readSpec({
    functions: [{ ...ONE_SPEC, classCode: '030000', config, attributes: { resource }, ...facts }],
  }).devices;
  if (read === undefined) throw new Error('there is no device');
  return read;
}

const indexes = (lines: readonly string[], bars: readonly number[], facts: Partial<FunctionSpec> = {}) =>
  homelessBars(device(lines, bars, facts)).map(({ index }) => index);

describe('a BAR without an address', () => {
  it('is told by the registers where the kernel cleared its line', () => {
    expect(indexes([MEMORY], [0x83000000, 0xc, 0, 0xc, 0, 1])).toEqual([1, 3, 5]);
    expect(indexes([MEMORY], [0x83000000, 0xf000000c, 0x10])).toEqual([1]);
  });

  it('is told by its line: not set, switched off, or at 0', () => {
    for (const flags of [0x20040200, 0x10040200, 0x40200]) {
      expect(indexes([line(0, 0xfffff, flags)], [0])).toEqual([0]);
    }
  });

  it('is none where all have one, and no second half of a wide one', () => {
    const wide = line(0x6000000000, 0x600fffffff, 0x14220c);
    expect(indexes([MEMORY, wide], [0x83000000, 0xc, 0x60])).toEqual([]);
    expect(indexes([], [])).toEqual([]);
  });

  it('is none of what has no BARs at those registers', () => {
    expect(indexes([], [0x1234567c], { classCode: '088000' })).toEqual([]);
    const bridge = configBytes({
      ids: '8086:1901',
      classCode: '060400',
      revision: '00',
      bars: [0xc],
      bridge: { secondary: 1, subordinate: 1 },
    });
    expect(indexes([], [], { config: bridge, classCode: '060400' })).toEqual([]);
  });
});

describe('a BAR of virtual functions', () => {
  const sriov = { total: 4, active: 0, offset: 1, stride: 1, vfDevice: '10ca' };
  const roomless = (...lines: readonly string[]) =>
    homelessVfBars(device([...Array<string>(7).fill(ZERO), ...lines], [], { sriov })).map(
      ({ index }) => index,
    );

  it('has room, or any of them has not', () => {
    const second = line(0, 0xfffff, 0x20140204);
    expect(roomless(MEMORY)).toEqual([]);
    expect(roomless(MEMORY, ZERO, ZERO, second)).toEqual([3]);
  });

  it('is not told where the kernel has no lines of them', () => {
    expect(tellsVfBars(device([], [], { sriov }))).toBe(false);
  });
});
