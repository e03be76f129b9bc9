import { PortalGunError } from '../../base/errors.ts';
import type { YamlValue } from '../../base/yaml-file.ts';
import {
  type ChangedValue,
  changeDefinition,
  parseValueChange,
  type ValueChange,
} from '../../machines/definition/change-definition.ts';
import { parseDefinition } from '../../machines/definition/definition-parser.ts';
import type { HostSession } from '../session/host-session.ts';
import { type MachineNames, machinesOf } from './choose-machines.ts';
import { isTypeScript, type MachineFolder, openProject, type Project } from './open-project.ts';

const MAX_CHANGES = 100;

/** The values that definitions get. */
export interface SetOptions extends MachineNames {
  /** Paths of keys as `nics.0.model`, each with its value; `null` or empty text removes the key. */
  readonly values: readonly { readonly key: string; readonly value: string | null }[];
  /** Whether nothing is written. */
  readonly dryRun?: boolean;
}

/** A machine whose definition was changed. */
interface SetMachine {
  readonly name: string;
  /** Its definition, from the root of the project. */
  readonly file: string;
  /** Empty if the definition has all the values already. */
  readonly changes: readonly {
    /** Keys and indices. */
    readonly path: readonly (string | number)[];
    /** The value in the file before: text, a list or a mapping; `null` if it had none. */
    readonly before: YamlValue;
    /** `null` if the key was removed. */
    readonly after: string | null;
  }[];
}

/** The answer of `portal set`. */
export interface SetMachines {
  /** The directory of the project. */
  readonly root: string;
  readonly machines: readonly SetMachine[];
  /** Whether files were written. */
  readonly written: boolean;
}

interface ChangedFolder {
  readonly folder: MachineFolder;
  readonly before: string;
  readonly text: string;
  readonly changed: readonly ChangedValue[];
}

/**
 * Changes values in the definitions of machines. Comments and layout of the files stay. All results are checked before
 * the first file is written; if one has a fault, no file is written. No VM is changed.
 *
 * The folder of the host is left out unless it is named, or selected by its category.
 *
 * @throws PortalGunError BAD_ARGUMENT, BAD_DEFINITION, NO_FOLDER, NOT_FOUND, PERMISSION_DENIED, OUTPUT_FAILED
 */
export async function setValues(
  session: HostSession,
  { values, dryRun = false, ...choice }: SetOptions,
): Promise<SetMachines> {
  const changes = changesOf(values);
  const project = await openProject(session);
  const chosen = await chosenFolders(project, choice);
  for (const folder of chosen) refuseTypeScript(folder);
  const folders = chosen.map((folder) => changeFolder(project, folder, changes));
  for (const changed of folders) demandSound(changed);
  const writes = folders.filter(({ before, text }) => text !== before);
  if (!dryRun) writeAll(project, writes);
  return {
    root: project.root,
    machines: folders.map(({ folder: { name, file }, changed }) => ({
      name,
      file,
      changes: changed.map(({ path, before, after }) => ({ path: path.map(stepOf), before, after })),
    })),
    written: !dryRun && writes.length > 0,
  };
}

function stepOf(step: string): string | number {
  return /^\d+$/.test(step) ? Number(step) : step;
}

function changesOf(values: SetOptions['values']): readonly ValueChange[] {
  if (values.length === 0 || values.length > MAX_CHANGES) {
    throw new PortalGunError(
      'BAD_ARGUMENT',
      values.length === 0 ? 'no value given' : `more than ${MAX_CHANGES} values`,
      { hint: 'give a key and its value: memory=384MiB' },
    );
  }
  const changes = values.map(({ key, value }) => parseValueChange(key, value));
  const seen = new Set<string>();
  for (const { path } of changes) {
    const key = path.join('.');
    if (seen.has(key)) throw new PortalGunError('BAD_ARGUMENT', 'is given more than once', { subject: key });
    seen.add(key);
  }
  return changes;
}

async function chosenFolders(project: Project, choice: MachineNames): Promise<readonly MachineFolder[]> {
  const isChosen = (choice.machines ?? []).length > 0 || (choice.types ?? []).includes('host');
  const read = await machinesOf(project, choice);
  return read
    .filter(({ result }) => isChosen || 'error' in result || result.definition?.category !== 'host')
    .map(({ folder }) => folder);
}

/** @throws PortalGunError BAD_ARGUMENT for a definition that is a program */
function refuseTypeScript(folder: MachineFolder): void {
  if (!isTypeScript(folder)) return;
  const { name, file } = folder;
  throw new PortalGunError('BAD_ARGUMENT', 'is a program, whose values cannot be set; nothing was written', {
    subject: file,
    hint: `edit the file; or replace it by its values: portal show ${name} > ${name}.yaml && rm ${file} && mv ${name}.yaml ${file.replace(/ts$/, 'yaml')}`,
  });
}

function changeFolder(
  project: Project,
  folder: MachineFolder,
  changes: readonly ValueChange[],
): ChangedFolder {
  const before = project.readText(folder);
  return { folder, before, ...changeDefinition(before, folder.file, changes) };
}

/** @throws PortalGunError BAD_DEFINITION that names the first fault of the changed text */
function demandSound({ folder: { name, file }, text }: ChangedFolder): void {
  const { faults } = parseDefinition(text, name, file);
  const [fault] = faults;
  if (fault === undefined) return;
  const more = faults.length > 1 ? `, and ${faults.length - 1} more` : '';
  throw new PortalGunError('BAD_DEFINITION', `${fault.message}${more}; nothing was written`, {
    subject: fault.at,
    hint: fault.hint ?? `show the values of the file: portal show ${name} --why`,
  });
}

function writeAll(project: Project, writes: readonly ChangedFolder[]): void {
  for (const { folder } of writes) project.files.demandPlace(`${project.root}/${folder.file}`);
  for (const { folder, text } of writes) {
    project.files.put(`${project.root}/${folder.file}`, text, { overwrites: true, keepsOwner: true });
  }
}
