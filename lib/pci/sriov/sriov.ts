import type { Known } from '../../base/known.ts';
import type { PciAddress } from '../address.ts';
import type { Bar } from '../config/bar.ts';

/** A physical function (PF), which provides virtual functions (VFs) by SR-IOV. */
export interface PhysicalFunction {
  readonly role: 'pf';
  /** The maximum number of VFs that the driver allows (`sriov_totalvfs`); the config space may have a larger one. */
  readonly totalVfs: Known<number>;
  readonly numVfs: Known<number>;
  /** Whether the kernel probes for a driver for new VFs. */
  readonly autoprobe: Known<boolean>;
  /** The offset from the routing id of the PF to that of VF 0, and the stride between VFs. */
  readonly offset: Known<number>;
  readonly stride: Known<number>;
  /** Device id of its VFs, four hex digits. */
  readonly vfDeviceId: Known<string>;
  /**
   * The memory for the BARs of its VFs, each for all of them, by the index of the BAR of a VF; empty if the kernel
   * reports none.
   */
  readonly vfBars?: Known<readonly Bar[]>;
  /** Its VFs in the order of their index. */
  readonly virtualFunctions: readonly PciAddress[];
}

export interface VirtualFunction {
  readonly role: 'vf';
  readonly physicalFunction: PciAddress;
  /** Its number among the VFs of its PF, from 0. */
  readonly index: Known<number>;
}

export type SriovRole = PhysicalFunction | VirtualFunction;
