import { chmodSync, lstatSync, mkdirSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from '../host-reader.ts';

/** The folders of portal-gun: their files decide what root does later. */
const OWN_FOLDERS: readonly OwnFolder[] = [
  // It contains the lock, and any process that can open the lock can take it.
  { path: '/run/portal-gun', mode: 0o700 },
  { path: '/var/lib/portal-gun', mode: 0o755 },
  { path: '/etc/portal-gun', mode: 0o755 },
];

interface OwnFolder {
  readonly path: string;
  readonly mode: number;
}

const FOLDER_MODE = 0o755;
const OTHERS_WRITE = 0o022;

/** Why a file of portal-gun is not trusted. */
export class Distrust extends Error {}

/**
 * Why a file in a folder of portal-gun must not be trusted: a user other than root may have written it, or may
 * replace it. `null` if it can be trusted, if there is no file, and for a file in another folder.
 *
 * @param root prefixed to every path
 * @param path absolute in the host
 * @param owner the id of another user whose file is trusted, but not its folders
 */
export function distrustOf(root: string, path: string, owner?: number): string | null {
  const own = ownFolderOf(path);
  if (own === null) return null;
  for (const part of partsFrom(own.path, path)) {
    const stats = statusOf(root + part);
    if (stats === null) return null;
    const isLast = part === path;
    if (stats.isSymbolicLink()) return `${part} is a symbolic link`;
    if (!isLast && !stats.isDirectory()) return `${part} is not a directory`;
    const problem =
      isLast && stats.isFile() && stats.uid === owner ? modeProblem(stats) : ownershipProblem(stats);
    if (problem !== null) return `${part} ${problem}`;
  }
  return null;
}

/**
 * Creates a folder and its missing parents, each with its mode whatever the umask is. On existing folders of
 * portal-gun, the permissions of other users are removed.
 *
 * @returns the topmost folder that was created; `null` if all existed
 * @throws Distrust for a folder of portal-gun that belongs to another user, or that is a link
 */
export function prepareFolder(root: string, folder: string): string | null {
  const own = ownFolderOf(folder);
  const top = makeMissing(root, own?.path ?? folder, own?.mode ?? FOLDER_MODE);
  if (own === null) return top;
  correct(root + own.path, own.path, own.mode);
  let made = top;
  for (const part of partsFrom(own.path, folder).slice(1)) {
    made = makeMissing(root, part, FOLDER_MODE) ?? made;
    correct(root + part, part, FOLDER_MODE);
  }
  return made;
}

function ownFolderOf(path: string): OwnFolder | null {
  return OWN_FOLDERS.find((own) => path === own.path || path.startsWith(`${own.path}/`)) ?? null;
}

/** A folder, and every path from there down to another: `/a`, `/a/b`, `/a/b/c`. */
function partsFrom(folder: string, path: string): readonly string[] {
  const names = path.slice(folder.length).split('/').slice(1);
  return [folder, ...names.map((_, index) => [folder, ...names.slice(0, index + 1)].join('/'))];
}

function statusOf(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch (error) {
    // A path whose status cannot be read cannot be read either.
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errorCode(error))) return null;
    throw error;
  }
}

/** Root, and the user of this process: a user other than root reads the files of root, and changes none. */
function isTrusted({ uid }: Stats): boolean {
  return uid === 0 || uid === process.geteuid?.();
}

function ownershipProblem(stats: Stats): string | null {
  return isTrusted(stats) ? modeProblem(stats) : `belongs to user ${stats.uid}, not to root`;
}

function modeProblem(stats: Stats): string | null {
  const mode = (stats.mode & 0o7777).toString(8);
  return (stats.mode & OTHERS_WRITE) === 0 ? null : `is writable by users other than root (mode ${mode})`;
}

function makeMissing(root: string, folder: string, mode: number): string | null {
  if (folder === '/') {
    mkdirSync(`${root}/`, { recursive: true });
    return null;
  }
  if (statusOf(root + folder) !== null) return null;
  const above = makeMissing(root, dirname(folder), FOLDER_MODE);
  try {
    mkdirSync(root + folder, { mode });
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return above;
    throw error;
  }
  chmodSync(root + folder, mode);
  return above ?? folder;
}

/** Removes permissions above `mode`; does not add any. */
function correct(at: string, path: string, mode: number): void {
  const stats = lstatSync(at);
  if (stats.isSymbolicLink()) throw new Distrust(`${path} is a symbolic link`);
  if (!stats.isDirectory()) throw new Distrust(`${path} is not a directory`);
  if (!isTrusted(stats)) throw new Distrust(`${path} belongs to user ${stats.uid}, not to root`);
  const now = stats.mode & 0o7777;
  if ((now & ~mode) !== 0) chmodSync(at, now & mode);
}
