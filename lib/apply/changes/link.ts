import type { LinkChange } from '../../plan/changes/link.ts';
import { IP, isLinkFailure, readPfLink, saidOf } from '../../sysfs/device/pf-link.ts';
import type { ChangeMaker } from '../change-maker.ts';

/** Switches the network interface of a function on or off, by `ip`. */
export const linkMaker: ChangeMaker<LinkChange> = {
  async isReached({ reader, runner }, { address }, goal) {
    const link = await readPfLink(reader, runner, address);
    return link !== null && !isLinkFailure(link) && link.isUp === goal;
  },

  async reach({ reader, runner }, { address }, goal) {
    const link = await readPfLink(reader, runner, address);
    const asked = `its interface can't be switched ${goal ? 'on' : 'off'}`;
    if (link === null) return `${asked}: it has none`;
    if (isLinkFailure(link)) return `${asked}: ${'missing' in link ? `there is no ${IP}` : link.failed}`;
    if (link.isUp === goal) return null;
    const run = await runner.run(IP, ['link', 'set', 'dev', link.interface, goal ? 'up' : 'down']);
    if (run.kind === 'exited' && run.exitCode === 0) return null;
    const why =
      run.kind === 'exited' ? saidOf(run) : run.kind === 'missing' ? `there is no ${IP}` : run.detail;
    return `${asked}: ${why}`;
  },
};
