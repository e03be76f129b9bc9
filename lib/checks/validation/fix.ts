import { knownValue } from '../../base/known.ts';
import type { HostFacts } from '../../facts/host-facts.ts';

/**
 * A change of a host by which a rule comes to hold, as a value: the words of a remedy are made of it, it is told as data, and
 * steps of a plan are made of it.
 */
export type Fix =
  /** A word of the kernel's command line, at the next boot. It has to be one that takes back what stands before it. */
  | { readonly kind: 'kernel-argument'; readonly argument: string }
  /** A module is loaded, now and at each boot. */
  | { readonly kind: 'load-module'; readonly module: string }
  /** What a module is loaded with, from the next boot on. */
  | { readonly kind: 'module-option'; readonly module: string; readonly option: string }
  /** How much memory the programs of a user may lock, from the next login on. */
  | { readonly kind: 'lock-limit'; readonly user: string; readonly sizeBytes: number }
  /** What outlives a boot is brought in line with what was written down: files of ours, and the initial RAM disks. */
  | { readonly kind: 'persisted' };

/** What of a host decides what a fix is there. */
export type FixFacts = Pick<HostFacts, 'bootLoader' | 'distribution'>;

/** Why a fix can not be made by us on a host, as a clause; `null` where it can. */
export function obstacleTo({ kind }: Fix, { bootLoader }: FixFacts): string | null {
  if (kind !== 'kernel-argument' || bootLoader === 'update-grub') return null;
  const loader = knownValue(bootLoader);
  return loader === undefined || loader === 'other'
    ? 'it is uncertain which boot loader sets the kernel command line'
    : `${loader} sets the kernel command line here`;
}

/** With what a fix comes into force, where it does not at once. */
export function awaitedBy({ kind }: Fix): 'restart' | 'login' | null {
  if (kind === 'lock-limit') return 'login';
  return kind === 'kernel-argument' || kind === 'module-option' ? 'restart' : null;
}
