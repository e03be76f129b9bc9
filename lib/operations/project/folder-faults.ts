import { ERRORS, PortalGunError } from '../../base/errors.ts';
import type { YamlPath } from '../../base/yaml-file.ts';
import type { DefinitionFault, ParsedDefinition } from '../../machines/definition/definition-parser.ts';
import type { MachineDefinition } from '../../machines/definition/machine-definition.ts';
import type { MachineFolder, Project } from './open-project.ts';

/** A file or directory of the folder that a definition names. */
interface NamedPath {
  readonly path: YamlPath;
  readonly named: string;
  readonly what: 'file' | 'directory';
}

/** The faults of the files that a definition names, and of its references to other machines. */
export function faultsInFolder(
  project: Project,
  folder: MachineFolder,
  { definition, placeOf }: ParsedDefinition,
): readonly DefinitionFault[] {
  if (definition === null) return [];
  const { after, consoles } = definition;
  const machines = new Set(project.machines().map(({ name }) => name));
  const named: readonly (readonly [name: string, path: YamlPath])[] = [
    ...after.map((name, index) => [name, ['after', index]] as const),
    ...consoles.flatMap(({ of }, index) =>
      of.startsWith('type=') ? [] : [[of, ['consoles', index, 'of']] as const],
    ),
  ];
  const missing = named
    .filter(([name]) => name !== folder.name && !machines.has(name))
    .map(([name, path]) => ({
      at: placeOf(path),
      message: `names ${name}, which has no folder`,
      hint: `create it: portal new ${name}`,
    }));
  return [
    ...pathsIn(definition).flatMap((file) => faultOfPath(project, folder, file, placeOf(file.path))),
    ...missing,
  ];
}

/**
 * Refuses a definition whose files are links that lead out of the folder of the machine: whoever can write into the folder could
 * give any file of the host to the guest.
 *
 * @throws PortalGunError BAD_DEFINITION
 */
export function refuseLinksOut(
  project: Project,
  folder: MachineFolder,
  definition: MachineDefinition,
  placeOf: ParsedDefinition['placeOf'],
): void {
  for (const { path, named, what } of pathsIn(definition)) {
    const real = realPathOutside(project, folder, named);
    if (real === null) continue;
    throw new PortalGunError('BAD_DEFINITION', `"${named}" ${leadsOut(real)}`, {
      subject: placeOf(path),
      hint: replaceLink(what),
    });
  }
}

const leadsOut = (real: string): string =>
  `is a link that leads out of the folder of the machine, to ${real}`;
const replaceLink = (what: NamedPath['what']): string => `replace the link by a copy of the ${what}`;

/** The target of a path that leads out of the folder; `null` if it does not, or nothing is there. */
function realPathOutside({ files }: Project, folder: MachineFolder, named: string): string | null {
  const inside = files.realPath(folder.path);
  const real = files.realPath(`${folder.path}/${named}`);
  if (real === null) return null;
  return inside !== null && (real === inside || real.startsWith(`${inside}/`)) ? null : real;
}

function pathsIn({ boot, os, disks, shares }: MachineDefinition): readonly NamedPath[] {
  return [
    ...fileNamed(['boot', 'kernel'], boot.kernel),
    ...fileNamed(['boot', 'initrd'], boot.initrd),
    ...fileNamed(['os', 'root'], os.root),
    ...disks.flatMap(({ source }, index) => fileNamed(['disks', index, 'source'], source)),
    ...shares.map(({ source }, index) => ({
      path: ['shares', index, 'source'],
      named: source,
      what: 'directory' as const,
    })),
  ];
}

/** Stored files are looked up when they are needed: a folder is valid without them. */
function fileNamed(path: YamlPath, named: string | null): readonly NamedPath[] {
  return named === null || /^(store|image):/.test(named) ? [] : [{ path, named, what: 'file' }];
}

function faultOfPath(
  project: Project,
  folder: MachineFolder,
  { named, what }: NamedPath,
  at: string,
): readonly DefinitionFault[] {
  const { files } = project;
  const real = files.realPath(`${folder.path}/${named}`);
  if (real === null)
    return [{ at, message: `"${named}" does not exist`, hint: `create the ${what} ${folder.path}/${named}` }];
  const outside = realPathOutside(project, folder, named);
  if (outside !== null) {
    return [{ at, message: `"${named}" ${leadsOut(outside)}`, hint: replaceLink(what) }];
  }
  const isRight = what === 'file' ? files.isFile(real) : files.list(real) !== null;
  return isRight ? [] : [{ at, message: `"${named}" is not a ${what}`, hint: `give the path of a ${what}` }];
}

/** An error as a fault, without the general remedy of its code, which is to run the check. */
export function faultOfError({ code, subject, message, hint }: PortalGunError): DefinitionFault {
  return { at: subject ?? '', message, hint: hint === ERRORS[code].remedy ? null : hint };
}
