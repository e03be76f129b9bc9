import type { Change } from './change.ts';
import type { Guard } from './guard.ts';

/** One change, with its description in words. */
export interface Step {
  /** The action for a user: `0000:03:00.0: from e1000e to vfio-pci`. */
  readonly words: string;
  readonly change: Change;
}

/**
 * The planned changes to a host, as a value: it is printed, exported, written as a script, saved in a journal and
 * applied. Its steps are made in order and undone in reverse.
 */
export interface Plan {
  /** Its purpose in one line: `Bind group 12 to vfio-pci: 2 devices`. */
  readonly title: string;
  readonly guards: readonly Guard[];
  readonly steps: readonly Step[];
}
