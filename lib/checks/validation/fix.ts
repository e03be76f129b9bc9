import { knownValue } from '../../base/known.ts';
import type { HostFacts } from '../../facts/host-facts.ts';

/**
 * A change of a host that makes a rule pass, as a value. The words of a remedy, the JSON data and the steps of a plan
 * are made from it.
 */
export type Fix =
  /** A word on the kernel command line, at the next boot. It must override the words before it. */
  | { readonly kind: 'kernel-argument'; readonly argument: string }
  /** A module is loaded, now and at each boot. */
  | { readonly kind: 'load-module'; readonly module: string }
  /** An option of a module, from the next boot. */
  | { readonly kind: 'module-option'; readonly module: string; readonly option: string }
  /** The limit of memory that the programs of a user may lock, from the next login. */
  | { readonly kind: 'lock-limit'; readonly user: string; readonly sizeBytes: number }
  /** The files of persisted changes and the initramfs are written again from the records. */
  | { readonly kind: 'persisted' };

/** The facts of a host that decide which fixes exist. */
export type FixFacts = Pick<HostFacts, 'bootLoader' | 'distribution'>;

/** Why portal-gun cannot apply a fix on a host, as a clause; `null` if it can. */
export function obstacleTo({ kind }: Fix, { bootLoader }: FixFacts): string | null {
  if (kind !== 'kernel-argument' || bootLoader === 'update-grub') return null;
  const loader = knownValue(bootLoader);
  return loader === undefined || loader === 'other'
    ? 'it is uncertain which boot loader sets the kernel command line'
    : `${loader} sets the kernel command line here`;
}

/** The event that makes a fix effective, if it is not effective immediately. */
export function awaitedBy({ kind }: Fix): 'restart' | 'login' | null {
  if (kind === 'lock-limit') return 'login';
  return kind === 'kernel-argument' || kind === 'module-option' ? 'restart' : null;
}
