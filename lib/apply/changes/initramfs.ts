import { INITRAMFS_STATE_PATH, type InitramfsChange, STALE } from '../../plan/change.ts';
import type { ChangeKind, Problem } from '../change-kind.ts';
import type { ChangeableHost } from '../changeable-host.ts';

const UPDATE = 'update-initramfs';
/** Says whether it does anything at all. */
const CONFIGURATION = '/etc/initramfs-tools/update-initramfs.conf';
/** On slow disks it takes minutes, for each kernel that is installed. */
const TIMEOUT_MS = 20 * 60_000;

/**
 * Makes the initial RAM disks anew, for all installed kernels, by `update-initramfs`. That our part went in is told by our
 * hook, which leaves its token; whether it went out, by the program's success, since then there is no hook.
 */
export const initramfsChange: ChangeKind<InitramfsChange> = {
  async isReached({ files }, _, goal) {
    const state = await files.read(INITRAMFS_STATE_PATH);
    return state === null ? goal === null : typeof state === 'string' && state.trim() === goal;
  },

  async reach(host, change, goal) {
    // Whatever comes of it, they are not to be taken for what they were.
    const storing = await host.files.replace(INITRAMFS_STATE_PATH, `${STALE}\n`);
    if (storing !== 'written') return `${INITRAMFS_STATE_PATH} can't be written: ${storing.failed}`;
    if (goal === STALE) return null;
    const problem = await update(host);
    if (problem !== null) return problem;
    if (goal !== null) {
      const isMade = await initramfsChange.isReached(host, change, goal);
      return isMade
        ? null
        : `${UPDATE} ended well and made none: see ${CONFIGURATION}, and whether /boot can be written to`;
    }
    const removing = await host.files.remove(INITRAMFS_STATE_PATH);
    return removing === 'written' ? null : `${INITRAMFS_STATE_PATH} can't be removed: ${removing.failed}`;
  },
};

async function update({ runner }: ChangeableHost): Promise<Problem | null> {
  const run = await runner.run(UPDATE, ['-u', '-k', 'all'], { timeoutMs: TIMEOUT_MS });
  if (run.kind === 'missing') return `there is no ${UPDATE}`;
  if (run.kind === 'failed') return `${UPDATE} ${run.detail}`;
  if (run.exitCode === 0) return null;
  const said = run.stderr.trim().split('\n').at(-1) ?? '';
  return said === '' ? `${UPDATE} exits with ${run.exitCode}` : said;
}
