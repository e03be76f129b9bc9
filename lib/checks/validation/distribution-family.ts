import { type Known, knownValue } from '../../base/known.ts';
import type { Distribution } from '../../facts/host-facts.ts';

/** Distributions with the same setup. */
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

/** The family of a distribution, by its id and the systems that it is derived from; `null` if it is not known here. */
export function familyOf(distribution: Known<Distribution>): DistributionFamily | null {
  const known = knownValue(distribution);
  if (known === undefined) return null;
  for (const id of [known.id, ...known.like]) {
    const family = FAMILIES[id] ?? FAMILIES[id.split('-')[0] ?? ''];
    if (family !== undefined) return family;
  }
  return null;
}
