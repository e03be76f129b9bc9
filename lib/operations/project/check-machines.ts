import { PortalGunError } from '../../base/errors.ts';
import { MACHINE_NAME, MACHINE_NAME_WORDS } from '../../machines/definition/definition-form.ts';
import type { DefinitionFault, ParsedDefinition } from '../../machines/definition/definition-parser.ts';
import { configParts } from '../../machines/provision/config-tree.ts';
import { definedValues } from '../../machines/provision/template-values.ts';
import { readConfigFolder } from '../provision/config-folder.ts';
import type { HostSession } from '../session/host-session.ts';
import { type MachineNames, machinesOf } from './choose-machines.ts';
import { faultOfError, faultsInFolder } from './folder-faults.ts';
import { fragmentFaults } from './machine/folder-fragments.ts';
import { readFolderScripts } from './machine/folder-scripts.ts';
import { MACHINES_FOLDER, type MachineFolder, openProject, type Project } from './open-project.ts';

/** A machine of a project, with all faults of its folder. */
interface CheckedMachine {
  readonly name: string;
  /** Its definition, from the root of the project. */
  readonly file: string;
  /** `null` if its definition cannot be read. */
  readonly category: string | null;
  readonly faults: readonly DefinitionFault[];
}

/** The answer of `portal check`. */
export interface MachineCheck {
  /** The directory of the project. */
  readonly root: string;
  readonly machines: readonly CheckedMachine[];
  /** The faults of files that belong to no machine. */
  readonly faults: readonly DefinitionFault[];
}

/**
 * Checks the folders of machines: reports all faults of each definition and of the files that it names.
 *
 * @throws PortalGunError NO_FOLDER, BAD_ARGUMENT, NOT_FOUND
 */
export async function checkMachines(session: HostSession, choice: MachineNames = {}): Promise<MachineCheck> {
  const project = await openProject(session);
  const parsed = await machinesOf(project, choice);
  return {
    root: project.root,
    machines: parsed.map(({ folder, result }) => {
      const read = 'error' in result ? null : result;
      return {
        name: folder.name,
        file: folder.file,
        category: read?.definition?.category ?? null,
        faults: [
          ...secondDefinitions(project, folder),
          ...('error' in result
            ? [faultOfError(result.error)]
            : [
                ...result.faults,
                ...faultsInFolder(project, folder, result),
                ...configFaults(project, folder, result),
              ]),
          ...fragmentFaults(project, folder),
          ...readFolderScripts(project, folder).faults,
        ],
      };
    }),
    faults: [...lockFaults(project), ...strayFaults(project)],
  };
}

/** The faults of the config folder of a machine, which needs its definition for templates. */
function configFaults(
  project: Project,
  folder: MachineFolder,
  { definition }: ParsedDefinition,
): readonly DefinitionFault[] {
  if (definition === null) return [];
  try {
    const { entries, manifest } = readConfigFolder(project, folder);
    return configParts(entries, manifest, (values) => definedValues(definition, values)).faults;
  } catch (error) {
    if (error instanceof PortalGunError) return [faultOfError(error)];
    throw error;
  }
}

function secondDefinitions(project: Project, folder: MachineFolder): readonly DefinitionFault[] {
  const [first, ...others] = project.definitionsIn(folder);
  return others.map((name) => ({
    at: `${MACHINES_FOLDER}/${folder.name}/${name}`,
    message: `is not read: ${first} defines the machine`,
    hint: 'remove one of the two files',
  }));
}

function strayFaults(project: Project): readonly DefinitionFault[] {
  return project.strays().map((name) => {
    const isName = MACHINE_NAME.test(name);
    return {
      at: `${MACHINES_FOLDER}/${name}`,
      message: isName ? 'has no definition' : 'cannot be the folder of a machine: its name is not valid',
      hint: isName
        ? 'add machine.yaml, or move the directory away; a name with a dot in front is passed over'
        : `use ${MACHINE_NAME_WORDS}`,
    };
  });
}

function lockFaults(project: Project): readonly DefinitionFault[] {
  try {
    project.readLock();
    return [];
  } catch (error) {
    if (error instanceof PortalGunError) return [faultOfError(error)];
    throw error;
  }
}
