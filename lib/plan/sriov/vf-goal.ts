import type { DeviceWith, PciDevice } from '../../pci/device.ts';
import type { PfLink } from '../../pci/sriov/pf-link.ts';
import type { VfSettings } from '../../pci/sriov/vf-settings.ts';

/** The requested state of one VF. What is not said stays as it is. */
export interface VfWishes extends Omit<VfSettings, 'mac'> {
  /**
   * A MAC; `stable` for that of the stable scheme; or `driver` for whichever the VF's driver makes up. Where nothing is said
   * a VF that is made gets the stable one.
   */
  readonly mac?: string;
}

/** The requested state of a PF. */
export interface VfGoal {
  /** How many VFs; `null` for as many as there are. */
  readonly count: number | null;
  /** Whether the kernel is to look for drivers for new VFs; `null` for as it is. */
  readonly autoprobe: boolean | null;
  readonly all: VfWishes;
  /** What single VFs are asked to be besides, by their index. */
  readonly each: ReadonlyMap<number, VfWishes>;
  /** Whether the PF's interface is to be up where there are VFs: without, neither libvirt nor most drivers can use them. */
  readonly isUp: boolean;
}

/** The state of a PF. */
export interface PfState<Pf extends DeviceWith<never> = PciDevice, Vf extends DeviceWith<never> = Pf> {
  readonly pf: Pf;
  /** Its VFs by their index. */
  readonly vfs: readonly Vf[];
  /** `null` for a PF that has no network interface. */
  readonly link: PfLink | null;
  /** What stable MACs are made of; `null` where there is nothing. */
  readonly card: string | null;
}
