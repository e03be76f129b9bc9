import { execFileSync, spawnSync } from 'node:child_process';

/** One function in the output of `lspci -vmmnnkD`: the keys before the colons, and the ids in brackets. */
export interface LspciRecord {
  readonly address: string;
  /** Values by their key: `Class`, `Vendor`, `Rev`, `Driver` …; only the id of a name with an id. */
  readonly fields: ReadonlyMap<string, string>;
  /** The names of values with an id. */
  readonly names: ReadonlyMap<string, string>;
}

/** One range of a function in the output of `lspci -vv`. */
export interface LspciRegion {
  /** `BAR 0`, `ROM`. */
  readonly name: string;
  /** `memory 64 prefetchable`, `memory 32`, `io`; empty for a ROM. */
  readonly kind: string;
  readonly sizeBytes: number;
}

/** Why lspci cannot be used, or undefined if it can. */
export function lspciMissing(): string | undefined {
  return spawnSync('lspci', ['--version']).error === undefined ? undefined : 'lspci is not installed';
}

function lspci(tree: string, options: string): string {
  return execFileSync('lspci', ['-O', `sysfs.path=${tree}/sys/bus/pci`, options], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    // It reports files that a capture lacks.
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, LC_ALL: 'C' },
  });
}

export function lspciRecords(tree: string): readonly LspciRecord[] {
  return parseLspciRecords(lspci(tree, '-vmmnnkD'));
}

/** Parses the output of `lspci -vmmnnkD`. */
export function parseLspciRecords(text: string): readonly LspciRecord[] {
  return text
    .trim()
    .split('\n\n')
    .map((block) => {
      const fields = new Map<string, string>();
      const names = new Map<string, string>();
      for (const line of block.split('\n')) {
        const [, key = '', value = ''] = /^(\w+):\t(.*)$/.exec(line) ?? [];
        const [, name, id] = /^(.*) \[([0-9a-f]{4})\]$/.exec(value) ?? [];
        fields.set(key, id ?? value);
        if (name !== undefined) names.set(key, name);
      }
      return { address: fields.get('Slot') ?? '', fields, names };
    });
}

/** The ranges of each function that have a size. Fails if the capture lacks files that lspci needs. */
export function lspciRegions(tree: string): ReadonlyMap<string, readonly LspciRegion[]> {
  return parseLspciRegions(lspci(tree, '-vvnnD'));
}

/** Parses the ranges in the output of `lspci -vvnnD`. */
export function parseLspciRegions(text: string): ReadonlyMap<string, readonly LspciRegion[]> {
  return linesBelow(text, regionOf);
}

/** The results of `parse` for the lines below each function, in the output of lspci with `-v` or `-k`. */
export function linesBelow<T>(
  text: string,
  parse: (line: string) => T | undefined,
): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  let current: T[] = [];
  for (const line of text.split('\n')) {
    const address = /^[0-9a-f]{4,}:\S+/.exec(line)?.[0];
    if (address !== undefined) {
      current = [];
      found.set(address, current);
    }
    const parsed = parse(line);
    if (parsed !== undefined) current.push(parsed);
  }
  return found;
}

// One tab: with two it is a range of future VFs.
const REGION =
  /^\t(?:Region (\d): (Memory|I\/O ports)|(Expansion ROM)) at .*?(?:\((64-bit|32-bit|low-1M|type 3), (non-)?prefetchable\))?[^(]*\[size=(\d+)([KMGT]?)\]$/;
const UNITS = ['', 'K', 'M', 'G', 'T'];

function regionOf(line: string): LspciRegion | undefined {
  const match = REGION.exec(line);
  if (match === null) return undefined;
  const [, index, what, rom, width = '', non, size = '', unit = ''] = match;
  const sizeBytes = Number(size) * 1024 ** UNITS.indexOf(unit);
  if (rom !== undefined) return { name: 'ROM', kind: '', sizeBytes };
  const memory = `memory ${width.slice(0, 2)}${non === undefined ? ' prefetchable' : ''}`;
  return { name: `BAR ${index}`, kind: what === 'Memory' ? memory : 'io', sizeBytes };
}
