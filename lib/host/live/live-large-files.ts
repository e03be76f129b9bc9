import { createHash } from 'node:crypto';
import {
  chmod as chmodNode,
  open,
  readdir,
  realpath,
  rename as renameNode,
  rm as rmNode,
  stat,
  statfs,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { demandGoing } from '../../base/cancelled.ts';
import { PortalGunError } from '../../base/errors.ts';
import { formatSize } from '../../base/text.ts';
import { Distrust, distrustOf, prepareFolder } from '../file/own-files.ts';
import { errorCode } from '../host-reader.ts';
import type { CopyOptions, FileContent, FileStatus, LargeFiles, ScratchFolder } from '../large-files.ts';
import { openScratchIn } from './live-scratch.ts';

const SCRATCH = '/var/lib/portal-gun/scratch';
const PIECE_BYTES = 1024 * 1024;
/** The free space that a file system needs to keep working. */
const RESERVE_BYTES = 64 * 1024 * 1024;
const BLOCK_BYTES = 512;

// The lint rule for promises without await does not see those of Node's own types.
interface OpenFile {
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  write(buffer: Uint8Array, offset: number, length: number, position: number): Promise<unknown>;
  truncate(length: number): Promise<void>;
  chmod(mode: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}
const openFile: (path: string, flags: string, mode?: number) => Promise<OpenFile> = open;
const rename: (from: string, to: string) => Promise<void> = renameNode;
const rm: (path: string, options: { readonly force: true }) => Promise<void> = rmNode;
const chmod: (path: string, mode: number) => Promise<void> = chmodNode;

/** The large files of a host that is a directory tree: `root`, which is absolute, is prefixed to every path. */
export class LiveLargeFiles implements LargeFiles {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async status(path: string): Promise<FileStatus | null> {
    try {
      const found = await stat(this.#root + path);
      if (!found.isFile()) return null;
      const real = await realpath(this.#root + path);
      const storedBytes = Math.min(found.size, found.blocks * BLOCK_BYTES);
      return { realPath: real.slice(this.#root.length), sizeBytes: found.size, storedBytes };
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(errorCode(error))) return null;
      throw storeError(path, error);
    }
  }

  async read(path: string, offset: number, length: number): Promise<Uint8Array> {
    return attempt(path, () =>
      withFile(this.#trusted(path), 'r', async (file) => {
        const bytes = new Uint8Array(length);
        return bytes.subarray(0, await fill(file, bytes, offset));
      }),
    );
  }

  async content(path: string, options: Omit<CopyOptions, 'mode'> = {}): Promise<FileContent> {
    return attempt(path, async () => {
      const at = this.#trusted(path, options.owner);
      return withFile(at, 'r', async (file) => stream(file, (await stat(at)).size, options));
    });
  }

  async demandSpace(folder: string, bytes: number): Promise<void> {
    await attempt(folder, async () => {
      prepareFolder(this.#root, folder);
      const { bavail, bsize } = await statfs(this.#root + folder);
      const free = Math.max(bavail * bsize - RESERVE_BYTES, 0);
      if (free >= bytes) return;
      throw new PortalGunError('NO_SPACE', `has ${formatSize(free)} free, but needs ${formatSize(bytes)}`, {
        subject: folder,
      });
    });
  }

  async put(
    source: string | Uint8Array,
    placeOf: (content: FileContent) => string,
    options: CopyOptions,
  ): Promise<FileContent & { readonly isNew: boolean }> {
    const scratch = await this.openScratch();
    const draft = join(scratch.path, 'file');
    try {
      if (typeof source === 'string') {
        const status = await this.status(source);
        if (status !== null) await this.demandSpace(scratch.path, status.storedBytes);
        await this.#copy(source, draft, options);
      } else {
        await this.demandSpace(scratch.path, source.length);
        await scratch.write('file', source);
      }
      const content = await this.content(draft);
      const place = placeOf(content);
      if ((await this.#contentAt(place, options.owner))?.sha256 === content.sha256) {
        await attempt(place, () => chmod(this.#root + place, options.mode));
        return { ...content, isNew: false };
      }
      await this.#place(draft, place, options.mode);
      return { ...content, isNew: true };
    } finally {
      await scratch.close();
    }
  }

  async adopt(source: string, path: string, options: CopyOptions): Promise<FileContent> {
    const content = await this.content(source, options);
    demandGoing(options.signal);
    await this.#place(source, path, options.mode);
    return content;
  }

  async remove(path: string): Promise<void> {
    await attempt(path, async () => {
      await rm(this.#root + path, { force: true });
      await flushFolder(dirname(this.#root + path));
    });
  }

  async list(folder: string): Promise<readonly string[]> {
    return attempt(folder, async () => {
      try {
        const found = await readdir(this.#trusted(folder), { withFileTypes: true });
        return found
          .filter((entry) => entry.isFile())
          .map(({ name }) => name)
          .sort();
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return [];
        throw error;
      }
    });
  }

  async openScratch(): Promise<ScratchFolder> {
    return attempt(SCRATCH, async () => {
      prepareFolder(this.#root, SCRATCH);
      return openScratchIn(this.#root, SCRATCH);
    });
  }

  /** A path on the machine, if only root, or the owner, can have written the file there. */
  #trusted(path: string, owner?: number): string {
    const distrust = distrustOf(this.#root, path, owner);
    if (distrust !== null) throw new Distrust(distrust);
    return this.#root + path;
  }

  async #contentAt(path: string, owner?: number): Promise<FileContent | null> {
    return (await this.status(path)) === null ? null : this.content(path, { owner });
  }

  async #copy(source: string, draft: string, options: CopyOptions): Promise<void> {
    await attempt(source, async () => {
      const at = this.#root + source;
      const status = await stat(at);
      // Opening a FIFO would wait for its writer.
      if (!status.isFile()) throw new PortalGunError('NOT_FOUND', 'not a regular file', { subject: source });
      await withFile(at, 'r', (from) =>
        withFile(this.#root + draft, 'wx', async (to) => {
          await stream(from, status.size, options, async (piece, offset) => {
            // Blocks that are not written are holes, which read as zeros.
            if (piece.some((byte) => byte !== 0)) await to.write(piece, 0, piece.length, offset);
          });
          await to.truncate(status.size);
        }),
      );
    });
  }

  /** Renames a draft to its place when it is on the disk. */
  async #place(draft: string, path: string, mode: number): Promise<void> {
    await attempt(path, async () => {
      const made = prepareFolder(this.#root, dirname(path));
      await withFile(this.#root + draft, 'r+', async (file) => {
        await file.chmod(mode);
        await file.sync();
      });
      await rename(this.#root + draft, this.#root + path);
      await flushFolder(dirname(this.#root + path));
      if (made !== null) await flushFolder(dirname(this.#root + made));
    });
  }
}

async function attempt<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw storeError(path, error);
  }
}

/** Returns an error with a code for an error of the kernel; other errors stay unchanged. */
function storeError(path: string, error: unknown): unknown {
  if (error instanceof Distrust) {
    return new PortalGunError('STORE_FAILED', `cannot be trusted: ${error.message}`, { subject: path });
  }
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  const code = errorCode(error);
  const details = { subject: path, cause: error };
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new PortalGunError('NOT_FOUND', 'no such file', details);
    case 'EACCES':
    case 'EPERM':
      return new PortalGunError('PERMISSION_DENIED', `${code}`, details);
    case 'ENOSPC':
    case 'EDQUOT':
      return new PortalGunError('NO_SPACE', 'the disk is full', details);
    default:
      return new PortalGunError('STORE_FAILED', code, details);
  }
}

async function withFile<T>(path: string, flags: string, run: (file: OpenFile) => Promise<T>): Promise<T> {
  const file = await openFile(path, flags, 0o600);
  try {
    return await run(file);
  } finally {
    await file.close();
  }
}

/** Reads a file piece by piece and returns its checksum and size; each piece is passed on. */
async function stream(
  file: OpenFile,
  allBytes: number,
  { signal, onProgress }: Omit<CopyOptions, 'mode'>,
  take?: (piece: Uint8Array, offset: number) => Promise<void>,
): Promise<FileContent> {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(PIECE_BYTES);
  let offset = 0;
  for (;;) {
    demandGoing(signal);
    const length = await fill(file, buffer, offset);
    if (length === 0) break;
    const piece = buffer.subarray(0, length);
    hash.update(piece);
    await take?.(piece, offset);
    offset += length;
    onProgress?.(offset, allBytes);
  }
  return { sha256: hash.digest('hex'), sizeBytes: offset };
}

async function fill(file: OpenFile, buffer: Uint8Array, offset: number): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, offset + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}

async function flushFolder(path: string): Promise<void> {
  await withFile(path, 'r', (folder) => folder.sync());
}
