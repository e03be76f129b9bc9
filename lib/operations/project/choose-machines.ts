import { PortalGunError } from '../../base/errors.ts';
import type { ParsedDefinition } from '../../machines/definition/definition-parser.ts';
import type { MachineFolder, Project } from './open-project.ts';

const MAX_PROCESSES = 4;

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
export async function machinesOf(
  project: Project,
  { machines = [], types = [] }: MachineNames,
): Promise<readonly ReadFolder[]> {
  const folders =
    machines.length === 0 ? project.machines() : [...new Set(machines)].map((name) => project.machine(name));
  const read = await readFolders(project, folders);
  return read.filter(({ result }) => {
    const category = 'error' in result ? undefined : result.definition?.category;
    return types.length === 0 || category === undefined || types.includes(category);
  });
}

/** Reads the definitions of folders. Programs are evaluated in a few processes at a time. */
export async function readFolders(
  project: Project,
  folders: readonly MachineFolder[],
): Promise<readonly ReadFolder[]> {
  const read: ReadFolder[] = [];
  for (let at = 0; at < folders.length; at += MAX_PROCESSES) {
    const some = folders.slice(at, at + MAX_PROCESSES);
    read.push(
      ...(await Promise.all(
        some.map(async (folder) => ({ folder, result: await readFolder(project, folder) })),
      )),
    );
  }
  return read;
}

async function readFolder(project: Project, folder: MachineFolder): Promise<ReadFolder['result']> {
  try {
    return await project.read(folder);
  } catch (error) {
    if (error instanceof PortalGunError) return { error };
    throw error;
  }
}
