import { describe, expect, it } from 'vitest';
import type { TopologyNode } from '../../../lib/pci/topology.ts';
import { LINE_BRANCHES, renderTopology } from '../../../lib/render/inventory/topology-tree.ts';
import { plainStyle } from '../../../lib/render/layout/style.ts';
import textWidth from '../../../lib/render/layout/text-width.ts';
import { ONE_SPEC, readSpec } from '../../support/reading.ts';

const [device] = readSpec({ functions: [{ ...ONE_SPEC, driver: 'igb', group: 7 }] }).devices;

/** One function below another, so many of them. */
function chain(depth: number): readonly TopologyNode[] {
  if (device === undefined) throw new Error('one function was described');
  return depth === 0 ? [] : [{ device, children: chain(depth - 1) }];
}

function linesOf(depth: number, width: number | null): readonly string[] {
  const roots = [{ root: 'pci0000:00', children: chain(depth) }];
  return renderTopology(roots, LINE_BRANCHES, width, plainStyle).split('\n').slice(1, -1);
}

describe('a tree that is deeper than the terminal is wide', () => {
  const lines = linesOf(14, 40);

  it('fits, with each address whole', () => {
    expect(lines).toHaveLength(14);
    expect(lines.filter((line) => textWidth(line) > 40 || !line.includes('00:03.0'))).toEqual([]);
  });

  it('gives up names, then drivers and groups, then branches', () => {
    expect(lines.map((line) => line.trimStart())).toEqual([
      '└─ 00:03.0  vendor 8086…  (igb, group 7)',
      '└─ 00:03.0  vendor 8…  (igb, group 7)',
      '└─ 00:03.0  vendor 8086…  (igb, …)',
      '└─ 00:03.0  vendor 8…  (igb, …)',
      '└─ 00:03.0  vendor 808…  (…)',
      '└─ 00:03.0  vendor…  (…)',
      '└─ 00:03.0  vendor 80…',
      '└─ 00:03.0  vendor…',
      '└─ 00:03.0  ven…',
      '└─ 00:03.0  …',
      '└─ 00:03.0',
      ...Array.from({ length: 3 }, () => '…                             └─ 00:03.0'),
    ]);
  });

  it('is whole in a pipe', () => {
    expect(linesOf(14, null).at(-1)).toBe(
      `${' '.repeat(39)}└─ 00:03.0  vendor 8086 device 8086:10c9  (igb, group 7)`,
    );
  });
});
