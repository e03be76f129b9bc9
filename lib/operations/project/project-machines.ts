import { createHash } from 'node:crypto';
import { type ErrorCode, PortalGunError } from '../../base/errors.ts';
import type { XmlNode } from '../../libvirt/xml/xml-text.ts';
import { withDefaults } from '../../machines/definition/definition-defaults.ts';
import type { MachineDefinition } from '../../machines/definition/machine-definition.ts';
import { writtenForm } from '../../machines/definition/written-form.ts';
import { domainOf } from '../../machines/domain/domain-node.ts';
import { projectMark } from '../../machines/project/locked-values.ts';
import type { LockedMachine, PortalLock } from '../../machines/project/portal-lock.ts';
import type { ResolvedMachine } from '../../machines/resolved-machine.ts';
import type { HostSession } from '../session/host-session.ts';
import { type MachineNames, machinesOf, type ReadFolder } from './choose-machines.ts';
import { inOrder } from './machine/machine-order.ts';
import { ANY_STORE, MachineStore } from './machine/machine-store.ts';
import { readNeeded } from './machine/needed-definitions.ts';
import {
  demandVm,
  type Resolution,
  type ResolutionContext,
  resolveMachine,
} from './machine/resolve-machine.ts';
import { type MachineFolder, openProject, type Project } from './open-project.ts';

/** The category of a machine whose definition has a fault. */
const UNKNOWN_CATEGORY = 'unknown';
const TOLERATED: readonly ErrorCode[] = ['NOT_IN_STORE', 'BAD_DEFINITION', 'BAD_XML'];

/** A machine of a project, with the definition of its VM. */
export interface ProjectMachine {
  readonly folder: MachineFolder;
  readonly machine: ResolvedMachine;
  readonly locked: LockedMachine;
  /** The definition of its VM. */
  readonly domain: XmlNode;
  /** The fault of its definition, or the part that the store lacks: the domain has a stand-in. `null` if there is none. */
  readonly lacks: string | null;
}

/** How the machines of a request are opened. */
export interface OpeningOptions {
  /** The hypervisor of machines that leave it open. */
  readonly hypervisor: 'kvm' | 'qemu';
  /** Whether the machines that they start after are opened, too. */
  readonly withNeeded?: boolean;
  /**
   * Whether boot assets and images have to be in the store, and files in the folder; if not, {@link ProjectMachine.lacks} reports
   * what the store lacks.
   */
  readonly demandsStore?: boolean;
}

/** The machines of a project that a request is about. */
export interface OpenedMachines {
  readonly project: Project;
  readonly lock: PortalLock;
  readonly seed: string;
  /** Each behind those that it starts after. */
  readonly machines: readonly ProjectMachine[];
}

/**
 * Reads the machines of a project that are meant, with those that they start after, and renders the definitions of their VMs.
 *
 * @throws PortalGunError BAD_DEFINITION, NO_FOLDER, NOT_IN_STORE, BAD_ARGUMENT, BAD_XML
 */
export async function openMachines(
  session: HostSession,
  choice: MachineNames,
  { hypervisor, withNeeded = false, demandsStore = false }: OpeningOptions,
): Promise<OpenedMachines> {
  const project = await openProject(session);
  const lock = project.readLock();
  const seed = project.seedOf(lock);
  const store = new MachineStore(session.ports.reader);
  const chosen = await chosenFolders(project, choice);
  const named = chosen.map(({ folder }) => folder.name);
  const { definitionOf, machinesOfType } = await readNeeded(project, chosen, {
    refusesLinksOut: demandsStore,
  });
  const context = { project, lock, seed, store, hypervisor, machinesOfType };
  const names = withNeeded
    ? inOrder(named, (name) => definitionOf(name).after)
    : inOrderIfPossible(named, (name) => definitionOf(name).after);
  return {
    ...{ project, lock, seed },
    machines: names.map((name) => {
      const folder = project.machine(name);
      const { machine, locked, lacks } = demandsStore
        ? { ...resolveMachine(context, folder, demandVm(definitionOf(name))), lacks: null }
        : resolveAnyway(context, folder, () => demandVm(definitionOf(name)));
      const marks = { project: projectMark(seed), definition: markOf(machine) };
      return {
        folder,
        machine,
        locked,
        domain: domainOf(machine, marks),
        lacks,
      };
    }),
  };
}

/** Only these names. If a definition cannot be read, or starts after itself, it has no order: a machine can be stopped all the same. */
function inOrderIfPossible(
  names: readonly string[],
  needs: (name: string) => readonly string[],
): readonly string[] {
  const orNothing = <T>(read: () => T, nothing: T): T => {
    try {
      return read();
    } catch (error) {
      if (error instanceof PortalGunError) return nothing;
      throw error;
    }
  };
  const all = orNothing(() => inOrder(names, (name) => orNothing(() => needs(name), [])), names);
  return all.filter((name) => names.includes(name));
}

/** For requests that start nothing: a fault of one definition, or a missing image, must not prevent them. */
function resolveAnyway(
  context: ResolutionContext,
  folder: MachineFolder,
  read: () => MachineDefinition,
): Resolution & { readonly lacks: string | null } {
  let definition = withDefaults({ category: UNKNOWN_CATEGORY }, folder.name);
  try {
    definition = read();
    return { ...resolveMachine(context, folder, definition), lacks: null };
  } catch (error) {
    if (!(error instanceof PortalGunError) || !TOLERATED.includes(error.code)) throw error;
    const resolution = resolveMachine({ ...context, store: ANY_STORE }, folder, definition);
    return { ...resolution, lacks: `${error.subject}: ${error.message}` };
  }
}

/** The host has no VM: it is left out unless it is named. */
async function chosenFolders(project: Project, choice: MachineNames): Promise<readonly ReadFolder[]> {
  const isNamed = (choice.machines ?? []).length > 0;
  const read = await machinesOf(project, choice);
  return read.filter(({ result }) => isNamed || 'error' in result || result.definition?.category !== 'host');
}

/** A mark that differs if the content of a folder differs: a checksum of its definition and fragments. */
function markOf({ definition, fragments }: ResolvedMachine): string {
  // What is inside of the guest is no part of its VM.
  const { provision: _, ...written } = writtenForm(definition);
  const content = JSON.stringify([written, fragments.map(({ text }) => text)]);
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}
