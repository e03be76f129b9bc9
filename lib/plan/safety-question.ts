import type { PciAddress } from '../pci/address.ts';
import type { DriverState } from './change-states.ts';

/** A device that a definition gets, with the names of the rules that were accepted at its assignment. */
export interface AssignedFunction {
  readonly address: PciAddress;
  readonly allowed: readonly string[];
}

/**
 * The question to the safety rules before a change is made, or undone. The answer needs a reading of the host.
 *
 * - `nothing`: it takes no device.
 * - `taking`: functions leave the host for VMs: all rules.
 * - `returning`: functions return to the host: whether a VM has them.
 * - `plugging`: a VM gets functions by libvirt, which knows which VM has them: all other rules.
 * - `losing`: the host loses functions, or its use of them.
 * - `assigning`: the definition of a VM gets functions, which takes nothing before the VM starts.
 * - `vfs`: the VFs of a PF are lost if their number changes; otherwise those of them that change drivers.
 */
export type SafetyQuestion =
  | { readonly asks: 'nothing' }
  | {
      readonly asks: 'taking' | 'returning' | 'plugging' | 'losing';
      readonly functions: readonly PciAddress[];
    }
  | { readonly asks: 'assigning'; readonly devices: readonly AssignedFunction[] }
  | {
      readonly asks: 'vfs';
      readonly pf: PciAddress;
      readonly count: number;
      readonly drivers: readonly { readonly index: number; readonly driver: DriverState }[];
      /** Whether VFs that change drivers are taken, or lost. */
      readonly moving: 'taking' | 'losing';
    };
