import { installedFolder } from '../../machines/events/installed-scripts.ts';
import type { EventScript } from '../../machines/events/machine-event.ts';
import type { FileChange } from '../changes/host/file.ts';
import type { Step } from '../plan.ts';
import { directoryStep } from './machine-steps.ts';

/** A machine with its scripts, in its folder and on the host. */
export interface ScriptsOfMachine {
  readonly name: string;
  readonly uuid: string;
  readonly wanted: readonly EventScript[];
  /** The texts of installed scripts by their paths: `prepare.d/10-x`. */
  readonly installed: ReadonlyMap<string, string>;
}

/** The scripts that are not installed as they are in the folder, in words. */
export function scriptDifferences({ wanted, installed }: ScriptsOfMachine): readonly string[] {
  const paths = new Set(wanted.map(({ path }) => path));
  return [
    ...wanted
      .filter(({ path, text }) => installed.get(path) !== text)
      .map(({ path, file }) => `${file} ${installed.has(path) ? 'is changed' : 'is not installed'}`),
    ...[...installed.keys()]
      .filter((path) => !paths.has(path))
      .map((path) => `script ${path} is installed, and not in the folder`),
  ];
}

/**
 * The steps that install the scripts of a machine for root, which replaces and removes those that were installed
 * before.
 *
 * @param isThere whether a directory exists
 */
export function scriptSteps(scripts: ScriptsOfMachine, isThere: (path: string) => boolean): readonly Step[] {
  const { name, uuid, wanted, installed } = scripts;
  const folder = installedFolder(uuid);
  const paths = new Set(wanted.map(({ path }) => path));
  const gone = [...installed.keys()].filter((path) => !paths.has(path));
  const needed = foldersOf(folder, [...paths]);
  return [
    ...newFolders(needed, isThere),
    ...wanted
      .filter(({ path, text }) => installed.get(path) !== text)
      .map(({ path, text, file, event }) =>
        fileStep(
          `${folder}/${path}`,
          installed.get(path) ?? null,
          text,
          `${name}: install ${file}, which root runs on ${event}`,
        ),
      ),
    ...gone.map((path) =>
      fileStep(`${folder}/${path}`, installed.get(path) ?? null, null, `${name}: remove the script ${path}`),
    ),
    ...foldersOf(folder, gone)
      .filter((path) => !needed.includes(path))
      .toReversed()
      .map((path) => directoryStep(path, false)),
  ];
}

/** The steps that make directories. If the outermost one is new, it is undone with those that files make in it. */
function newFolders(
  [first, ...others]: readonly string[],
  isThere: (path: string) => boolean,
): readonly Step[] {
  if (first === undefined) return [];
  if (!isThere(first)) return [directoryStep(first, true, true)];
  return others.filter((path) => !isThere(path)).map((path) => directoryStep(path, true));
}

/** The directories that files need, the outermost first; none without files. */
function foldersOf(folder: string, paths: readonly string[]): readonly string[] {
  const inner = new Set(paths.map((path) => `${folder}/${path.slice(0, path.lastIndexOf('/'))}`));
  return inner.size === 0 ? [] : [folder, ...inner];
}

function fileStep(path: string, from: string | null, to: string | null, words: string): Step {
  const change: FileChange = { kind: 'file', path, from, to, executable: true };
  return { words, change };
}
