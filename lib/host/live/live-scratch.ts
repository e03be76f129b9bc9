import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  lstat,
  mkdir as mkdirNode,
  readdir,
  readFile,
  rm as rmNode,
  writeFile as writeFileNode,
} from 'node:fs/promises';
import { join } from 'node:path';
import { PortalGunError } from '../../base/errors.ts';
import type { ScratchFolder } from '../large-files.ts';

// The lint rule for promises without await does not see those of Node's own types.
const mkdir: (path: string, options: { recursive?: boolean; mode?: number }) => Promise<unknown> = mkdirNode;
const rm: (path: string, options: { recursive: true; force: true }) => Promise<void> = rmNode;
const writeFile: (path: string, content: string | Uint8Array) => Promise<void> = writeFileNode;

/** A name tells the process that works in the directory: `812-3f9c…`. */
const NAME = /^(\d+)-[0-9a-f]+$/;

/**
 * Opens a new directory in another, and removes those whose processes are gone.
 *
 * @param root prefixed to every path
 */
export async function openScratchIn(root: string, folder: string): Promise<ScratchFolder> {
  for (const name of await readdir(root + folder)) {
    const pid = NAME.exec(name)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    await rm(join(root + folder, name), { recursive: true, force: true });
  }
  const path = `${folder}/${process.pid}-${randomBytes(6).toString('hex')}`;
  // The programs that work in it drop their privileges and have to reach their files.
  await mkdir(root + path, { mode: 0o755 });
  return new LiveScratch(root, path);
}

class LiveScratch implements ScratchFolder {
  readonly path: string;
  readonly #root: string;

  constructor(root: string, path: string) {
    this.#root = root;
    this.path = path;
  }

  async list(folder = ''): Promise<readonly string[]> {
    const found: string[] = [];
    const visit = async (name: string): Promise<void> => {
      for (const entry of await readdir(this.#at(name), { withFileTypes: true })) {
        const inside = name === '' ? entry.name : `${name}/${entry.name}`;
        if (entry.isFile()) found.push(inside);
        else if (entry.isDirectory()) await visit(inside);
      }
    };
    if (existsSync(this.#at(folder))) await visit(folder);
    return found.sort();
  }

  async read(name: string, maxBytes: number): Promise<Uint8Array> {
    const at = this.#at(name);
    const status = await lstat(at);
    const problem = !status.isFile() ? 'not a regular file' : status.size > maxBytes ? 'EFBIG' : null;
    if (problem === null) return readFile(at);
    throw new PortalGunError('STORE_FAILED', problem, { subject: join(this.path, name) });
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    await writeFile(this.#at(name), content);
  }

  async makeFolder(name: string): Promise<void> {
    await mkdir(this.#at(name), { recursive: true, mode: 0o755 });
  }

  async remove(name: string): Promise<void> {
    await rm(this.#at(name), { recursive: true, force: true });
  }

  async close(): Promise<void> {
    await rm(this.#root + this.path, { recursive: true, force: true });
  }

  #at(name: string): string {
    return join(this.#root + this.path, name);
  }
}
