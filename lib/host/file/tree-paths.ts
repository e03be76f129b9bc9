import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { resolveLink } from './resolve-link.ts';

// The limit of the kernel.
const MAX_LINKS = 40;

// An exception for a missing file costs several times as much as a check.
const NO_ERROR = { throwIfNoEntry: false } as const;
const WITH_TYPES = { withFileTypes: true } as const;

/** A path in the tree without links, and whether it exists. */
interface Place {
  readonly path: string;
  readonly isThere: boolean;
}

const ROOT: Place = { path: '', isThere: true };

/** Why a path in a tree cannot be used; `code` is as in an error of the kernel. */
class TreePathError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/**
 * The paths of a captured tree, as if its root were that of the file system. A link that leads out of it is refused,
 * because its target belongs to this machine.
 */
export class TreePaths {
  readonly #root: string;
  /** The real path of each directory, with links followed. */
  readonly #directories = new Map<string, string>([['', '']]);
  /** The last of them that was asked for: one file of a directory after another is. */
  #last = '';
  #lastAsked = '';

  /** @param root absolute, without a slash at its end */
  constructor(root: string) {
    this.#root = root;
  }

  /**
   * The path on this machine of a file in the tree, with all links followed. Throws as the file system does, if the
   * file exists.
   */
  whole(path: string): string {
    return this.#root + this.#follow(path, 0).path;
  }

  /** The same, but a link in the last part of the path is not followed. */
  entry(path: string): string {
    return this.#root + this.#parted(path, 0);
  }

  /** The names in a directory. What is a directory among them is none that a link leads to, and needs no look later. */
  names(path: string): string[] {
    const { path: at } = this.#follow(path, 0);
    return readdirSync(this.#root + at, WITH_TYPES).map((entry) => {
      if (entry.isDirectory()) this.#directories.set(`${path}/${entry.name}`, `${at}/${entry.name}`);
      return entry.name;
    });
  }

  /**
   * The same for a file to be read: only a regular file, because opening a device has effects; `null` if there is
   * none.
   */
  file(path: string): string | null {
    const at = this.entry(path);
    const status = lstatSync(at, NO_ERROR);
    if (status === undefined) return null;
    if (status.isSymbolicLink()) throw new TreePathError('ELOOP');
    if (status.isDirectory()) throw new TreePathError('EISDIR');
    if (!status.isFile()) throw new TreePathError('not a regular file');
    return at;
  }

  /** Whether a path exists, with links followed. Throws as the file system does. */
  exists(path: string): boolean {
    return this.#follow(path, 0).isThere;
  }

  #parted(path: string, links: number): string {
    const slash = path.lastIndexOf('/');
    return `${this.#directory(path.slice(0, slash), links)}/${path.slice(slash + 1)}`;
  }

  #directory(path: string, links: number): string {
    if (path === this.#lastAsked) return this.#last;
    const known = this.#directories.get(path);
    if (known !== undefined) {
      this.#lastAsked = path;
      this.#last = known;
      return known;
    }
    const found = this.#follow(path, links);
    // A file that is created there later may be a link.
    if (found.isThere) this.#directories.set(path, found.path);
    return found.path;
  }

  #follow(path: string, links: number): Place {
    if (path === '' || path === '/') return ROOT;
    const at = this.#parted(path, links);
    const status = lstatSync(this.#root + at, NO_ERROR);
    if (status?.isSymbolicLink() !== true) return { path: at, isThere: status !== undefined };
    if (links === MAX_LINKS) throw new TreePathError('ELOOP');
    const next = resolveLink(at, readlinkSync(this.#root + at));
    if (next === null) throw new TreePathError('a symbolic link points outside the tree');
    return this.#follow(next, links + 1);
  }
}
