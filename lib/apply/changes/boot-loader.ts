import { Problem } from '../../base/problem.ts';
import { STALE } from '../../plan/change-states.ts';
import type { BootLoaderChange } from '../../plan/changes/boot-loader.ts';
import { givesArguments } from '../../plan/fixes/grub-configuration.ts';
import { BOOT_LOADER_PATHS, FIX_PATHS } from '../../sysfs/paths.ts';
import type { ChangeMaker } from '../change-maker.ts';
import type { ChangeableHost } from '../changeable-host.ts';
import { isMadeWith, markMade, markStale, runMaker } from './regenerated.ts';

const UPDATE = 'update-grub';
const STATE_PATH = FIX_PATHS.bootLoaderState;
const CONFIGURATION = BOOT_LOADER_PATHS.grubConfiguration;
/** It looks for other systems on all disks, where it is told to. */
const TIMEOUT_MS = 10 * 60_000;

/**
 * Makes the configuration of GRUB anew, by `update-grub`, and looks whether what it starts is given what it is to be. With
 * what it was made is kept in a file, since words of ours may be there by others as well.
 */
export const bootLoaderMaker: ChangeMaker<BootLoaderChange> = {
  isReached: (host, _, goal) => isMadeWith(host, STATE_PATH, goal),

  async reach(host, { to }, goal) {
    const marking = await markStale(host, STATE_PATH);
    if (marking !== null || goal === STALE) return marking;
    // What it was before is what comes of the files that were there, whether or not somebody had taken ours away.
    const problem =
      (await runMaker(host, UPDATE, [], TIMEOUT_MS)) ??
      (goal === to && goal !== null ? await missing(host, goal) : null);
    return problem ?? markMade(host, STATE_PATH, goal);
  },
};

/** A file that is read after ours may have set the variable anew. */
async function missing({ files }: ChangeableHost, words: string): Promise<Problem | null> {
  const text = await files.read(CONFIGURATION);
  if (typeof text === 'object' && text !== null)
    return new Problem('FILE_FAILED', `cannot read ${CONFIGURATION}: ${text.failed}`);
  return text !== null && givesArguments(text, words.split(' '))
    ? null
    : new Problem(
        'ARGUMENTS_MISSING',
        `${UPDATE} succeeded, but no entry of ${CONFIGURATION} has ${words}: check the other files in /etc/default/grub.d`,
      );
}
