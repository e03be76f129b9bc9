import { escapeControls } from '../base/text.ts';
import { shortAddress } from '../pci/address.ts';
import type { TopologyNode, TopologyRoot } from '../pci/topology.ts';
import { cutText } from './cut-text.ts';
import { cellText, deviceTitle } from './facts.ts';
import type { Style } from './style.ts';
import textWidth from './text-width.ts';

const MIN_TITLE_WIDTH = 8;

/** How branches are drawn: with lines on a terminal, with plain characters for a pipe. */
export interface Branches {
  readonly middle: string;
  readonly last: string;
  readonly through: string;
}

export const LINE_BRANCHES: Branches = { middle: '├─ ', last: '└─ ', through: '│  ' };
export const PLAIN_BRANCHES: Branches = { middle: '|- ', last: '`- ', through: '|  ' };

/** The bridge tree, a line a function, indented below what it hangs on. */
export function renderTopology(
  roots: readonly TopologyRoot[],
  branches: Branches,
  width: number | null,
  style: Style,
): string {
  const lines: string[] = [];
  const add = (nodes: readonly TopologyNode[], indent: string): void => {
    for (const [index, node] of nodes.entries()) {
      const last = index === nodes.length - 1;
      lines.push(describe(node, indent + (last ? branches.last : branches.middle), width));
      add(node.children, indent + (last ? ' '.repeat(branches.through.length) : branches.through));
    }
  };
  for (const { root, children } of roots) {
    lines.push(style('heading', escapeControls(root ?? 'place unknown')));
    add(children, '');
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** A function's line; where it is too long for the terminal, its name gives way. */
function describe({ device }: TopologyNode, branch: string, width: number | null): string {
  const facts = [
    ...(device.driver === null ? [] : [cellText(device.driver)]),
    ...(typeof device.iommuGroup === 'number' ? [`group ${device.iommuGroup}`] : []),
  ];
  const start = `${branch}${shortAddress(device.address)}  `;
  const end = facts.length === 0 ? '' : `  (${facts.join(', ')})`;
  const room = width === null ? Number.POSITIVE_INFINITY : width - textWidth(start) - textWidth(end);
  return `${start}${cutText(deviceTitle(device), Math.max(MIN_TITLE_WIDTH, room))}${end}`;
}
