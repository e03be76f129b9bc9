import { PortalGunError } from '../../base/errors.ts';
import type { Known } from '../../base/known.ts';
import { count } from '../../base/text.ts';
import { nearCategory, parseCategory } from '../../libvirt/machine/category.ts';
import { findMachine } from '../../libvirt/machine/find-machine.ts';
import { type KnownMachine, type KnownMachines, mainDocument } from '../../libvirt/machine/read-machines.ts';
import type { DefinedMachine } from '../../plan/assignment/plan-assignment.ts';

/** The selected VMs: all VMs of the types, and the named VMs. */
export interface MachineChoice {
  /** A category (`router`), or several. */
  readonly type?: string | readonly string[] | undefined;
  /** Names or UUIDs. */
  readonly machines?: readonly string[] | undefined;
}

/**
 * The types of a choice.
 *
 * @throws PortalGunError BAD_ARGUMENT
 */
export function categoriesOf({ type = [] }: Pick<MachineChoice, 'type'>): readonly string[] {
  return (typeof type === 'string' ? [type] : type).map((each) => parseCategory(each, '--type'));
}

/**
 * The VMs of a choice; `null` for an empty choice.
 *
 * @throws PortalGunError MACHINE_NOT_FOUND, BAD_ARGUMENT; CANNOT_BE_GIVEN for a named VM without a definition;
 * BAD_XML for one with
 *   unreadable parts of portal-gun
 */
export function targetMachines(
  choice: MachineChoice,
  machines: readonly KnownMachine[],
): readonly DefinedMachine[] | null {
  const transient = namedMachines(choice, machines).find(({ definition }) => definition === null);
  if (transient !== undefined) {
    throw new PortalGunError(
      'CANNOT_BE_GIVEN',
      'is a transient VM: it has no persistent definition to change',
      {
        subject: transient.name,
        hint: 'define it with virsh define and try again; or change only the running VM: --live',
      },
    );
  }
  return meantMachines(choice, definedMachines(machines), machines, unreadableDefinition);
}

/**
 * The same for running VMs, including those without a definition.
 *
 * @throws PortalGunError MACHINE_NOT_FOUND, BAD_ARGUMENT, BAD_XML
 */
export function liveTargets(
  choice: MachineChoice,
  machines: readonly KnownMachine[],
): readonly KnownMachine[] | null {
  return meantMachines(choice, machines, machines, unreadableOf);
}

function namedMachines(
  { machines: names = [] }: MachineChoice,
  machines: readonly KnownMachine[],
): readonly KnownMachine[] {
  return names.map((name) => findMachine(machines, name));
}

function meantMachines<T extends KnownMachine>(
  choice: MachineChoice,
  candidates: readonly T[],
  machines: readonly KnownMachine[],
  problemOf: (machine: KnownMachine) => PortalGunError | null,
): readonly T[] | null {
  const types = categoriesOf(choice);
  const named = namedMachines(choice, machines);
  if (types.length === 0 && named.length === 0) return null;
  const typed = types.flatMap((type) => demandOfType(type, machines));
  const isMeant = (machine: KnownMachine): boolean => named.includes(machine) || typed.includes(machine);
  refuseUnreadable(machines.filter(isMeant), problemOf);
  return candidates.filter(isMeant);
}

/**
 * The same, but the choice must not be empty.
 *
 * @throws PortalGunError as {@link targetMachines}
 */
export function demandTargets(
  choice: MachineChoice,
  machines: readonly KnownMachine[],
): readonly DefinedMachine[] {
  return targetMachines(choice, machines) ?? failUnsaid();
}

/**
 * The same for {@link liveTargets}.
 *
 * @throws PortalGunError as {@link liveTargets}
 */
export function demandLiveTargets(
  choice: MachineChoice,
  machines: readonly KnownMachine[],
): readonly KnownMachine[] {
  return liveTargets(choice, machines) ?? failUnsaid();
}

function failUnsaid(): never {
  throw new PortalGunError('BAD_ARGUMENT', 'no VMs given', {
    hint: 'use --type router for all VMs of a type, or --machine NAME',
  });
}

/** The VMs whose definitions can be changed: they exist, and the parts of portal-gun can be read. */
export function definedMachines(machines: readonly KnownMachine[]): readonly DefinedMachine[] {
  return machines.filter((machine): machine is DefinedMachine => machine.definition?.unreadable === null);
}

/** The VMs whose existing documents can be read. */
export function readableMachines(machines: readonly KnownMachine[]): readonly KnownMachine[] {
  return machines.filter((machine) => unreadableOf(machine) === null);
}

/** The VMs with unreadable parts of portal-gun in a document. */
export function unreadableMachines(machines: readonly KnownMachine[]): readonly KnownMachine[] {
  return machines.filter((machine) => unreadableOf(machine) !== null);
}

function unreadableOf(machine: KnownMachine): PortalGunError | null {
  return unreadableDefinition(machine) ?? machine.live?.unreadable ?? null;
}

function unreadableDefinition({ definition }: KnownMachine): PortalGunError | null {
  return definition?.unreadable ?? null;
}

/**
 * Refuses if the devices of a VM are unknown.
 *
 * @throws PortalGunError TOOL_FAILED
 */
export function refuseUnread({ unread }: KnownMachines): void {
  const [uuid] = unread;
  if (uuid === undefined) return;
  throw new PortalGunError(
    'TOOL_FAILED',
    'the XML of this VM cannot be read, so it may already have a device that only one VM can have',
    { subject: uuid, hint: `check the XML: virsh dumpxml ${uuid}` },
  );
}

/**
 * The VMs of a type that have a definition; none if there are none.
 *
 * @throws PortalGunError BAD_XML if the parts of portal-gun in one of them cannot be read, because then the list may
 * be incomplete
 */
export function machinesOfType(type: string, machines: readonly KnownMachine[]): readonly DefinedMachine[] {
  const found = machines.filter((machine) => categoryOf(machine) === type);
  refuseUnreadable(found, unreadableDefinition);
  return definedMachines(found);
}

function refuseUnreadable(
  meant: readonly KnownMachine[],
  problemOf: (machine: KnownMachine) => PortalGunError | null,
): void {
  for (const machine of meant) {
    const problem = problemOf(machine);
    if (problem !== null) throw problem;
  }
}

function categoryOf(machine: KnownMachine): Known<string> {
  return mainDocument(machine).machine.category;
}

function demandOfType(type: string, machines: readonly KnownMachine[]): readonly KnownMachine[] {
  const found = machines.filter((machine) => categoryOf(machine) === type);
  if (found.length > 0) return found;
  const meant = nearCategory(type);
  const untagged = machines.filter((machine) => categoryOf(machine) === null);
  throw new PortalGunError('MACHINE_NOT_FOUND', `no VM is of type ${type}`, {
    subject: '--type',
    hint:
      meant !== undefined
        ? `did you mean ${meant}?`
        : untagged.length === 0
          ? 'show the types in use: portal list'
          : `${count(untagged.length, 'VM')} untagged: portal list --untagged, portal tag NAME --type ${type}`,
  });
}
