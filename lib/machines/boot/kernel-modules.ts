import { readElf } from './elf.ts';
import { packIndex } from './module-index.ts';

/** A kernel module, as its file describes it. */
export interface KernelModule {
  /** With underscores: `nf_tables`. */
  readonly name: string;
  /** From the directory of the kernel version: `kernel/net/netfilter/nf_tables.ko`. */
  readonly path: string;
  /** The modules that it cannot be loaded without. */
  readonly depends: readonly string[];
  /** The modules to be loaded before it, if they exist. */
  readonly before: readonly string[];
  /** Patterns of the devices and requests that it is for: `pci:v00008086d000010D3sv*sd*bc*sc*i*`. */
  readonly aliases: readonly string[];
}

/** The name of the module in a file: `net/9p/9pnet-virtio.ko.xz` is `9pnet_virtio`. `null` if the file is no module. */
export function moduleNameOf(path: string): string | null {
  const name = /([^/]+)\.ko(\.(gz|xz|zst))?$/.exec(path)?.[1];
  return name === undefined ? null : name.replaceAll('-', '_');
}

/**
 * Reads the section `.modinfo` of a module: `key=value` texts, each ended by NUL.
 *
 * @param path from the directory of the kernel version
 * @returns `null` if it is no module
 */
export function readModule(path: string, bytes: Uint8Array): KernelModule | null {
  const name = moduleNameOf(path);
  const section = readElf(bytes)?.sections.find((each) => each.name === '.modinfo');
  if (name === null || section === undefined) return null;
  const texts = new TextDecoder('latin1')
    .decode(bytes.subarray(section.offset, section.offset + section.sizeBytes))
    .split('\0');
  const valuesOf = (key: string): readonly string[] =>
    texts.filter((text) => text.startsWith(`${key}=`)).map((text) => text.slice(key.length + 1));
  const names = (list: string): readonly string[] =>
    list
      .split(/[\s,]+/)
      .filter((word) => word !== '')
      .map((word) => word.replaceAll('-', '_'));
  const before = valuesOf('softdep').flatMap(
    (text) => /(?:^|\s)pre:((?:\s+[^\s:]+(?!\S*:))*)/.exec(text)?.[1] ?? [],
  );
  return {
    name,
    path,
    depends: valuesOf('depends').flatMap(names),
    before: before.flatMap(names),
    aliases: valuesOf('alias'),
  };
}

/**
 * The files in a module directory that `modprobe` of busybox and of kmod find modules by.
 *
 * @param modules with everything that they depend on
 */
export function moduleTables(modules: readonly KernelModule[]): ReadonlyMap<string, Uint8Array> {
  const paths = new Map(modules.map(({ name, path }) => [name, path]));
  const lines = modules.map((module) => {
    const needed = neededBy(module, modules).map((name) => paths.get(name) ?? '');
    return { name: module.name, line: `${module.path}:${needed.map((path) => ` ${path}`).join('')}` };
  });
  const aliases = modules.flatMap(({ name, aliases: patterns }) =>
    patterns.map((pattern) => ({ pattern: pattern.replaceAll(/-(?![^[]*\])/g, '_'), name })),
  );
  const softdeps = modules.filter(({ before }) => before.length > 0);
  const text = (rows: readonly string[]): Uint8Array =>
    new TextEncoder().encode(rows.map((row) => `${row}\n`).join(''));
  return new Map([
    ['modules.dep', text(lines.map(({ line }) => line))],
    ['modules.dep.bin', packIndex(lines.map(({ name, line }) => ({ key: name, value: line })))],
    ['modules.alias', text(aliases.map(({ pattern, name }) => `alias ${pattern} ${name}`))],
    ['modules.alias.bin', packIndex(aliases.map(({ pattern, name }) => ({ key: pattern, value: name })))],
    ['modules.symbols.bin', packIndex([])],
    ['modules.softdep', text(softdeps.map(({ name, before }) => `softdep ${name} pre: ${before.join(' ')}`))],
  ]);
}

/** The modules that a module needs, in the order of `modules.dep`: the first to be loaded is the last. */
function neededBy(module: KernelModule, modules: readonly KernelModule[]): readonly string[] {
  const byName = new Map(modules.map((each) => [each.name, each]));
  const loaded: string[] = [];
  const visit = ({ depends }: KernelModule): void => {
    for (const name of depends) {
      const found = byName.get(name);
      if (found === undefined || loaded.includes(name)) continue;
      visit(found);
      if (!loaded.includes(name)) loaded.push(name);
    }
  };
  visit(module);
  return loaded.reverse();
}
