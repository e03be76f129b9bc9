interface IndexEntry {
  readonly key: string;
  readonly value: string;
}

interface IndexNode {
  readonly children: Map<number, IndexNode>;
  readonly values: { readonly value: string; readonly priority: number }[];
}

const MAGIC = 0xb007f457;
const VERSION = 0x00020001;
const HEADER_BYTES = 12;
const HAS_PREFIX = 0x80000000;
const HAS_VALUES = 0x40000000;
const HAS_CHILDREN = 0x20000000;

/**
 * An index as `depmod` of kmod writes it (`modules.dep.bin`): a tree by the letters of the keys. The format is in
 * `libkmod-index.h` of kmod. Keys that are not ASCII are left out, because no request can name them.
 */
export function packIndex(entries: readonly IndexEntry[]): Uint8Array {
  const root = newNode();
  for (const [priority, { key, value }] of entries.entries()) {
    if (/^[!-~]+$/.test(key)) insert(root, key, value, priority);
  }
  const bytes: number[] = [];
  const place = writeNode(root, bytes);
  const header = [MAGIC, VERSION, place].flatMap(bigEndian);
  return Uint8Array.from(header.concat(bytes));
}

function newNode(): IndexNode {
  return { children: new Map(), values: [] };
}

function insert(root: IndexNode, key: string, value: string, priority: number): void {
  let node = root;
  for (const letter of Buffer.from(key, 'latin1')) {
    const next = node.children.get(letter) ?? newNode();
    node.children.set(letter, next);
    node = next;
  }
  node.values.push({ value, priority });
}

/** Writes a node behind its children; gives its place with the parts that it has. */
function writeNode(start: IndexNode, bytes: number[]): number {
  const prefix: number[] = [];
  let node = start;
  // A chain without branches is one node with a prefix.
  while (node.values.length === 0 && node.children.size === 1) {
    const [[letter, next]] = [...node.children] as [[number, IndexNode]];
    prefix.push(letter);
    node = next;
  }
  const letters = [...node.children.keys()].sort((a, b) => a - b);
  const [first = 0, last = 0] = [letters[0], letters.at(-1)];
  const children = letters.map(
    (letter) => [letter, writeNode(node.children.get(letter) as IndexNode, bytes)] as const,
  );
  let place = HEADER_BYTES + bytes.length;
  if (prefix.length > 0) {
    place += HAS_PREFIX;
    bytes.push(...prefix, 0);
  }
  if (children.length > 0) {
    place += HAS_CHILDREN;
    const places = new Map(children);
    bytes.push(first, last);
    for (let letter = first; letter <= last; letter += 1) bytes.push(...bigEndian(places.get(letter) ?? 0));
  }
  if (node.values.length > 0) {
    place += HAS_VALUES;
    bytes.push(...bigEndian(node.values.length));
    for (const { value, priority } of node.values)
      bytes.push(...bigEndian(priority), ...Buffer.from(`${value}\0`, 'latin1'));
  }
  return place;
}

function bigEndian(value: number): readonly number[] {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256);
}
