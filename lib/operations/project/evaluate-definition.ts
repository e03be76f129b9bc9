import { PortalGunError } from '../../base/errors.ts';
import type { Evaluated } from '../../host/evaluator.ts';
import type { HostPorts } from '../../host/host-ports.ts';
import type { UserFiles } from '../../host/user-files.ts';
import { type ParsedDefinition, parseEvaluated } from '../../machines/definition/definition-parser.ts';
import { DEFINITION_HELPERS, type DefinitionFacts } from '../../machines/typescript/definition-helpers.ts';
import { importedFile, importsIn } from '../../machines/typescript/imported-files.ts';

const MAX_FILE_BYTES = 1024 * 1024;
const MAX_FILES = 100;
const MAX_CHARACTERS = 4 * 1024 * 1024;

/** The files of a project. */
interface ProjectFiles {
  /** Absolute. */
  readonly root: string;
  readonly files: UserFiles;
}

/**
 * Evaluates a definition in TypeScript, with the files of the project that it imports.
 *
 * @param entry from the root of the project: `machines/r0/machine.ts`
 * @throws PortalGunError BAD_DEFINITION, with line and column if they are known
 */
export async function evaluateDefinition(
  ports: HostPorts,
  project: ProjectFiles,
  entry: string,
  facts: DefinitionFacts,
): Promise<ParsedDefinition> {
  const { files, refused } = filesOf(project, entry);
  const evaluator = await ports.openEvaluator();
  const evaluated = await evaluator.evaluate({ entry, files, refused, helpers: DEFINITION_HELPERS, facts });
  const at = placeOf(evaluated, entry);
  if (evaluated.kind === 'value') return parseEvaluated(evaluated.json, facts.machine.name, at);
  const { message, hint } = evaluated;
  throw new PortalGunError('BAD_DEFINITION', message, { subject: at, ...(hint === null ? {} : { hint }) });
}

function placeOf({ at }: Evaluated, entry: string): string {
  return at === null ? entry : `${at.file}:${at.line}:${at.column}`;
}

interface FoundFiles {
  /** Texts by path from the root of the project. */
  readonly files: Readonly<Record<string, string>>;
  /** Why a file cannot be imported. */
  readonly refused: Readonly<Record<string, string>>;
}

/** The entry, and all files that it can import. Only files of the project are read: no link leads out of it. */
function filesOf(project: ProjectFiles, entry: string): FoundFiles {
  const files: Record<string, string> = {};
  const refused: Record<string, string> = {};
  const open = [entry];
  let characters = 0;
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (Object.hasOwn(files, file) || Object.hasOwn(refused, file)) continue;
    const found = readInside(project, file);
    if ('refused' in found) {
      if (file === entry) throw new PortalGunError('BAD_DEFINITION', found.refused, { subject: entry });
      refused[file] = found.refused;
      continue;
    }
    files[file] = found.text;
    characters += found.text.length;
    if (Object.keys(files).length > MAX_FILES || characters > MAX_CHARACTERS) {
      const most = `${MAX_FILES} files or ${MAX_CHARACTERS / 1024 / 1024} MiB`;
      throw new PortalGunError('BAD_DEFINITION', `imports more than ${most}`, { subject: entry });
    }
    if (file.endsWith('.json')) continue;
    for (const path of importsIn(found.text)) {
      const imported = importedFile(file, path);
      if (imported !== null && /\.(ts|json)$/.test(imported)) open.push(imported);
    }
  }
  return { files, refused };
}

function readInside(
  { root, files }: ProjectFiles,
  file: string,
): { readonly text: string } | { readonly refused: string } {
  const [real, inside] = [files.realPath(`${root}/${file}`), files.realPath(root)];
  if (real === null) return { refused: 'does not exist' };
  if (inside === null || !real.startsWith(inside === '/' ? '/' : `${inside}/`))
    return { refused: 'is a link that leads out of the project' };
  if (!files.isFile(real)) return { refused: 'is not a regular file' };
  let bytes: Buffer;
  try {
    bytes = Buffer.from(files.read(real, MAX_FILE_BYTES, 'BAD_DEFINITION'));
  } catch (error) {
    if (!(error instanceof PortalGunError)) throw error;
    return { refused: error.message };
  }
  const text = bytes.toString('utf8');
  if (!bytes.equals(Buffer.from(text))) return { refused: 'is not UTF-8' };
  return { text: text.replace(/^\uFEFF/, '') };
}
