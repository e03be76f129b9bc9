import { Problem } from '../../../base/problem.ts';
import { INITRAMFS_STATE_PATH, STALE } from '../../../plan/change-states.ts';
import type { InitramfsChange } from '../../../plan/changes/host/initramfs.ts';
import type { ChangeMaker } from '../../change-maker.ts';
import { isMadeWith, markMade, markStale, runMaker } from './regenerated.ts';

const UPDATE = 'update-initramfs';
/** This file enables or disables it. */
const CONFIGURATION = '/etc/initramfs-tools/update-initramfs.conf';
/** On slow disks it takes minutes for each installed kernel. */
const TIMEOUT_MS = 20 * 60_000;

/**
 * Generates the initramfs of all installed kernels with `update-initramfs`. The hook leaves a token if the bindings
 * were included; without the hook, success of the program means that they were not.
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
