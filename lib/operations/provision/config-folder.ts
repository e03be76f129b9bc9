import { PortalGunError } from '../../base/errors.ts';
import type { UserFiles } from '../../host/user-files.ts';
import {
  type ConfigManifest,
  MANIFEST_FILE,
  NO_MANIFEST,
  parseManifest,
} from '../../machines/provision/config-manifest.ts';
import type { ConfigEntry } from '../../machines/provision/config-tree.ts';
import { MAX_GUEST_FILE_BYTES } from '../../machines/provision/guest-state.ts';
import { MACHINES_FOLDER, type MachineFolder, type Project } from '../project/open-project.ts';

/** The directory in the folder of a machine that mirrors the root directory of its guest. */
const CONFIG_FOLDER = 'config';
/** A file that only keeps a directory in a repository. */
const KEEPER = '.gitkeep';
const MAX_ENTRIES = 2000;
const MAX_MANIFEST_BYTES = 256 * 1024;

/** The config folder of a machine. */
export interface ConfigFolder {
  readonly entries: readonly ConfigEntry[];
  readonly manifest: ConfigManifest;
}

/**
 * Reads the config folder of a machine: nothing if there is none.
 *
 * @throws PortalGunError BAD_DEFINITION, PERMISSION_DENIED
 */
export function readConfigFolder({ files }: Project, folder: MachineFolder): ConfigFolder {
  const root = `${folder.path}/${CONFIG_FOLDER}`;
  const source = `${MACHINES_FOLDER}/${folder.name}/${CONFIG_FOLDER}`;
  const manifestPath = `${root}/${MANIFEST_FILE}`;
  const manifest = files.isFile(manifestPath)
    ? parseManifest(textOf(files, manifestPath), `${source}/${MANIFEST_FILE}`)
    : NO_MANIFEST;
  const paths = pathsBelow(files, root, '');
  if (paths.length > MAX_ENTRIES) {
    throw new PortalGunError('BAD_DEFINITION', `has more than ${MAX_ENTRIES} files`, {
      subject: source,
      hint: 'put most of them into a directory that the machine shares: shares: [{ name: data, source: data }]',
    });
  }
  return { manifest, entries: paths.map((path) => entryAt(files, root, source, path)) };
}

/** What a config folder has, by its names only: the number of its files, and whether it has a manifest. */
export function countConfigFolder(
  { files }: Project,
  folder: MachineFolder,
): { readonly files: number; readonly hasManifest: boolean } {
  const root = `${folder.path}/${CONFIG_FOLDER}`;
  const paths = pathsBelow(files, root, '');
  return {
    files: paths.filter((path) => files.entry(`${root}${path}`) !== 'folder').length,
    hasManifest: files.isFile(`${root}/${MANIFEST_FILE}`),
  };
}

function textOf(files: UserFiles, path: string): string {
  return Buffer.from(files.read(path, MAX_MANIFEST_BYTES, 'BAD_DEFINITION')).toString('utf8');
}

function pathsBelow(files: UserFiles, root: string, folder: string): readonly string[] {
  return (files.list(`${root}${folder}`) ?? []).flatMap((name) => {
    const path = `${folder}/${name}`;
    if (path === `/${MANIFEST_FILE}` || name === KEEPER) return [];
    const isFolder = files.entry(`${root}${path}`) === 'folder';
    return isFolder ? [path, ...pathsBelow(files, root, path)] : [path];
  });
}

function entryAt(files: UserFiles, root: string, source: string, path: string): ConfigEntry {
  const found = files.entry(`${root}${path}`);
  const entry = { path, source: `${source}${path}` };
  switch (found) {
    case 'file':
    case 'program': {
      const content = files.read(`${root}${path}`, MAX_GUEST_FILE_BYTES + 1, 'BAD_DEFINITION');
      return { ...entry, what: { kind: 'file', content, isExecutable: found === 'program' } };
    }
    case 'folder':
      return { ...entry, what: { kind: 'directory' } };
    case 'link':
      return { ...entry, what: { kind: 'other', words: 'is a symbolic link' } };
    default:
      return { ...entry, what: { kind: 'other', words: 'is no regular file' } };
  }
}
