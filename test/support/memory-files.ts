import type { FileStore, Storing } from '../../lib/host/file-store.ts';

/** Files in memory: a disk that outlives its writer. */
export class MemoryFiles implements FileStore {
  readonly files = new Map<string, string>();
  readonly folders = new Set<string>();

  async read(path: string): Promise<string | null> {
    return this.files.get(path) ?? null;
  }

  async replace(path: string, text: string): Promise<Storing> {
    this.files.set(path, text);
    return 'written';
  }

  async append(path: string, text: string): Promise<Storing> {
    this.files.set(path, (this.files.get(path) ?? '') + text);
    return 'written';
  }

  async remove(path: string): Promise<Storing> {
    this.files.delete(path);
    return 'written';
  }

  async isFile(path: string): Promise<boolean> {
    return this.files.has(path);
  }

  async isFolder(path: string): Promise<boolean> {
    return this.folders.has(path) || [...this.files.keys()].some((each) => each.startsWith(`${path}/`));
  }

  async makeFolder(path: string): Promise<Storing> {
    const parts = path.split('/').slice(1);
    for (const [index] of parts.entries()) this.folders.add(`/${parts.slice(0, index + 1).join('/')}`);
    return 'written';
  }

  async removeFolder(path: string, withContent: boolean): Promise<Storing> {
    const inside = [...this.files.keys(), ...this.folders].filter((each) => each.startsWith(`${path}/`));
    if (inside.length > 0 && !withContent) return { failed: 'ENOTEMPTY' };
    for (const each of [...inside, path]) {
      this.files.delete(each);
      this.folders.delete(each);
    }
    return 'written';
  }

  async move(from: string, to: string): Promise<Storing> {
    const text = this.files.get(from);
    if (text === undefined) return { failed: 'ENOENT' };
    this.files.delete(from);
    this.files.set(to, text);
    return 'written';
  }

  async list(path: string): Promise<readonly string[]> {
    return [...this.files.keys()]
      .filter((each) => each.startsWith(`${path}/`))
      .map((each) => each.slice(path.length + 1))
      .sort();
  }
}
