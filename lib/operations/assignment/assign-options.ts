import type { MachineChoice } from '../machines/target-machines.ts';
import type { ScopeOptions } from './change-scope.ts';
import type { HostdevChoice } from './hostdev-options.ts';

/** Options for assigning devices to VMs, for every way of selecting them. */
export interface GivingOptions extends Pick<HostdevChoice, 'rom' | 'managed' | 'vlan'> {
  /** The names of accepted safety rules. */
  readonly allow?: readonly string[];
}

/** Options of `pci assign`. */
export interface AssignOptions extends GivingOptions, ScopeOptions {
  /** Selectors; each must mean one device, one card or one IOMMU group. */
  readonly devices: readonly string[];
  /** The VMs that get them. */
  readonly to?: MachineChoice;
  /**
   * `shared` (the default): in every definition, and one VM at a time can run with it; `exclusive`: only one VM;
   * `vf-pool`: the device is a PF, and each VM gets one of its VFs.
   */
  readonly policy?: 'shared' | 'exclusive' | 'vf-pool' | undefined;
  /** With `vf-pool`: whether to create the VFs at each boot too. */
  readonly persist?: boolean;
}
