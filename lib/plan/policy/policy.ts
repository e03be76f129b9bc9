import type { Selector } from '../../pci/selector/selector-parser.ts';
import type { VfGoal } from '../sriov/vf-goal.ts';

/** The required state of the hardware of a host, from a file. Anything that it does not mention is unchanged. */
export interface Policy {
  readonly bindings: readonly BindingPolicy[];
  readonly virtualFunctions: readonly VirtualFunctionsPolicy[];
  /** Whether the state also applies after each boot. */
  readonly persist: boolean;
}

/** The devices of a part of a policy, with its position in the file: `policy.yaml:4:5`. */
export interface PolicyDevice {
  readonly selector: Selector;
  readonly at: string;
}

/** The driver of a policy for devices that stay with the host: any driver except VFIO drivers. */
export const HOST_DRIVER = 'host';

/** Devices that must be on a driver. */
interface BindingPolicy {
  readonly device: PolicyDevice;
  /** {@link HOST_DRIVER} for devices of the host; `null` for the matching VFIO driver. */
  readonly driver: string | null;
}

/** The VFs of one PF. */
interface VirtualFunctionsPolicy {
  readonly device: PolicyDevice;
  readonly goal: VfGoal;
  /** The driver of all of them, as in {@link BindingPolicy}; `undefined` if none is given. */
  readonly driver: string | undefined;
}
