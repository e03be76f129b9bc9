import { PortalGunError } from '../../../base/errors.ts';
import type { DiskDefinition, MachineDefinition } from '../../../machines/definition/machine-definition.ts';
import { libvirtNetworkName } from '../../../machines/network/network-name.ts';
import { cablesOf, lockedMachine } from '../../../machines/project/locked-values.ts';
import type { LockedMachine, PortalLock } from '../../../machines/project/portal-lock.ts';
import {
  machinePaths,
  type ResolvedConsole,
  type ResolvedDisk,
  type ResolvedMachine,
} from '../../../machines/resolved-machine.ts';
import type { MachineFolder, Project } from '../open-project.ts';
import { fragmentsOf } from './folder-fragments.ts';
import type { StoreOfMachines } from './machine-store.ts';

/** The input of a resolution, beside the definition. */
export interface ResolutionContext {
  readonly project: Project;
  readonly lock: PortalLock;
  readonly seed: string;
  readonly store: StoreOfMachines;
  /** The hypervisor of machines that leave it open. */
  readonly hypervisor: 'kvm' | 'qemu';
  /** The machines of a category, by name, other than the host. */
  readonly machinesOfType: (category: string) => readonly string[];
}

/** A machine, and the values that its project keeps. */
export interface Resolution {
  readonly machine: ResolvedMachine;
  readonly locked: LockedMachine;
}

/**
 * Finds everything that the VM of a machine needs: its files in the folder and in the store, and the values in the
 * lock.
 *
 * @throws PortalGunError BAD_DEFINITION for the host itself; NOT_IN_STORE for boot assets and images that the store
 *   does not have
 */
export function resolveMachine(
  context: ResolutionContext,
  folder: MachineFolder,
  definition: MachineDefinition,
): Resolution {
  const { project, lock, seed, store, hypervisor } = context;
  const locked = lockedMachine(lock, seed, definition);
  const paths = machinePaths(definition.name);
  const inFolder = (path: string): string => `${folder.path}/${path}`;
  const { accelerator } = definition;
  const root = rootDisk(definition, paths.state, store, inFolder);
  return {
    locked,
    machine: {
      definition,
      folder: folder.path,
      uuid: locked.uuid,
      hypervisor: accelerator === 'auto' ? hypervisor : accelerator === 'kvm' ? 'kvm' : 'qemu',
      kernel: kernelOf(definition, store, inFolder),
      disks: [
        ...(root === null ? [] : [root]),
        ...definition.disks.map((disk) => diskOf(disk, paths.state, store, inFolder)),
      ],
      nics: cablesOf(definition.nics).map(({ cable, nic }) => ({
        network: nic.network === null ? null : libvirtNetworkName(nic.network),
        bridge: nic.bridge,
        model: nic.model,
        mac: nic.mac ?? locked.macs[cable] ?? '',
        boot: nic.boot,
      })),
      shares: definition.shares.map(({ name, source, mode, driver }) => ({
        name,
        path: inFolder(source),
        mode,
        driver,
      })),
      consoles: consolesOf(context, definition),
      fragments: fragmentsOf(project, folder),
      paths,
    },
  };
}

function kernelOf(
  { boot }: MachineDefinition,
  store: StoreOfMachines,
  inFolder: (path: string) => string,
): ResolvedMachine['kernel'] {
  if (boot.profile !== null) return store.profile(boot.profile);
  if (boot.kernel === null) return null;
  const pathOf = (file: string): string =>
    file.startsWith('store:') ? store.bootFile(file.slice('store:'.length)) : inFolder(file);
  return { kernel: pathOf(boot.kernel), initrd: boot.initrd === null ? null : pathOf(boot.initrd) };
}

/** An image is never changed: a machine has an overlay over it. */
function rootDisk(
  { os }: MachineDefinition,
  state: string,
  store: StoreOfMachines,
  inFolder: (path: string) => string,
): ResolvedDisk | null {
  if (os.root === null) return null;
  const base = store.image(os.root, inFolder);
  return {
    ...{
      name: 'root',
      path: `${state}/root.qcow2`,
      format: 'qcow2',
      bus: 'virtio',
      cache: null,
      readOnly: false,
      cdrom: false,
    },
    content: {
      kind: 'overlay',
      base: base.path,
      baseFormat: base.format,
      sizeBytes: os.rootBytes,
      ephemeral: os.ephemeral,
    },
  };
}

function diskOf(
  { name, sizeBytes, source, format, bus, cache, readOnly, cdrom }: DiskDefinition,
  state: string,
  store: StoreOfMachines,
  inFolder: (path: string) => string,
): ResolvedDisk {
  const disk = { name, bus, cache, readOnly, cdrom };
  if (source === null) {
    const content = { kind: 'new', sizeBytes: sizeBytes ?? 0 } as const;
    return { ...disk, path: `${state}/${name}.${format}`, format, content };
  }
  const image = store.image(source, inFolder);
  if (readOnly || !source.startsWith('image:')) {
    return {
      ...disk,
      path: image.path,
      format: source.startsWith('image:') ? image.format : format,
      content: { kind: 'file' },
    };
  }
  return {
    ...{ ...disk, path: `${state}/${name}.qcow2`, format: 'qcow2' },
    content: {
      kind: 'overlay',
      base: image.path,
      baseFormat: image.format,
      sizeBytes: null,
      ephemeral: false,
    },
  };
}

/** The machines whose consoles a machine sees, each once, sorted by name; keys are sent if any entry allows it. */
function consolesOf(
  { project, machinesOfType }: ResolutionContext,
  { name, consoles }: MachineDefinition,
): readonly ResolvedConsole[] {
  const writes = new Map<string, boolean>();
  for (const { of, write } of consoles) {
    const machines = of.startsWith('type=')
      ? machinesOfType(of.slice('type='.length))
      : [project.machine(of).name];
    for (const each of machines) {
      if (each !== name) writes.set(each, write || writes.get(each) === true);
    }
  }
  return [...writes].map(([of, may]) => ({ of, writes: may })).sort((a, b) => (a.of < b.of ? -1 : 1));
}

/** @throws PortalGunError BAD_ARGUMENT for the folder of the host, which has no VM */
export function demandVm(definition: MachineDefinition): MachineDefinition {
  const { name, category } = definition;
  if (category !== 'host') return definition;
  throw new PortalGunError('BAD_ARGUMENT', 'is the host itself: there is no VM for it', {
    subject: name,
    hint: `show its definition: portal show ${name}`,
  });
}
