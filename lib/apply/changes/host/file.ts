import { Problem } from '../../../base/problem.ts';
import type { FileChange } from '../../../plan/changes/host/file.ts';
import type { ChangeMaker } from '../../change-maker.ts';

/** Writes, replaces or removes a file, whole or not at all. */
export const fileMaker: ChangeMaker<FileChange> = {
  async isReached({ files }, { path }, goal) {
    return (await files.read(path)) === goal;
  },

  async reach({ files }, { path, executable = false }, goal) {
    const storing = goal === null ? await files.remove(path) : await files.replace(path, goal, executable);
    if (storing === 'written') return null;
    const asked = goal === null ? 'remove' : 'write';
    return new Problem('FILE_FAILED', `cannot ${asked} ${path}: ${storing.failed}`);
  },
};
