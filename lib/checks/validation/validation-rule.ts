import type { MachineNeeds } from '../../facts/machine-needs.ts';
import type { ValidatedHost } from './validated-host.ts';
import type { ValidatedDevice } from './validation-fields.ts';
import type { Grade, Verdict } from './verdict.ts';

/** The purposes of a host. */
export const PURPOSES = ['passthrough', 'sriov', 'gpu', 'nested', 'machines'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** One requirement on a host, a device or a VM for a purpose. */
interface Rule {
  /** Stable, in kebab-case. */
  readonly id: string;
  /** The requirement in a few words: `the kernel runs with an IOMMU`. */
  readonly title: string;
  /** The severity if it is not met. */
  readonly grade: Grade;
  readonly purposes: readonly Purpose[];
  /** The facts that it reads, and their importance. */
  readonly meaning: string;
}

/** For a host as a whole. */
export interface HostRule extends Rule {
  /** The name of the same check in virt-host-validate: `device '/dev/kvm' exists`. */
  readonly virtHostValidate?: string;
  /** Why that may have another result, if it is known. */
  readonly whyOther?: string;
  readonly evaluate: (host: ValidatedHost) => Verdict;
}

/** For passing one device to a VM. */
export interface DeviceRule extends Rule {
  readonly evaluate: (device: ValidatedDevice, host: ValidatedHost) => Verdict;
}

/** For starting one VM. */
export interface MachineRule extends Rule {
  readonly evaluate: (machine: MachineNeeds, host: ValidatedHost) => Verdict;
}
