import { escapeControls } from '../../base/text.ts';
import { shortAddress } from '../../pci/address.ts';
import type { DeviceWith } from '../../pci/device.ts';
import type { TopologyNode, TopologyRoot } from '../../pci/topology.ts';
import { cutText } from '../layout/cut-text.ts';
import { cellText, deviceTitle, type TitledDevice } from '../layout/facts.ts';
import type { Style } from '../layout/style.ts';
import textWidth from '../layout/text-width.ts';

const GAP = '  ';
const MIN_TITLE_WIDTH = 8;

type ShownDevice = TitledDevice & DeviceWith<'driver' | 'iommuGroup'>;

/** The characters of branches: lines on a terminal, plain characters for a pipe. */
export interface Branches {
  readonly middle: string;
  readonly last: string;
  readonly through: string;
}

export const LINE_BRANCHES: Branches = { middle: '├─ ', last: '└─ ', through: '│  ' };
export const PLAIN_BRANCHES: Branches = { middle: '|- ', last: '`- ', through: '|  ' };

/** The bridge tree, one line for each function, indented below its bridge. */
export function renderTopology(
  roots: readonly TopologyRoot<ShownDevice>[],
  branches: Branches,
  width: number | null,
  style: Style,
): string {
  const lines: string[] = [];
  const add = (nodes: readonly TopologyNode<ShownDevice>[], indent: string): void => {
    for (const [index, node] of nodes.entries()) {
      const last = index === nodes.length - 1;
      lines.push(describe(node, indent + (last ? branches.last : branches.middle), width));
      add(node.children, indent + (last ? ' '.repeat(branches.through.length) : branches.through));
    }
  };
  for (const { root, children } of roots) {
    const heading = escapeControls(root ?? 'place unknown');
    lines.push(style('heading', width === null ? heading : cutText(heading, width)));
    add(children, '');
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/**
 * The line of a function. If it is too long for the terminal, its name is cut first, then its facts, then the branch;
 * the address is always complete.
 */
function describe({ device }: TopologyNode<ShownDevice>, branch: string, width: number | null): string {
  const address = shortAddress(device.address);
  const title = deviceTitle(device);
  const facts = [
    ...(device.driver === null ? [] : [cellText(device.driver)]),
    ...(typeof device.iommuGroup === 'number' ? [`group ${device.iommuGroup}`] : []),
  ];
  if (width === null) return `${branch}${address}${GAP}${title}${factsText(facts, facts.length)}`;
  const start = `${cutBranch(branch, width - address.length)}${address}`;
  const room = width - start.length - GAP.length;
  const roomForFacts = room - Math.min(textWidth(title), MIN_TITLE_WIDTH);
  const ends = [...facts.keys(), facts.length].reverse().map((most) => factsText(facts, most));
  const end = ends.find((text) => textWidth(text) <= roomForFacts) ?? '';
  return `${start}${GAP}${cutText(title, room - textWidth(end))}${end}`.trimEnd();
}

/** The first facts, with a mark if there are more, because a device without facts has no driver and no group. */
function factsText(facts: readonly string[], most: number): string {
  const shown = most < facts.length ? [...facts.slice(0, most), '…'] : facts;
  return shown.length === 0 ? '' : `${GAP}(${shown.join(', ')})`;
}

/** A branch without its beginning, if the tree is deeper than the width of the terminal. */
function cutBranch(branch: string, width: number): string {
  return branch.length <= width ? branch : `…${branch.slice(branch.length - width + 1)}`;
}
