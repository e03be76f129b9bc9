import { type BootLoaderChange, STALE } from '../../plan/change.ts';
import { givesArguments } from '../../plan/grub-configuration.ts';
import { BOOT_LOADER_PATHS, FIX_PATHS } from '../../sysfs/paths.ts';
import type { ChangeKind, Problem } from '../change-kind.ts';
import type { ChangeableHost } from '../changeable-host.ts';

const UPDATE = 'update-grub';
const STATE_PATH = FIX_PATHS.bootLoaderState;
const CONFIGURATION = BOOT_LOADER_PATHS.grubConfiguration;
/** It looks for other systems on all disks, where it is told to. */
const TIMEOUT_MS = 10 * 60_000;

/**
 * Makes the configuration of GRUB anew, by `update-grub`, and looks whether what it starts is given what it is to be. With
 * what it was made is kept in a file, since words of ours may be there by others as well.
 */
export const bootLoaderChange: ChangeKind<BootLoaderChange> = {
  async isReached({ files }, _, goal) {
    const state = await files.read(STATE_PATH);
    return state === null ? goal === null : typeof state === 'string' && state.trim() === goal;
  },

  async reach(host, { to }, goal) {
    const { files } = host;
    // Whatever comes of it, it is not to be taken for what it was.
    const marking = await files.replace(STATE_PATH, `${STALE}\n`);
    if (marking !== 'written') return `${STATE_PATH} can't be written: ${marking.failed}`;
    if (goal === STALE) return null;
    // What it was before is what comes of the files that were there, whether or not somebody had taken ours away.
    const problem = (await update(host)) ?? (goal === to && goal !== null ? await missing(host, goal) : null);
    if (problem !== null) return problem;
    const storing =
      goal === null ? await files.remove(STATE_PATH) : await files.replace(STATE_PATH, `${goal}\n`);
    if (storing === 'written') return null;
    return `${STATE_PATH} can't be ${goal === null ? 'removed' : 'written'}: ${storing.failed}`;
  },
};

async function update({ runner }: ChangeableHost): Promise<Problem | null> {
  const run = await runner.run(UPDATE, [], { timeoutMs: TIMEOUT_MS });
  if (run.kind === 'missing') return `there is no ${UPDATE}`;
  if (run.kind === 'failed') return `${UPDATE} ${run.detail}`;
  if (run.exitCode === 0) return null;
  const said = run.stderr.trim().split('\n').at(-1) ?? '';
  return said === '' ? `${UPDATE} exits with ${run.exitCode}` : said;
}

/** A file that is read after ours may have set the variable anew. */
async function missing({ files }: ChangeableHost, words: string): Promise<Problem | null> {
  const text = await files.read(CONFIGURATION);
  if (typeof text === 'object' && text !== null) return `${CONFIGURATION} can't be read: ${text.failed}`;
  return text !== null && givesArguments(text, words.split(' '))
    ? null
    : `${UPDATE} ended well, and no entry of ${CONFIGURATION} has ${words}: see what else is in /etc/default/grub.d`;
}
