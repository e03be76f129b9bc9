import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './pci-program.ts';

/**
 * Options that take names from a file, which is written into a folder: the list of the package with only the ids of
 * the fixtures. The names are the same as with the whole list. For tests with many runs, because reading the whole
 * list takes as long as the rest of a run.
 */
export function shortNames(folder: string): readonly string[] {
  const ids = idsOfFixtures();
  const list = readFileSync(join(ROOT, 'lib/pci/pci.ids'), 'utf8').split('\n');
  const classesAt = list.findIndex((line) => line.startsWith('C '));
  // Whether the last line of each depth was kept: the lines below a removed one are removed too.
  const isKept: boolean[] = [];
  const named = list.slice(0, classesAt).filter((line) => {
    const match = /^(\t{0,2})([0-9a-f]{4})(?: ([0-9a-f]{4}))? {2}/.exec(line);
    if (match === null) return line.startsWith('#');
    const [, tabs = '', first = '', second = first] = match;
    const depth = tabs.length;
    isKept[depth] = ids.has(first) && ids.has(second) && (depth === 0 || isKept[depth - 1] === true);
    return isKept[depth];
  });
  const file = join(folder, 'short-pci.ids');
  writeFileSync(file, [...named, ...list.slice(classesAt)].join('\n'));
  return ['--pci-ids', file];
}

/** Every word of the fixtures that may be an id. */
function idsOfFixtures(): ReadonlySet<string> {
  const folder = join(ROOT, 'fixtures');
  const files = readdirSync(folder).filter((name) => name.endsWith('.snapshot'));
  const ids = files.flatMap((name) => {
    const found = readFileSync(join(folder, name), 'utf8').matchAll(
      /(?<![0-9a-f])(?:0x)?([0-9a-f]{4})(?![0-9a-f])/gi,
    );
    return Array.from(found, ([, id = '']) => id.toLowerCase());
  });
  return new Set(ids);
}
