import { Problem } from '../../../base/problem.ts';
import type { FileStore } from '../../../host/file-store.ts';
import type { DirectoryChange } from '../../../plan/changes/host/directory.ts';
import type { ChangeMaker } from '../../change-maker.ts';

/** The directories of ours above a directory of a machine, from the inside out. */
function foldersAbove(path: string): readonly string[] {
  const above = path.slice(0, path.lastIndexOf('/'));
  return /^\/(run|etc|var\/lib|var\/log)\/portal-gun\/./.test(above) ? [above, ...foldersAbove(above)] : [];
}

/** Of the directories that hold those of machines, an empty one is of no use. */
async function removeEmptyAbove(files: FileStore, path: string): Promise<void> {
  for (const folder of foldersAbove(path)) {
    await files.removeFolder(folder, false);
  }
}

/** Makes a directory, or removes it. */
export const directoryMaker: ChangeMaker<DirectoryChange> = {
  isReached: async ({ files }, { path }, goal) => (await files.isFolder(path)) === goal,

  async reach({ files }, { path, withContent = false }, goal) {
    const storing = goal ? await files.makeFolder(path) : await files.removeFolder(path, withContent);
    if (storing === 'written') {
      if (!goal) await removeEmptyAbove(files, path);
      return null;
    }
    return new Problem('FILE_FAILED', `cannot ${goal ? 'create' : 'remove'} ${path}: ${storing.failed}`);
  },
};
