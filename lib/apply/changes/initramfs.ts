import { Problem } from '../../base/problem.ts';
import { INITRAMFS_STATE_PATH, STALE } from '../../plan/change-states.ts';
import type { InitramfsChange } from '../../plan/changes/initramfs.ts';
import type { ChangeMaker } from '../change-maker.ts';
import { isMadeWith, markMade, markStale, runMaker } from './regenerated.ts';

const UPDATE = 'update-initramfs';
/** Says whether it does anything at all. */
const CONFIGURATION = '/etc/initramfs-tools/update-initramfs.conf';
/** On slow disks it takes minutes, for each kernel that is installed. */
const TIMEOUT_MS = 20 * 60_000;

/**
 * Makes the initial RAM disks anew, for all installed kernels, by `update-initramfs`. That our part went in is told by our
 * hook, which leaves its token; whether it went out, by the program's success, since then there is no hook.
 */
export const initramfsMaker: ChangeMaker<InitramfsChange> = {
  isReached: (host, _, goal) => isMadeWith(host, INITRAMFS_STATE_PATH, goal),

  async reach(host, _, goal) {
    const marking = await markStale(host, INITRAMFS_STATE_PATH);
    if (marking !== null || goal === STALE) return marking;
    const problem = await runMaker(host, UPDATE, ['-u', '-k', 'all'], TIMEOUT_MS);
    if (problem !== null) return problem;
    if (goal === null) return markMade(host, INITRAMFS_STATE_PATH, null);
    return (await isMadeWith(host, INITRAMFS_STATE_PATH, goal))
      ? null
      : new Problem(
          'INITRAMFS_UNCHANGED',
          `${UPDATE} succeeded but created no initramfs: check ${CONFIGURATION}, and that /boot is writable`,
        );
  },
};
