import { chmodSync, lstatSync, mkdirSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from '../host-reader.ts';

/** The folders of ours: what is in them says what root does next. */
const OWN_FOLDERS: readonly OwnFolder[] = [
  // It holds the lock, which whoever can open may take.
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

/** Why something of ours is not to be gone by. */
export class Distrust extends Error {}

/**
 * Why a file in one of our folders must not be believed: somebody other than root may have written it, or may put another
 * in its place. `null` where it may be, where nothing is there, and for a file that is in none of those folders.
 *
 * @param root prefixed to every path
 * @param path absolute in the host
 */
export function distrustOf(root: string, path: string): string | null {
  const own = ownFolderOf(path);
  if (own === null) return null;
  for (const part of partsFrom(own.path, path)) {
    const stats = statusOf(root + part);
    if (stats === null) return null;
    const isLast = part === path;
    if (stats.isSymbolicLink()) return `${part} is a symbolic link`;
    if (!isLast && !stats.isDirectory()) return `${part} is not a directory`;
    const problem = ownershipProblem(stats);
    if (problem !== null) return `${part} ${problem}`;
  }
  return null;
}

/**
 * Makes a folder, with those above it that are missing, each with its mode whatever the umask is. Of those that are ours and
 * were made before, what others may do is taken away.
 *
 * @returns the topmost that was made; `null` where all were there
 * @throws Distrust for one of ours that somebody else owns, or that is a link
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
    // What can't be looked at can't be read either.
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errorCode(error))) return null;
    throw error;
  }
}

/** Root, and who runs this: whoever is not root reads what root wrote, and changes nothing. */
function isTrusted({ uid }: Stats): boolean {
  return uid === 0 || uid === process.geteuid?.();
}

function ownershipProblem(stats: Stats): string | null {
  if (!isTrusted(stats)) return `belongs to user ${stats.uid}, not to root`;
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

/** What is more open than it should be is closed; what is closed further stays. */
function correct(at: string, path: string, mode: number): void {
  const stats = lstatSync(at);
  if (stats.isSymbolicLink()) throw new Distrust(`${path} is a symbolic link`);
  if (!stats.isDirectory()) throw new Distrust(`${path} is not a directory`);
  if (!isTrusted(stats)) throw new Distrust(`${path} belongs to user ${stats.uid}, not to root`);
  const now = stats.mode & 0o7777;
  if ((now & ~mode) !== 0) chmodSync(at, now & mode);
}
