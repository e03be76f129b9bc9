import type { PciAddress } from '../pci/address.ts';
import type { DriverState } from './change-states.ts';

/** A device that a definition gets, with the names of the rules that were lifted when it was assigned. */
export interface AssignedFunction {
  readonly address: PciAddress;
  readonly allowed: readonly string[];
}

/**
 * What the safety rules have to be asked before a change is made, or undone. Whoever answers reads the host.
 *
 * - `nothing`: it takes nothing from anybody.
 * - `taking`: functions leave the host for VMs: all rules.
 * - `returning`: functions come back to the host: whether a VM has them.
 * - `plugging`: a VM gets functions by libvirt, which knows itself who has them: all other rules.
 * - `losing`: functions are lost to the host, or what it uses of them.
 * - `assigning`: the definition of a VM gets functions, which takes nothing before it starts.
 * - `vfs`: the VFs of a PF are lost if their number changes; otherwise those of them that change drivers go.
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
