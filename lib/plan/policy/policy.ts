import type { Selector } from '../../pci/selector/selector-parser.ts';
import type { VfGoal } from '../sriov/vf-goal.ts';

/** What the hardware of a host is to be, as a file says it. What it does not speak of is left as it is. */
export interface Policy {
  readonly bindings: readonly BindingPolicy[];
  readonly virtualFunctions: readonly VirtualFunctionsPolicy[];
  /** Whether it is to be so after each boot as well. */
  readonly persist: boolean;
}

/** Which devices a part of a policy means, and where it stands in the file: `policy.yaml:4:5`. */
export interface PolicyDevice {
  readonly selector: Selector;
  readonly at: string;
}

/** As the driver of a policy: none that hands devices to VMs. */
export const HOST_DRIVER = 'host';

/** Devices that are to be on a driver. */
interface BindingPolicy {
  readonly device: PolicyDevice;
  /** {@link HOST_DRIVER} for devices that are not to be with a VM; `null` for the VFIO driver that fits. */
  readonly driver: string | null;
}

/** The virtual functions of one PF. */
interface VirtualFunctionsPolicy {
  readonly device: PolicyDevice;
  readonly goal: VfGoal;
  /** On which driver all of them are to be, as in {@link BindingPolicy}; `undefined` where nothing is said. */
  readonly driver: string | undefined;
}
