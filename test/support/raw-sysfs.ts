import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';

/** The contents of the files of one function, unchanged; undefined if there is no file. */
export interface RawFunction {
  readonly vendor: string | undefined;
  readonly device: string | undefined;
  readonly class: string | undefined;
  readonly subsystemVendor: string | undefined;
  readonly subsystemDevice: string | undefined;
  readonly numaNode: string | undefined;
  readonly driver: string | undefined;
  readonly iommuGroup: string | undefined;
  readonly physfn: string | undefined;
  /** In the order of the number in the name of the link. */
  readonly virtfns: readonly string[];
  /** Index and size of the used lines among the first seven. */
  readonly ranges: readonly (readonly [index: number, sizeBytes: number])[] | undefined;
  /** Any other of its files, without surrounding whitespace. */
  readonly text: (name: string) => string | undefined;
  /** Its directory without links, as a path in the tree: `/sys/devices/pci0000:00/0000:00:02.0`. */
  readonly path: string;
}

/**
 * Reads a tree a second time, without code of the project: the file system follows the links, and each fact comes
 * from one file.
 */
export function readRawFunctions(tree: string): ReadonlyMap<string, RawFunction> {
  const bus = join(tree, 'sys/bus/pci/devices');
  return new Map(
    readdirSync(bus).map((address) => [address, readRawFunction(join(bus, address), realpathSync(tree))]),
  );
}

function readRawFunction(directory: string, tree: string): RawFunction {
  const text = (name: string): string | undefined => {
    const path = join(directory, name);
    return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
  };
  const names = readdirSync(directory, { withFileTypes: true });
  const links = new Set(names.filter((entry) => entry.isSymbolicLink()).map(({ name }) => name));
  const target = (name: string): string | undefined =>
    links.has(name) ? basename(readlinkSync(join(directory, name))) : undefined;
  const number = (name: string): number => Number(name.slice('virtfn'.length));
  const virtfns = [...links].filter((name) => name.startsWith('virtfn'));
  return {
    vendor: text('vendor'),
    device: text('device'),
    class: text('class'),
    subsystemVendor: text('subsystem_vendor'),
    subsystemDevice: text('subsystem_device'),
    numaNode: text('numa_node'),
    driver: target('driver'),
    iommuGroup: target('iommu_group'),
    physfn: target('physfn'),
    virtfns: virtfns.sort((a, b) => number(a) - number(b)).map((name) => target(name) ?? ''),
    ranges: text('resource')?.split('\n').slice(0, 7).flatMap(rangeOf),
    text,
    path: realpathSync(directory).slice(tree.length),
  };
}

function rangeOf(line: string, index: number): readonly (readonly [number, number])[] {
  const [start = '0', end = '0'] = line.split(' ');
  const [from, to] = [Number(start), Number(end)];
  return to >= from && to > 0 ? [[index, Number(BigInt(end) - BigInt(start) + 1n)]] : [];
}
