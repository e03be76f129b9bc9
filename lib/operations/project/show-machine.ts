import { PortalGunError } from '../../base/errors.ts';
import type { Origin, ParsedDefinition } from '../../machines/definition/definition-parser.ts';
import type { MachineDefinition } from '../../machines/definition/machine-definition.ts';
import { leavesOf, type WrittenLeaf, writtenForm } from '../../machines/definition/written-form.ts';
import type { HostSession } from '../session/host-session.ts';
import { type MachineFolder, openProject } from './open-project.ts';

/** A definition with every value, and the origin of each. */
export interface ShownMachine {
  readonly folder: MachineFolder;
  readonly definition: MachineDefinition;
  readonly values: readonly (WrittenLeaf & { readonly origin: Origin })[];
}

/**
 * Shows the definition of a machine with every default filled in.
 *
 * @throws PortalGunError NO_FOLDER, BAD_ARGUMENT, BAD_DEFINITION
 */
export async function showMachine(session: HostSession, name: string): Promise<ShownMachine> {
  const project = await openProject(session);
  const folder = project.machine(name);
  const parsed = await project.read(folder);
  const definition = demandDefinition(folder, parsed);
  return {
    folder,
    definition,
    values: leavesOf(writtenForm(definition)).map((leaf) => ({
      ...leaf,
      origin: parsed.originOf(leaf.path),
    })),
  };
}

/**
 * The definition of a folder without faults.
 *
 * @throws PortalGunError BAD_DEFINITION that names the first fault, and how many more there are
 */
export function demandDefinition(
  { name }: MachineFolder,
  { definition, faults }: ParsedDefinition,
): MachineDefinition {
  const [fault] = faults;
  if (definition !== null && fault === undefined) return definition;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more: portal check ${name})` : '';
  throw new PortalGunError('BAD_DEFINITION', `${fault?.message ?? 'cannot be read'}${more}`, {
    subject: fault?.at ?? name,
    ...(fault?.hint == null ? {} : { hint: fault.hint }),
  });
}
