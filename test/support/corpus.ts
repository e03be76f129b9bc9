import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * Captured hosts and documents that are not part of the project: beside the checkout, or at the path in the variable.
 */
const CORPUS = resolve(process.env['PORTAL_GUN_CORPUS'] ?? join(import.meta.dirname, '../../../shared/data'));

export interface CorpusFolder {
  readonly path: string;
  /** The names of its files with one extension, sorted; none if the corpus is absent. */
  readonly names: readonly string[];
  /** For the title of a suite: why it is skipped, empty if it is not. */
  readonly note: string;
}

export function corpusFolder(name: string, ending = ''): CorpusFolder {
  const path = join(CORPUS, name);
  const names = existsSync(path) ? readdirSync(path).filter((file) => file.endsWith(ending)) : [];
  return {
    path,
    names: names.sort(),
    note: names.length === 0 ? ` (SKIPPED: nothing in ${path}, set PORTAL_GUN_CORPUS)` : '',
  };
}

const hosts = corpusFolder('hosts', '.tar.gz');

/** The captured hosts by name, none if the corpus is absent. */
export const CORPUS_HOSTS: readonly string[] = hosts.names.map((name) => name.replace('.tar.gz', ''));

/** For the title of a suite about them: why it is skipped, empty if it is not. */
export const WHY_SKIPPED = hosts.note;

/** Unpacks a captured host in a folder; returns its root, which contains a `sys/`. */
export function unpackHost(name: string, folder: string): string {
  const tree = join(folder, name);
  mkdirSync(tree);
  execFileSync('tar', ['xzf', join(hosts.path, `${name}.tar.gz`), '-C', tree]);
  return tree;
}
