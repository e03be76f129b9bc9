import { PortalGunError } from '../../base/errors.ts';
import type { ParsedDefinition } from '../../machines/definition/definition-parser.ts';
import type { MachineFolder, Project } from './open-project.ts';

/** The machines of a request: those that are named or of a category; all by default. */
export interface MachineNames {
  readonly machines?: readonly string[] | undefined;
  /** Only machines of these categories. */
  readonly types?: readonly string[] | undefined;
}

/** A request of the library: the name of a machine, names, or options with them. */
export type MachineRequest<Options extends MachineNames> = string | readonly string[] | Options;

/** The options of a request. */
export function requestOf<Options extends MachineNames>(
  request: MachineRequest<Options>,
): Options | MachineNames {
  if (typeof request === 'string') return { machines: [request] };
  return isNames(request) ? { machines: request } : request;
}

function isNames<Options extends MachineNames>(
  request: readonly string[] | Options,
): request is readonly string[] {
  return Array.isArray(request);
}

/** A folder with its definition, or why that cannot be read. */
export interface ReadFolder {
  readonly folder: MachineFolder;
  readonly result: ParsedDefinition | { readonly error: PortalGunError };
}

/**
 * Reads the definitions of the machines that are meant, sorted by name.
 *
 * A machine whose category cannot be read is of every category: a fault must not hide it.
 *
 * @throws PortalGunError NO_FOLDER, BAD_ARGUMENT
 */
export function machinesOf(
  project: Project,
  { machines = [], types = [] }: MachineNames,
): readonly ReadFolder[] {
  const folders =
    machines.length === 0 ? project.machines() : [...new Set(machines)].map((name) => project.machine(name));
  return folders
    .map((folder) => ({ folder, result: readFolder(project, folder) }))
    .filter(({ result }) => {
      const category = 'error' in result ? undefined : result.definition?.category;
      return types.length === 0 || category === undefined || types.includes(category);
    });
}

function readFolder(project: Project, folder: MachineFolder): ReadFolder['result'] {
  try {
    return project.read(folder);
  } catch (error) {
    if (error instanceof PortalGunError) return { error };
    throw error;
  }
}
