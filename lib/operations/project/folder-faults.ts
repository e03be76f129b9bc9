import type { YamlPath } from '../../base/yaml-file.ts';
import type { DefinitionFault, ParsedDefinition } from '../../machines/definition/definition-parser.ts';
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
  const { boot, os, disks, shares, after, consoles } = definition;
  const files: readonly NamedPath[] = [
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
  return [...files.flatMap((file) => faultOfPath(project, folder, file, placeOf(file.path))), ...missing];
}

/** Stored files are looked up when they are needed: a folder is valid without them. */
function fileNamed(path: YamlPath, named: string | null): readonly NamedPath[] {
  return named === null || /^(store|image):/.test(named) ? [] : [{ path, named, what: 'file' }];
}

function faultOfPath(
  { files }: Project,
  folder: MachineFolder,
  { named, what }: NamedPath,
  at: string,
): readonly DefinitionFault[] {
  const inside = files.realPath(folder.path);
  const real = files.realPath(`${folder.path}/${named}`);
  if (real === null)
    return [{ at, message: `"${named}" does not exist`, hint: `create the ${what} ${folder.path}/${named}` }];
  if (inside === null || !(real === inside || real.startsWith(`${inside}/`))) {
    return [
      {
        at,
        message: `"${named}" is a link that leads out of the folder of the machine, to ${real}`,
        hint: `replace the link by a copy of the ${what}`,
      },
    ];
  }
  const isRight = what === 'file' ? files.isFile(real) : files.list(real) !== null;
  return isRight ? [] : [{ at, message: `"${named}" is not a ${what}`, hint: `give the path of a ${what}` }];
}
