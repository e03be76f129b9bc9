import { PortalGunError } from '../base/errors.ts';
import { count } from '../base/text.ts';
import { nearCategory, parseCategory } from '../libvirt/category.ts';
import { findMachine } from '../libvirt/find-machine.ts';
import { type KnownMachine, mainDocument } from '../libvirt/read-machines.ts';
import type { DefinedMachine } from '../plan/plan-assignment.ts';
import { type Arguments, stringsOf } from './command.ts';

/**
 * The machines that `--type` and `--machine` mean together; `null` where neither was given.
 *
 * @throws PortalGunError MACHINE_NOT_FOUND, BAD_ARGUMENT; CANNOT_BE_GIVEN for one that is named and has no definition
 */
export function targetMachines(
  args: Arguments,
  machines: readonly KnownMachine[],
): readonly DefinedMachine[] | null {
  const transient = namedMachines(args, machines).find(({ definition }) => definition === null);
  if (transient !== undefined) {
    throw new PortalGunError('CANNOT_BE_GIVEN', 'has no definition to write into: it is gone when it ends', {
      subject: transient.name,
      hint: 'virsh define one of it, and try again; --live alone gives it to what runs',
    });
  }
  return meantMachines(args, definedMachines(machines), machines);
}

/**
 * The same for what machines have as they run, which also those have that have no definition.
 *
 * @throws PortalGunError MACHINE_NOT_FOUND, BAD_ARGUMENT
 */
export function liveTargets(
  args: Arguments,
  machines: readonly KnownMachine[],
): readonly KnownMachine[] | null {
  return meantMachines(args, machines, machines);
}

function namedMachines(args: Arguments, machines: readonly KnownMachine[]): readonly KnownMachine[] {
  return stringsOf(args, 'machine').map((name) => findMachine(machines, name));
}

function meantMachines<T extends KnownMachine>(
  args: Arguments,
  candidates: readonly T[],
  machines: readonly KnownMachine[],
): readonly T[] | null {
  const types = stringsOf(args, 'type').map((type) => parseCategory(type, '--type'));
  const named = namedMachines(args, machines);
  if (types.length === 0 && named.length === 0) return null;
  const typed = types.flatMap((type) => machinesOf(type, candidates));
  return candidates.filter((machine) => named.includes(machine) || typed.includes(machine));
}

/**
 * The same, where one of them has to be given.
 *
 * @throws PortalGunError as {@link targetMachines}
 */
export function demandTargets(args: Arguments, machines: readonly KnownMachine[]): readonly DefinedMachine[] {
  return targetMachines(args, machines) ?? failUnsaid();
}

/**
 * The same, of {@link liveTargets}.
 *
 * @throws PortalGunError as {@link liveTargets}
 */
export function demandLiveTargets(
  args: Arguments,
  machines: readonly KnownMachine[],
): readonly KnownMachine[] {
  return liveTargets(args, machines) ?? failUnsaid();
}

function failUnsaid(): never {
  throw new PortalGunError('BAD_ARGUMENT', 'says nothing of which machines', {
    hint: 'give --type router for all of a type, or --machine NAME',
  });
}

/** The machines that have a definition. */
export function definedMachines(machines: readonly KnownMachine[]): readonly DefinedMachine[] {
  return machines.filter((machine): machine is DefinedMachine => machine.definition !== null);
}

function machinesOf(type: string, machines: readonly KnownMachine[]): readonly KnownMachine[] {
  const categoryOf = (machine: KnownMachine) => mainDocument(machine).machine.category;
  const found = machines.filter((machine) => categoryOf(machine) === type);
  if (found.length > 0) return found;
  const meant = nearCategory(type);
  const untagged = machines.filter((machine) => categoryOf(machine) === null);
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
