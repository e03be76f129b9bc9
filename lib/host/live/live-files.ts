import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import {
  lstat,
  open,
  readdir,
  readFile,
  rmdir as removeEmpty,
  rm as removeNode,
  rename as renameNode,
  stat,
} from 'node:fs/promises';
import { dirname } from 'node:path';
import { Distrust, distrustOf, prepareFolder } from '../file/own-files.ts';
import type { FileStore, Storing } from '../file-store.ts';
import { errorCode } from '../host-reader.ts';
import type { WriteFailure } from '../host-writer.ts';

const FILE_MODE = 0o644;
const PROGRAM_MODE = 0o755;
const MAX_BYTES = 64 * 1024 * 1024;

// The lint rule for promises without `await` does not see those of Node's own types. These methods write to the disk,
// so they have types here: a journal that is not awaited is useless.
interface OpenFile {
  chmod(mode: number): Promise<void>;
  writeFile(text: string): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}
const openFile: (path: string, flags: string, mode?: number) => Promise<OpenFile> = open;
const rename: (from: string, to: string) => Promise<void> = renameNode;
const rmdir: (path: string) => Promise<void> = removeEmpty;
const removeTree: (
  path: string,
  options: { readonly recursive: true; readonly force: true },
) => Promise<void> = removeNode;
const rm: (path: string, options: { readonly force: true }) => Promise<void> = removeNode;

/** The files of a host that is a directory tree: `root`, which is absolute, is prefixed to every path. */
export class LiveFiles implements FileStore {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async read(path: string): Promise<string | null | WriteFailure> {
    try {
      const distrust = distrustOf(this.#root, path);
      if (distrust !== null) return { failed: distrust };
      const at = this.#root + path;
      const status = await stat(at);
      // Opening a FIFO would wait for its writer.
      if (!status.isFile()) return { failed: status.isDirectory() ? 'EISDIR' : 'not a regular file' };
      if (status.size > MAX_BYTES) return { failed: 'EFBIG' };
      return await readFile(at, 'utf8');
    } catch (error) {
      return errorCode(error) === 'ENOENT' ? null : { failed: errorCode(error) };
    }
  }

  replace(path: string, text: string, executable = false): Promise<Storing> {
    return attempt(async () => {
      const at = this.#root + path;
      prepareFolder(this.#root, dirname(path));
      const draft = `${at}.${randomBytes(6).toString('hex')}.draft`;
      try {
        await writeThrough(draft, 'wx', text, executable ? PROGRAM_MODE : FILE_MODE);
        await rename(draft, at);
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
      await flushFolder(dirname(at));
    });
  }

  append(path: string, text: string): Promise<Storing> {
    return attempt(async () => {
      const at = this.#root + path;
      const made = prepareFolder(this.#root, dirname(path));
      await writeThrough(at, 'a', text, FILE_MODE);
      if (made !== null) await flushFolder(dirname(this.#root + made));
      await flushFolder(dirname(at));
    });
  }

  remove(path: string): Promise<Storing> {
    return attempt(async () => {
      const at = this.#root + path;
      await rm(at, { force: true });
      await flushFolder(dirname(at));
    });
  }

  isFile(path: string): Promise<boolean> {
    return this.#is(path, (status) => status.isFile());
  }

  isFolder(path: string): Promise<boolean> {
    return this.#is(path, (status) => status.isDirectory());
  }

  makeFolder(path: string): Promise<Storing> {
    return attempt(async () => {
      const made = prepareFolder(this.#root, path);
      if (made !== null) await flushFolder(dirname(this.#root + made));
    });
  }

  removeFolder(path: string, withContent: boolean): Promise<Storing> {
    return attempt(async () => {
      const at = this.#root + path;
      if (!(await this.isFolder(path))) return;
      if (withContent) await removeTree(at, { recursive: true, force: true });
      else await rmdir(at);
      await flushFolder(dirname(at));
    });
  }

  move(from: string, to: string): Promise<Storing> {
    return attempt(async () => {
      await rename(this.#root + from, this.#root + to);
      await flushFolder(dirname(this.#root + to));
    });
  }

  async #is(path: string, hasType: (status: Stats) => boolean): Promise<boolean> {
    try {
      return hasType(await lstat(this.#root + path));
    } catch {
      return false;
    }
  }

  async list(path: string): Promise<readonly string[] | WriteFailure> {
    try {
      const distrust = distrustOf(this.#root, path);
      if (distrust !== null) return { failed: distrust };
      return (await readdir(this.#root + path)).sort();
    } catch (error) {
      return errorCode(error) === 'ENOENT' ? [] : { failed: errorCode(error) };
    }
  }
}

async function attempt(change: () => Promise<void>): Promise<Storing> {
  try {
    await change();
    return 'written';
  } catch (error) {
    return { failed: error instanceof Distrust ? error.message : errorCode(error) };
  }
}

async function writeThrough(path: string, flags: string, text: string, mode: number): Promise<void> {
  const file = await openFile(path, flags, mode);
  try {
    // The mode must not depend on the umask, or on the earlier file.
    await file.chmod(mode);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A name is on the disk only after its folder is flushed. */
async function flushFolder(path: string): Promise<void> {
  let folder: OpenFile;
  try {
    folder = await openFile(path, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
