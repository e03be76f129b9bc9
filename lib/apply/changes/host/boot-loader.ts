import { Problem } from '../../../base/problem.ts';
import { STALE } from '../../../plan/change-states.ts';
import type { BootLoaderChange } from '../../../plan/changes/host/boot-loader.ts';
import { givesArguments } from '../../../plan/fixes/grub-configuration.ts';
import { BOOT_LOADER_PATHS, FIX_PATHS } from '../../../sysfs/paths.ts';
import type { ChangeMaker } from '../../change-maker.ts';
import type { ChangeableHost } from '../../changeable-host.ts';
import { isMadeWith, markMade, markStale, runMaker } from './regenerated.ts';

const UPDATE = 'update-grub';
const STATE_PATH = FIX_PATHS.bootLoaderState;
const CONFIGURATION = BOOT_LOADER_PATHS.grubConfiguration;
/** It searches all disks for other systems, if that is configured. */
const TIMEOUT_MS = 10 * 60_000;

/**
 * Generates the GRUB configuration with `update-grub`, and checks the kernel arguments in its entries. The arguments
 * are recorded in a state file, because other settings may contain the same words.
 */
export const bootLoaderMaker: ChangeMaker<BootLoaderChange> = {
  isReached: (host, _, goal) => isMadeWith(host, STATE_PATH, goal),

  async reach(host, { to }, goal) {
    const marking = await markStale(host, STATE_PATH);
    if (marking !== null || goal === STALE) return marking;
    // The earlier configuration follows from the earlier files, even if another program removed the file of
    // portal-gun.
    const problem =
      (await runMaker(host, UPDATE, [], TIMEOUT_MS)) ??
      (goal === to && goal !== null ? await missing(host, goal) : null);
    return problem ?? markMade(host, STATE_PATH, goal);
  },
};

/** A later file may have set the variable again. */
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
