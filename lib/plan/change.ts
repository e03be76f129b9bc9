import type { AssignedState } from '../libvirt/assignment/assignment.ts';
import type { PciHostDevice, VfInterface } from '../libvirt/hostdev/host-device.ts';
import type { PciAddress } from '../pci/address.ts';
import type { VfSettings } from '../pci/sriov/vf-settings.ts';

/** Which driver a function is on, and which its `driver_override` asks for; `null` for none. */
export interface DriverState {
  readonly driver: string | null;
  readonly override: string | null;
}

/** As the driver of a goal: whichever the kernel finds, or none; but none that hands devices to VMs. */
export const DEFAULT_DRIVER = '*';

/** A function changes its driver. */
export interface DriverChange {
  readonly kind: 'driver';
  readonly address: PciAddress;
  readonly from: DriverState;
  /** Its driver may be {@link DEFAULT_DRIVER}. */
  readonly to: DriverState;
}

/** A module is loaded, or is no more; one of a driver of PCI is when that is registered with the bus. */
export interface ModuleChange {
  readonly kind: 'module';
  readonly module: string;
  /** `null` for a module of anything else. */
  readonly driver: string | null;
  readonly from: boolean;
  readonly to: boolean;
}

/** A file of ours is written, replaced or removed; `null` where there is none. */
export interface FileChange {
  readonly kind: 'file';
  readonly path: string;
  readonly from: string | null;
  readonly to: string | null;
  /** Whether it is a program; that it is none where nothing is said. */
  readonly executable?: boolean;
}

/** Where it is kept which bindings the initial RAM disks hold: written by our hook when one is made. */
export const INITRAMFS_STATE_PATH = '/var/lib/portal-gun/initramfs';

/** As the state of what is made from files: it is to be made anew. */
export const STALE = 'stale';

/**
 * The initial RAM disks are made anew, so that they hold the bindings that outlive a boot: those of a token, or none
 * (`null`). They take what they hold from files. So a plan has two such changes, to {@link STALE} before its files are
 * changed and from there when they are; then undoing it in reverse makes them anew once the files are back.
 */
export interface InitramfsChange {
  readonly kind: 'initramfs';
  readonly from: string | null;
  readonly to: string | null;
}

/**
 * The configuration of the boot loader is made anew, by `update-grub`, so that the kernel is given arguments of ours: which, in
 * one text with blanks between, or `null` for none. It takes them from a file of ours; so a plan has two such changes, as of
 * {@link InitramfsChange}.
 */
export interface BootLoaderChange {
  readonly kind: 'boot-loader';
  readonly from: string | null;
  readonly to: string | null;
}

/**
 * One VF: its settings, of which those that are there count, and its driver. For a VF that is made that may be
 * {@link DEFAULT_DRIVER}, and is then left to whatever takes it.
 */
export interface VfState {
  readonly index: number;
  readonly settings: VfSettings;
  readonly driver: DriverState;
}

/** The VFs of a PF. */
export interface VfsState {
  readonly count: number;
  /** Whether the kernel looks for drivers for new VFs; `null` where it has no such switch. */
  readonly autoprobe: boolean | null;
  /** Those VFs of which more counts than that they are there. */
  readonly vfs: readonly VfState[];
}

/**
 * The VFs of a PF change: how many there are, and what they are set to. One change, since the kernel knows no other way:
 * before there is another number of VFs all go, and all that they were set to goes with them.
 */
export interface VfsChange {
  readonly kind: 'vfs';
  /** The PF. */
  readonly address: PciAddress;
  readonly from: VfsState;
  readonly to: VfsState;
}

/** The network interface of a function is switched on or off. */
export interface LinkChange {
  readonly kind: 'link';
  readonly address: PciAddress;
  /** Whether it is up. */
  readonly from: boolean;
  readonly to: boolean;
}

/** A VF by its PF: what an address has to be of where it was not there when that was planned. */
export interface VfPlace {
  readonly address: PciAddress;
  readonly pf: PciAddress;
  readonly index: number;
}

/**
 * What a machine's definition gives it changes, as far as it is ours. The rest of the definition is left as it is found,
 * whoever changed it meanwhile. It is in force when the machine is started the next time.
 */
export interface AssignmentChange {
  readonly kind: 'assignment';
  /** Of the libvirt that has the machine. */
  readonly uri: string;
  /** Its UUID. */
  readonly machine: string;
  readonly from: AssignedState;
  readonly to: AssignedState;
  /** Our element as `virsh metadata --set` takes it, for `to`; `null` where none is left. For scripts alone. */
  readonly metadata: string | null;
  /** VFs among what `to` gives, which have to be those when it is made. */
  readonly vfs?: readonly VfPlace[];
}

/** A device of the host in a machine that runs, as it is plugged in. Its alias is one of ours. */
export type PluggedDevice = PciHostDevice | VfInterface;

/**
 * A machine that runs gets a device, or loses one. Its definition is left: what it gets is gone when it ends. One that ended
 * meanwhile has nothing that could be put back.
 */
export interface AttachmentChange {
  readonly kind: 'attachment';
  /** Of the libvirt that has the machine. */
  readonly uri: string;
  /** Its UUID. */
  readonly machine: string;
  /** Of the device on the host. */
  readonly address: PciAddress;
  /** `null` where the machine has it not. One of both is. */
  readonly from: PluggedDevice | null;
  readonly to: PluggedDevice | null;
  /** The VF that it has to be when it is plugged in. */
  readonly vfs?: readonly VfPlace[];
}

/** The category of a machine changes, in its definition or in what runs. The rest of the document is left as it is found. */
export interface CategoryChange {
  readonly kind: 'category';
  /** Of the libvirt that has the machine. */
  readonly uri: string;
  /** Its UUID. */
  readonly machine: string;
  readonly place: 'definition' | 'live';
  /** As it was written, whatever that was; `null` for none. */
  readonly from: string | null;
  readonly to: string | null;
  /** Our element as `virsh metadata --set` takes it, for `to`; `null` where none is left. For scripts alone. */
  readonly metadata: string | null;
}

/**
 * One thing of a host that changes: as it was when it was planned, and as it shall be. Undoing it is reaching
 * `from` again. It is plain data: a plan is printed, and kept in a journal, as JSON.
 */
export type Change =
  | DriverChange
  | ModuleChange
  | FileChange
  | InitramfsChange
  | BootLoaderChange
  | VfsChange
  | LinkChange
  | AssignmentChange
  | AttachmentChange
  | CategoryChange;

/** The state of what a change changes. */
export type StateOf<C extends Change> = C['from'] | C['to'];
