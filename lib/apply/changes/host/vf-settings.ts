import { Problem } from '../../../base/problem.ts';
import type { PciAddress } from '../../../pci/address.ts';
import {
  missingSettings,
  settingWords,
  VF_SETTINGS,
  type VfSettings,
} from '../../../pci/sriov/vf-settings.ts';
import type { VfState } from '../../../plan/change-states.ts';
import { settingArguments } from '../../../plan/sriov/setting-arguments.ts';
import { IP, isLinkFailure, readPfLink } from '../../../sysfs/device/pf-link.ts';

import type { ChangeableHost } from '../../changeable-host.ts';
import { linkProblem, problemOfRun } from './ip-problem.ts';

const CANNOT = 'cannot configure its VFs';

/** Whether VFs of a PF have their settings, by the output of `ip` for the interface of the PF. */
export async function areSet(
  { reader, runner }: ChangeableHost,
  pf: PciAddress,
  vfs: readonly VfState[],
): Promise<boolean> {
  const wanting = vfs.filter(({ settings }) => hasAny(settings));
  if (wanting.length === 0) return true;
  const link = await readPfLink(reader, runner, pf);
  if (link === null || isLinkFailure(link)) return false;
  return wanting.every(({ index, settings }) => {
    const actual = link.vfs.get(index);
    return actual !== undefined && !hasAny(missingSettings(settings, actual));
  });
}

/** Sets the missing settings of each VF, one after the other, so that a refusal shows which one is refused. */
export async function setVfs(
  { reader, runner }: ChangeableHost,
  pf: PciAddress,
  vfs: readonly VfState[],
): Promise<Problem | null> {
  if (!vfs.some(({ settings }) => hasAny(settings))) return null;
  const link = await readPfLink(reader, runner, pf);
  if (link === null) return new Problem('INTERFACE_MISSING', `${CANNOT}: it has no network interface`);
  if (isLinkFailure(link)) return linkProblem(CANNOT, link);
  for (const { index, settings } of vfs) {
    const missing = missingSettings(settings, link.vfs.get(index) ?? {});
    for (const key of VF_SETTINGS) {
      if (missing[key] === undefined) continue;
      const single: VfSettings = { [key]: missing[key] };
      const args = ['link', 'set', 'dev', link.interface, 'vf', String(index), ...settingArguments(single)];
      const run = await runner.run(IP, args);
      const asked = `cannot set ${settingWords(single).join()} of VF ${index}`;
      const problem = problemOfRun(run, 'VF_SETTING_REFUSED', asked);
      if (problem !== null) return problem;
    }
  }
  return null;
}

function hasAny(settings: VfSettings): boolean {
  return Object.keys(settings).length > 0;
}
