import { PortalGunError } from '../base/errors.ts';
import { count } from '../base/text.ts';
import { nearCategory, parseCategory } from '../libvirt/category.ts';
import { findMachine } from '../libvirt/find-machine.ts';
import type { KnownMachine, KnownMachines } from '../libvirt/read-machines.ts';
import type { DefinedMachine } from '../plan/plan-assignment.ts';
import { type Arguments, stringsOf } from './command.ts';

/**
 * The machines that `--type` and `--machine` mean together; `null` where neither was given.
 *
 * @throws PortalGunError MACHINE_NOT_FOUND, BAD_ARGUMENT; CANNOT_BE_GIVEN for one that is named and has no definition; BAD_XML
 *   for one in which what is ours can't be read
 */
export function targetMachines(
  args: Arguments,
  machines: readonly KnownMachine[],
): readonly DefinedMachine[] | null {
  const types = stringsOf(args, 'type').map((type) => parseCategory(type, '--type'));
  const names = stringsOf(args, 'machine');
  if (types.length === 0 && names.length === 0) return null;
  const named = names.map((name) => findMachine(machines, name));
  const transient = named.find(({ definition }) => definition === null);
  if (transient !== undefined) {
    throw new PortalGunError('CANNOT_BE_GIVEN', 'has no definition to write into: it is gone when it ends', {
      subject: transient.name,
      hint: 'virsh define one of it, and try again',
    });
  }
  refuseUnreadable(named);
  const typed = types.flatMap((type) => demandOfType(type, machines));
  return definedMachines(machines).filter((machine) => named.includes(machine) || typed.includes(machine));
}

/**
 * The same, where one of them has to be given.
 *
 * @throws PortalGunError as {@link targetMachines}
 */
export function demandTargets(args: Arguments, machines: readonly KnownMachine[]): readonly DefinedMachine[] {
  const targets = targetMachines(args, machines);
  if (targets !== null) return targets;
  throw new PortalGunError('BAD_ARGUMENT', 'says nothing of which machines', {
    hint: 'give --type router for all of a type, or --machine NAME',
  });
}

/** The machines whose definitions can be changed: those that have one, and in which what is ours can be read. */
export function definedMachines(machines: readonly KnownMachine[]): readonly DefinedMachine[] {
  return machines.filter((machine): machine is DefinedMachine => machine.definition?.unreadable === null);
}

/** Those that have a definition, and in it something of ours that can't be read. */
export function unreadableMachines(machines: readonly KnownMachine[]): readonly KnownMachine[] {
  return machines.filter(({ definition }) => (definition?.unreadable ?? null) !== null);
}

/**
 * Refuses where it can't be known who has what already.
 *
 * @throws PortalGunError TOOL_FAILED
 */
export function refuseUnread({ unread }: KnownMachines): void {
  const [uuid] = unread;
  if (uuid === undefined) return;
  throw new PortalGunError(
    'TOOL_FAILED',
    "its document can't be read, and it may have what one machine alone is to have",
    { subject: uuid, hint: `see what libvirt says of it: virsh dumpxml ${uuid}` },
  );
}

/**
 * The machines of a type; none where there is none.
 *
 * @throws PortalGunError BAD_XML where what is ours in one of them can't be read: not all could be meant
 */
export function machinesOfType(type: string, machines: readonly KnownMachine[]): readonly DefinedMachine[] {
  const found = machines.filter(({ definition }) => definition?.machine.category === type);
  refuseUnreadable(found);
  return definedMachines(found);
}

function refuseUnreadable(meant: readonly KnownMachine[]): void {
  for (const { definition } of meant) {
    const problem = definition?.unreadable ?? null;
    if (problem !== null) throw problem;
  }
}

function demandOfType(type: string, machines: readonly KnownMachine[]): readonly DefinedMachine[] {
  const found = machinesOfType(type, machines);
  if (found.length > 0) return found;
  const meant = nearCategory(type);
  const untagged = definedMachines(machines).filter(({ definition }) => definition.machine.category === null);
  throw new PortalGunError('MACHINE_NOT_FOUND', `no machine is of type ${type}`, {
    subject: '--type',
    hint:
      meant !== undefined
        ? `did you mean ${meant}?`
        : untagged.length === 0
          ? 'see which there are: portal list'
          : `${count(untagged.length, 'machine')} untagged: portal list --untagged, portal tag NAME --type ${type}`,
  });
}
