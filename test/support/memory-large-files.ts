import { createHash } from 'node:crypto';
import { demandGoing } from '../../lib/base/cancelled.ts';
import { PortalGunError } from '../../lib/base/errors.ts';
import type {
  CopyOptions,
  FileContent,
  FileStatus,
  LargeFiles,
  ScratchFolder,
} from '../../lib/host/large-files.ts';

const SCRATCH = '/var/lib/portal-gun/scratch';

/** Large files in memory: bytes by their path. */
export class MemoryLargeFiles implements LargeFiles {
  readonly files = new Map<string, Uint8Array>();
  /** The ids of users, by the files of theirs; all others are of root. */
  readonly owners = new Map<string, number>();
  freeBytes = Number.MAX_SAFE_INTEGER;
  #opened = 0;

  async status(path: string): Promise<FileStatus | null> {
    const bytes = this.files.get(path);
    return bytes === undefined
      ? null
      : { realPath: path, sizeBytes: bytes.length, storedBytes: bytes.length };
  }

  async read(path: string, offset: number, length: number): Promise<Uint8Array> {
    return this.#bytes(path).slice(offset, offset + length);
  }

  async content(path: string, options: Omit<CopyOptions, 'mode'> = {}): Promise<FileContent> {
    demandGoing(options.signal);
    this.#demandTrusted(path, options.owner);
    return contentOf(this.#bytes(path));
  }

  async demandSpace(folder: string, bytes: number): Promise<void> {
    if (bytes > this.freeBytes) throw new PortalGunError('NO_SPACE', 'is full', { subject: folder });
  }

  async put(
    source: string | Uint8Array,
    placeOf: (content: FileContent) => string,
    { signal, owner }: CopyOptions,
  ): Promise<FileContent & { readonly isNew: boolean }> {
    const bytes = typeof source === 'string' ? this.#bytes(source) : source;
    await this.demandSpace(SCRATCH, bytes.length);
    demandGoing(signal);
    const content = contentOf(bytes);
    const place = placeOf(content);
    const there = this.files.get(place);
    if (there !== undefined) this.#demandTrusted(place, owner);
    const isNew = there === undefined || contentOf(there).sha256 !== content.sha256;
    this.files.set(place, bytes.slice());
    return { ...content, isNew };
  }

  async adopt(source: string, path: string, { signal }: CopyOptions): Promise<FileContent> {
    demandGoing(signal);
    const bytes = this.#bytes(source);
    this.files.delete(source);
    this.files.set(path, bytes);
    return contentOf(bytes);
  }

  async remove(path: string): Promise<void> {
    this.files.delete(path);
  }

  async list(folder: string): Promise<readonly string[]> {
    return this.#below(folder).filter((name) => !name.includes('/'));
  }

  async openScratch(): Promise<ScratchFolder> {
    this.#opened += 1;
    const path = `${SCRATCH}/1-${this.#opened}`;
    return {
      path,
      list: async (folder = '') =>
        this.#below(folder === '' ? path : `${path}/${folder}`).map((name) =>
          folder === '' ? name : `${folder}/${name}`,
        ),
      read: async (name, maxBytes) => {
        const bytes = this.#bytes(`${path}/${name}`);
        if (bytes.length > maxBytes) throw new PortalGunError('STORE_FAILED', 'EFBIG', { subject: name });
        return bytes;
      },
      write: async (name, content) => {
        const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
        this.files.set(`${path}/${name}`, bytes);
      },
      makeFolder: async () => undefined,
      remove: async (name) => this.#removeBelow(`${path}/${name}`),
      close: async () => this.#removeBelow(path),
    };
  }

  #below(folder: string): readonly string[] {
    return [...this.files.keys()]
      .filter((path) => path.startsWith(`${folder}/`))
      .map((path) => path.slice(folder.length + 1))
      .sort();
  }

  #removeBelow(path: string): void {
    for (const each of this.files.keys()) {
      if (each === path || each.startsWith(`${path}/`)) this.files.delete(each);
    }
  }

  #demandTrusted(path: string, owner: number | undefined): void {
    const user = this.owners.get(path);
    if (user === undefined || user === owner) return;
    throw new PortalGunError('STORE_FAILED', `cannot be trusted: belongs to user ${user}, not to root`, {
      subject: path,
    });
  }

  #bytes(path: string): Uint8Array {
    const bytes = this.files.get(path);
    if (bytes === undefined) throw new PortalGunError('NOT_FOUND', 'no such file', { subject: path });
    return bytes;
  }
}

function contentOf(bytes: Uint8Array): FileContent {
  return { sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length };
}
