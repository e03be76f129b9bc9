import { Problem } from '../../../base/problem.ts';
import type { LinkChange } from '../../../plan/changes/host/link.ts';
import { IP, isLinkFailure, readPfLink } from '../../../sysfs/device/pf-link.ts';
import type { ChangeMaker } from '../../change-maker.ts';
import { linkProblem, problemOfRun } from './ip-problem.ts';

/** Sets the network interface of a function up or down, by `ip`. */
export const linkMaker: ChangeMaker<LinkChange> = {
  async isReached({ reader, runner }, { address }, goal) {
    const link = await readPfLink(reader, runner, address);
    return link !== null && !isLinkFailure(link) && link.isUp === goal;
  },

  async reach({ reader, runner }, { address }, goal) {
    const link = await readPfLink(reader, runner, address);
    const asked = `cannot set its interface ${goal ? 'up' : 'down'}`;
    if (link === null) return new Problem('INTERFACE_MISSING', `${asked}: it has none`);
    if (isLinkFailure(link)) return linkProblem(asked, link);
    if (link.isUp === goal) return null;
    const run = await runner.run(IP, ['link', 'set', 'dev', link.interface, goal ? 'up' : 'down']);
    return problemOfRun(run, 'LINK_FAILED', asked);
  },
};
