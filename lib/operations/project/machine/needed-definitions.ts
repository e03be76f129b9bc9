import type { MachineDefinition } from '../../../machines/definition/machine-definition.ts';
import { machinesOf, type ReadFolder, readFolders } from '../choose-machines.ts';
import { refuseLinksOut } from '../folder-faults.ts';
import type { Project } from '../open-project.ts';
import { demandDefinition } from '../show-machine.ts';

/** The definitions that a request needs. */
interface NeededDefinitions {
  /** @throws PortalGunError NO_FOLDER, BAD_DEFINITION */
  definitionOf(name: string): MachineDefinition;
  /** The machines of a category, by name, other than the host. One whose definition has a fault is not among them. */
  machinesOfType(category: string): readonly string[];
}

/**
 * Reads the definitions that some machines need: of all that they start after, or whose consoles they see.
 *
 * @param options.refusesLinksOut whether a definition is refused if its files are links that lead out of its folder
 */
export async function readNeeded(
  project: Project,
  chosen: readonly ReadFolder[],
  { refusesLinksOut }: { readonly refusesLinksOut: boolean },
): Promise<NeededDefinitions> {
  const known = new Map<string, ReadFolder>();
  const all = project.machines();
  for (let read = chosen; read.length > 0; ) {
    for (const each of read) known.set(each.folder.name, each);
    const needed = new Set(read.flatMap((each) => definitionIn(each)?.after ?? []));
    const folders = all.filter(({ name }) => needed.has(name) && !known.has(name));
    read = await readFolders(project, folders);
  }
  const seesTypes = [...known.values()].some((each) =>
    definitionIn(each)?.consoles.some(({ of }) => of.startsWith('type=')),
  );
  const seen = seesTypes ? await machinesOf(project, {}) : [];
  return {
    definitionOf(name) {
      const read = known.get(name);
      if (read === undefined) throw new Error(`the definition of ${project.machine(name).name} was not read`);
      if ('error' in read.result) throw read.result.error;
      const { folder, result } = read;
      const definition = demandDefinition(folder, result);
      if (refusesLinksOut) refuseLinksOut(project, folder, definition, (path) => result.placeOf(path));
      return definition;
    },
    machinesOfType: (category) =>
      seen
        .filter((each) => category !== 'host' && definitionIn(each)?.category === category)
        .map(({ folder }) => folder.name),
  };
}

function definitionIn({ result }: ReadFolder): MachineDefinition | null {
  return 'error' in result ? null : result.definition;
}
