import type { DeviceWith, PciDevice } from '../../pci/device.ts';
import type { PfLink } from '../../pci/sriov/pf-link.ts';
import type { VfSettings } from '../../pci/sriov/vf-settings.ts';

/** The requested state of one VF. Omitted settings are unchanged. */
export interface VfWishes extends Omit<VfSettings, 'mac'> {
  /**
   * A MAC; `stable` for that of the stable scheme; or `driver` for one that the driver of the VF generates. If
   * omitted, a new VF gets the stable one.
   */
  readonly mac?: string;
}

/** The requested state of a PF. */
export interface VfGoal {
  /** The number of VFs; `null` for the current number. */
  readonly count: number | null;
  /** Whether the kernel probes for drivers for new VFs; `null` for no change. */
  readonly autoprobe: boolean | null;
  readonly all: VfWishes;
  /** The additional requests for single VFs, by their index. */
  readonly each: ReadonlyMap<number, VfWishes>;
  /** Whether the interface of the PF must be up if it has VFs: otherwise libvirt and most drivers cannot use them. */
  readonly isUp: boolean;
}

/** The state of a PF. */
export interface PfState<Pf extends DeviceWith<never> = PciDevice, Vf extends DeviceWith<never> = Pf> {
  readonly pf: Pf;
  /** Its VFs by their index. */
  readonly vfs: readonly Vf[];
  /** `null` for a PF that has no network interface. */
  readonly link: PfLink | null;
  /** The source of stable MACs; `null` if there is none. */
  readonly card: string | null;
}
