import type { FileStore, Storing } from '../../lib/host/file-store.ts';

/** Files in memory: a disk that outlives its writer. */
export class MemoryFiles implements FileStore {
  readonly files = new Map<string, string>();

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

  async list(path: string): Promise<readonly string[]> {
    return [...this.files.keys()]
      .filter((each) => each.startsWith(`${path}/`))
      .map((each) => each.slice(path.length + 1))
      .sort();
  }
}
