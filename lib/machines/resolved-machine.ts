import type {
  DiskBus,
  DiskCache,
  DiskFormat,
  MachineDefinition,
  NicModel,
  ShareDriver,
  ShareMode,
} from './definition/machine-definition.ts';

/**
 * A machine with everything that its VM needs: the definition, its part of portal.lock, and the place of its files
 * on the host. Every path is absolute.
 */
export interface ResolvedMachine {
  readonly definition: MachineDefinition;
  /** The folder that defines it. */
  readonly folder: string;
  readonly uuid: string;
  readonly hypervisor: 'kvm' | 'qemu';
  /** `null` if firmware starts a boot loader. */
  readonly kernel: { readonly kernel: string; readonly initrd: string | null } | null;
  /** The root disk first. */
  readonly disks: readonly ResolvedDisk[];
  readonly nics: readonly ResolvedNic[];
  readonly shares: readonly ResolvedShare[];
  /** The machines whose consoles it sees, by their names. */
  readonly consoles: readonly ResolvedConsole[];
  /** XML fragments of its folder, in the order of their names. */
  readonly fragments: readonly XmlFragment[];
  readonly paths: MachinePaths;
}

export interface ResolvedDisk {
  /** `root` for the root disk. */
  readonly name: string;
  readonly path: string;
  readonly format: DiskFormat;
  readonly bus: DiskBus;
  readonly cache: DiskCache | null;
  readonly readOnly: boolean;
  readonly cdrom: boolean;
  /** Its content before it is used. */
  readonly content: DiskContent;
}

/** The content of a disk: a new one, an overlay over an image that is never changed, or a file that is used as it is. */
type DiskContent =
  | { readonly kind: 'new'; readonly sizeBytes: number }
  | {
      readonly kind: 'overlay';
      readonly base: string;
      readonly baseFormat: DiskFormat;
      readonly sizeBytes: number | null;
      /** Whether changes of it are dropped when the VM stops. */
      readonly ephemeral: boolean;
    }
  | { readonly kind: 'file' };

export interface ResolvedNic {
  /** The network of libvirt, or the bridge of the host; neither: no cable. */
  readonly network: string | null;
  readonly bridge: string | null;
  readonly model: NicModel;
  readonly mac: string;
  /** Whether firmware can start from the network by it. */
  readonly boot: boolean;
}

export interface ResolvedShare {
  readonly name: string;
  readonly path: string;
  readonly mode: ShareMode;
  readonly driver: ShareDriver;
  /**
   * How 9p keeps owners and modes: as they are (`passthrough`, the default; writing needs QEMU to run as root, or as the owner
   * of the directory), or in attributes beside files that only QEMU's user can read (`mapped`).
   */
  readonly access?: 'passthrough' | 'mapped';
}

/** The console of another machine, on a port of this one. */
export interface ResolvedConsole {
  readonly of: string;
  readonly writes: boolean;
}

export interface XmlFragment {
  readonly file: string;
  readonly text: string;
}

/** The paths of the files of a machine on the host, outside its folder. */
export interface MachinePaths {
  /** Disks, and firmware variables: `/var/lib/portal-gun/machines/NAME`. */
  readonly state: string;
  /** Sockets: `/run/portal-gun/machines/NAME`. */
  readonly run: string;
  /** The socket of the agent. */
  readonly agent: string;
  /** The socket of the serial console. */
  readonly console: string;
  /** The output of the serial console. */
  readonly consoleLog: string;
}

/** @param name of the machine, in its form */
export function machinePaths(name: string): MachinePaths {
  const run = `/run/portal-gun/machines/${name}`;
  return {
    state: `/var/lib/portal-gun/machines/${name}`,
    run,
    agent: `${run}/agent`,
    console: `${run}/console`,
    consoleLog: `/var/log/portal-gun/machines/${name}/console.log`,
  };
}
