import type { MachineNeeds } from '../../facts/machine-needs.ts';
import type { ValidatedHost } from './validated-host.ts';
import type { ValidatedDevice } from './validation-fields.ts';
import type { Grade, Verdict } from './verdict.ts';

/** The purposes of a host. */
export const PURPOSES = ['passthrough', 'sriov', 'gpu', 'nested', 'machines'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** One thing that a host, a device or a machine has to be for a purpose. */
interface Rule {
  /** Stable, in kebab-case. */
  readonly id: string;
  /** What holds, in a few words: `the kernel runs with an IOMMU`. */
  readonly title: string;
  /** How grave it is where it does not. */
  readonly grade: Grade;
  readonly purposes: readonly Purpose[];
  /** What it looks at, and why it matters. */
  readonly meaning: string;
}

/** About a host as a whole. */
export interface HostRule extends Rule {
  /** What virt-host-validate calls the same: `device '/dev/kvm' exists`. */
  readonly virtHostValidate?: string;
  /** Why that may come to another result, where it is known to. */
  readonly whyOther?: string;
  readonly evaluate: (host: ValidatedHost) => Verdict;
}

/** About giving one device to a machine. */
export interface DeviceRule extends Rule {
  readonly evaluate: (device: ValidatedDevice, host: ValidatedHost) => Verdict;
}

/** About starting one machine. */
export interface MachineRule extends Rule {
  readonly evaluate: (machine: MachineNeeds, host: ValidatedHost) => Verdict;
}
