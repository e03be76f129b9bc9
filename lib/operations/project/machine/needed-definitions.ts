import type { MachineDefinition } from '../../../machines/definition/machine-definition.ts';
import { type ReadFolder, readFolders } from '../choose-machines.ts';
import type { Project } from '../open-project.ts';
import { demandDefinition } from '../show-machine.ts';

/**
 * Reads the definitions of machines, and of all that they start after.
 *
 * @returns the definition of one of them by its name; it throws PortalGunError NO_FOLDER or BAD_DEFINITION if that has none
 */
export async function readNeeded(
  project: Project,
  names: readonly string[],
): Promise<(name: string) => MachineDefinition> {
  const known = new Map<string, ReadFolder>();
  const all = project.machines();
  for (let open = names; open.length > 0; ) {
    const folders = open.flatMap((name) => all.find((folder) => folder.name === name) ?? []);
    const read = await readFolders(project, folders);
    for (const each of read) known.set(each.folder.name, each);
    const needed = read.flatMap(({ result }) => ('error' in result ? [] : (result.definition?.after ?? [])));
    open = [...new Set(needed)].filter((name) => !known.has(name));
  }
  return (name) => {
    const read = known.get(name);
    if (read === undefined) throw new Error(`the definition of ${project.machine(name).name} was not read`);
    if ('error' in read.result) throw read.result.error;
    return demandDefinition(read.folder, read.result);
  };
}
