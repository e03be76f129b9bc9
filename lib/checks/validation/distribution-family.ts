import { type Known, knownValue } from '../../base/known.ts';
import type { Distribution } from '../../facts/host-facts.ts';

/** Distributions that are set up alike. */
export type DistributionFamily = 'debian' | 'fedora' | 'arch' | 'suse';

const FAMILIES: Readonly<Record<string, DistributionFamily>> = {
  debian: 'debian',
  ubuntu: 'debian',
  fedora: 'fedora',
  rhel: 'fedora',
  centos: 'fedora',
  arch: 'arch',
  suse: 'suse',
  opensuse: 'suse',
};

/** To which a distribution belongs, by its id and by what it is like; `null` for one that is not known here. */
export function familyOf(distribution: Known<Distribution>): DistributionFamily | null {
  const known = knownValue(distribution);
  if (known === undefined) return null;
  for (const id of [known.id, ...known.like]) {
    const family = FAMILIES[id] ?? FAMILIES[id.split('-')[0] ?? ''];
    if (family !== undefined) return family;
  }
  return null;
}
