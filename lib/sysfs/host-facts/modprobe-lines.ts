import type { Known } from '../../base/known.ts';
import { type HostReader, isFailure, knownOf } from '../../host/host-reader.ts';
import { MACHINE_PATHS } from '../paths.ts';

const MOST_FILES = 200;

/** A line of a file of modprobe.d(5). */
export interface ModprobeLine {
  readonly line: string;
  readonly path: string;
}

/**
 * The lines of modprobe.d(5) that begin with one of the prefixes. A file replaces one with the same name in a later
 * folder.
 */
export function readModprobeLines(
  host: HostReader,
  prefixes: readonly string[],
): Known<readonly ModprobeLine[]> {
  const found: ModprobeLine[] = [];
  const seen = new Set<string>();
  for (const folder of MACHINE_PATHS.modprobeFolders) {
    const names = host.list(folder);
    if (isFailure(names)) return knownOf<never>(names);
    for (const name of (names ?? []).filter((each) => each.endsWith('.conf')).slice(0, MOST_FILES)) {
      if (seen.has(name)) continue;
      seen.add(name);
      const path = `${folder}/${name}`;
      const lines = host.readLines(path, prefixes);
      if (isFailure(lines)) return knownOf<never>(lines);
      for (const line of lines ?? []) found.push({ line, path });
    }
  }
  return found;
}
