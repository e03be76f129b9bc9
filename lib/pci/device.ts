import type { Known } from '../base/known.ts';
import type { PciAddress } from './address.ts';
import type { Attachment } from './attachment.ts';
import type { Bar, ExpansionRom } from './config/bar.ts';
import type { ConfigSpace } from './config/config-space.ts';
import type { Vpd } from './config/vpd.ts';
import type { HostMarks } from './host-marks.ts';
import type { PcieLink } from './link.ts';
import type { DeviceLocation } from './location.ts';
import type { SriovRole } from './sriov/sriov.ts';
import type { VfioState } from './vfio-state.ts';

/** An id of four hex digits and its name in the list of PCI ids; `null` if the list has none. */
export interface NamedId {
  readonly id: string;
  readonly name: string | null;
}

export interface DeviceClass {
  /** Six hex digits: class, subclass, programming interface. */
  readonly code: string;
  readonly name: string | null;
}

export interface SubsystemId {
  readonly vendorId: string;
  readonly deviceId: string;
  /** The maker of the card. */
  readonly vendorName?: string | null;
  readonly name: string | null;
}

/** One PCI function, with the facts that were read. Each may be absent (`null`) or unknown. */
export interface PciDevice {
  readonly address: PciAddress;
  readonly location: Known<DeviceLocation>;
  readonly class: Known<DeviceClass>;
  readonly vendor: Known<NamedId>;
  readonly device: Known<NamedId>;
  readonly subsystem: Known<SubsystemId>;
  /** Two hex digits. */
  readonly revision: Known<string>;
  /** The driver that it is bound to. */
  readonly driver: Known<string>;
  readonly driverOverride: Known<string>;
  /** Kernel modules that name this device in their aliases, sorted. */
  readonly modules: Known<readonly string[]>;
  readonly iommuGroup: Known<number>;
  readonly numaNode: Known<number>;
  /** The base address registers that are in use, by index. */
  readonly bars: Known<readonly Bar[]>;
  readonly rom: Known<ExpansionRom>;
  /** The reset methods, in the order in which the kernel tries them. */
  readonly resetMethods: Known<readonly string[]>;
  /** `D0`, `D3hot` …; the kernel's own word. */
  readonly powerState: Known<string>;
  /** Whether the firmware used it as the boot display; `null` if it is not a VGA device. */
  readonly bootVga: Known<boolean>;
  readonly sriov: Known<SriovRole>;
  readonly link: Known<PcieLink>;
  readonly config: Known<ConfigSpace>;
  /** Names of the network interfaces on it, sorted. */
  readonly netInterfaces: Known<readonly string[]>;
  /** Names of the whole block devices on it, sorted; partitions are not listed. */
  readonly blockDevices: Known<readonly string[]>;
  /** All kernel objects on it. */
  readonly attachments: Known<readonly Attachment[]>;
  /**
   * The marks of the device in this boot before a VFIO driver took it, if `pci` bound it; `null` if it is not on a
   * VFIO driver, or another program bound it.
   */
  readonly lastSeen: Known<HostMarks>;
  readonly mdevTypes: Known<readonly string[]>;
  /** `null` if neither VFIO nor a vGPU driver reports anything about it. */
  readonly vfio: Known<VfioState>;
  readonly vpd: Known<Vpd>;
  /** The label that the firmware or the hot-plug controller has for the slot or device. */
  readonly slotLabel: Known<string>;
}

/** A fact of a device that is read on request. */
export type DeviceField = Exclude<keyof PciDevice, 'address'>;

/** One PCI function with the requested facts. The others are missing, so they cannot be mistaken for absent. */
export type DeviceWith<Read extends DeviceField> = Pick<PciDevice, 'address' | Read>;

/** One PCI function with any facts that were read: for selectors, which report at run time which facts they read. */
export type DeviceInPart = DeviceWith<never> & Partial<PciDevice>;

/** Whether facts of a device were requested, even if they could not be read. */
export function hasFields<Read extends DeviceField>(
  device: DeviceInPart,
  fields: readonly Read[],
): device is DeviceInPart & DeviceWith<Read> {
  return fields.every((field) => device[field] !== undefined);
}

/**
 * A fact that a reader can read, or `vfCounts`, the part of `sriov` that is quick to read: the role, the VFs, and the
 * numbers of VFs. The rest of a PF is then `unread`.
 */
export type DeviceRequest = DeviceField | 'vfCounts';

/** The fact that a request returns. */
export type FieldOf<Request extends DeviceRequest> = Request extends 'vfCounts' ? 'sriov' : Request;
