import type { CapabilityBytes, ExtendedBytes } from './config-bytes.ts';
import type { HostTree } from './host-tree.ts';

/** A range of addresses of a function. */
export interface RangeSpec {
  readonly kind: 'io' | 'memory32' | 'memory64' | 'prefetchable32' | 'prefetchable64';
  readonly at: number;
  readonly sizeBytes: number;
}

export interface SriovSpec {
  /** The most that the driver allows, and the registers say. */
  readonly total: number;
  /** How many there are; each is a function of its own on the bus. */
  readonly active: number;
  readonly offset: number;
  readonly stride: number;
  readonly vfDevice: string;
  readonly autoprobe?: boolean;
  /** What each VF has of its own: driver, group, things below it. */
  readonly vf?: (index: number) => Partial<FunctionSpec>;
}

/** One PCI function. What is left out is as for a function of no particular kind, without driver or group. */
export interface FunctionSpec {
  /** `0000:01:00.0` */
  readonly address: string;
  /** The address of the bridge that it is behind; a function before it in the list. */
  readonly under?: string | undefined;
  /** The name of a root bus: `pci10000:e0`. Below the bridge where there is one, as VMD's. */
  readonly root?: string | undefined;
  /** `8086:10c9` */
  readonly ids: string;
  readonly subsystem?: string | undefined;
  /** Six digits: `020000`. */
  readonly classCode: string;
  readonly revision?: string | undefined;
  readonly driver?: string | undefined;
  readonly driverOverride?: string | undefined;
  readonly group?: number | undefined;
  readonly numaNode?: number | undefined;
  /** By the index of the register, 0 to 5. */
  readonly bars?: Readonly<Record<number, RangeSpec>> | undefined;
  readonly rom?: { readonly at: number; readonly sizeBytes: number; readonly isShadow?: boolean } | undefined;
  readonly bridge?: { readonly secondary: number; readonly subordinate: number } | undefined;
  readonly multifunction?: boolean | undefined;
  readonly capabilities?: readonly CapabilityBytes[] | undefined;
  readonly extended?: readonly ExtendedBytes[] | undefined;
  /** In place of what the rest of this would give. */
  readonly config?: Uint8Array | undefined;
  /** As many bytes of it as may be read: 64 for an ordinary user. */
  readonly readableConfigBytes?: number | undefined;
  /** `flr bus`; empty where the kernel knows none. No attribute at all where it is left out. */
  readonly resetMethods?: string | undefined;
  readonly powerState?: string | undefined;
  /** `8.0 GT/s PCIe`, lanes; now and at most. */
  readonly link?: readonly [speed: string, width: number, maxSpeed: string, maxWidth: number] | undefined;
  readonly sriov?: SriovSpec | undefined;
  readonly bootVga?: boolean | undefined;
  readonly label?: string | undefined;
  readonly vpd?: Uint8Array | undefined;
  readonly mdevTypes?: readonly string[] | undefined;
  /** Files below it by their path: `{'net/eth0/address': '52:54:00:00:00:01'}`; see `things.ts`. */
  readonly below?: Readonly<Record<string, string>> | undefined;
  /** Attributes with another text than they would have; `null` takes one away. */
  readonly attributes?: Readonly<Record<string, string | null>> | undefined;
  /** Attributes that may not be read. */
  readonly denied?: readonly string[] | undefined;
}

export interface GroupSpec {
  /** `DMA-FQ` where it is left out; `null` for kernels that have no such attribute. */
  readonly type?: string | null;
  /** Lines as the kernel's, besides that of the MSI window. */
  readonly reservedRegions?: readonly string[];
  readonly denied?: readonly string[];
}

/** A host. What is left out is there as on any machine with a PCI bus. */
export interface HostSpec {
  readonly label: string;
  readonly hostName?: string;
  readonly kernelRelease?: string;
  readonly commandLine?: string;
  readonly functions?: readonly FunctionSpec[];
  /** Of the groups that functions are in, those that differ from the ordinary. */
  readonly groups?: Readonly<Record<number, GroupSpec>>;
  /** `dmar0`; without it there is no IOMMU, unless a function is in a group. */
  readonly iommu?: string;
  /** Hot-plug slots by name: `{ 4: '0000:03:00' }`. */
  readonly slots?: Readonly<Record<string, string>>;
  /** Lines of modules.alias. */
  readonly aliases?: readonly string[];
  /** What no kernel would do by itself. */
  readonly change?: (tree: HostTree) => void;
}
