import { Problem } from '../../base/problem.ts';
import type { DirectoryChange } from '../../plan/changes/directory.ts';
import type { ChangeMaker } from '../change-maker.ts';

/** Makes a directory, or removes it. */
export const directoryMaker: ChangeMaker<DirectoryChange> = {
  isReached: async ({ files }, { path }, goal) => (await files.isFolder(path)) === goal,

  async reach({ files }, { path, withContent = false }, goal) {
    const storing = goal ? await files.makeFolder(path) : await files.removeFolder(path, withContent);
    if (storing === 'written') return null;
    return new Problem('FILE_FAILED', `cannot ${goal ? 'create' : 'remove'} ${path}: ${storing.failed}`);
  },
};
