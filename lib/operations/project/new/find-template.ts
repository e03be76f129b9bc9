import { PortalGunError } from '../../../base/errors.ts';
import { suggest } from '../../../base/text.ts';
import { packageTemplates } from '../../../host/package-files.ts';
import type { UserFiles } from '../../../host/user-files.ts';
import { parseTemplate, TEMPLATE_FILE, type Template } from '../../../machines/template/template-parser.ts';
import type { HostSession } from '../../session/host-session.ts';

const MAX_BYTES = 1024 * 1024;
const MAX_FILES = 1000;
const MAX_DEPTH = 12;

/** A template with its place. */
export interface FoundTemplate {
  /** `router/universe`, or the path of a directory. */
  readonly name: string;
  readonly folder: string;
  readonly template: Template;
}

/** The templates of the package, sorted by name. */
export async function listTemplates({ ports }: HostSession): Promise<readonly FoundTemplate[]> {
  const files = await ports.openUserFiles();
  return packageNames(files).map((name) => readTemplate(files, name, `${packageTemplates()}/${name}`));
}

/**
 * Finds a template: one of the package by its name (`router/universe`), or a directory with a template by its path,
 * which begins with `.` or `/`.
 *
 * @throws PortalGunError BAD_ARGUMENT, NOT_FOUND, BAD_DEFINITION
 */
export function findTemplate(files: UserFiles, name: string): FoundTemplate {
  if (/^[./]/.test(name)) {
    const folder = files.absolute(name);
    if (files.isFile(`${folder}/${TEMPLATE_FILE}`)) return readTemplate(files, name, folder);
    throw new PortalGunError('NOT_FOUND', `has no file ${TEMPLATE_FILE}`, { subject: name });
  }
  const names = packageNames(files);
  if (names.includes(name)) return readTemplate(files, name, `${packageTemplates()}/${name}`);
  const meant = suggest(name, names) ?? names.find((each) => each.split('/')[1] === name);
  throw new PortalGunError('BAD_ARGUMENT', 'no template has this name', {
    subject: name,
    hint:
      meant === undefined ? `use ${names.join(', ')}, or the path of a directory` : `did you mean ${meant}?`,
  });
}

/**
 * The files of a template by their paths in it, without its own file.
 *
 * @throws PortalGunError BAD_DEFINITION if there are too many, or one is too large
 */
export function templateFiles(
  files: UserFiles,
  { name, folder }: FoundTemplate,
): ReadonlyMap<string, string> {
  const root = files.realPath(folder) ?? folder;
  const paths = filesBelow(files, folder, '', 0);
  if (paths === null || paths.length > MAX_FILES) {
    throw new PortalGunError('BAD_DEFINITION', `has more than ${MAX_FILES} files, or is nested too deeply`, {
      subject: name,
    });
  }
  for (const path of paths) {
    const real = files.realPath(`${folder}/${path}`);
    // A template of another person could copy files of the user to where a guest can read them.
    if (real === null || !real.startsWith(`${root}/`)) {
      throw new PortalGunError('BAD_DEFINITION', 'is a link that leads out of the template', {
        subject: `${name}/${path}`,
        hint: 'replace the link by a copy of the file',
      });
    }
  }
  return new Map(
    paths
      .filter((path) => path !== TEMPLATE_FILE)
      .map((path) => [
        path,
        Buffer.from(files.read(`${folder}/${path}`, MAX_BYTES, 'BAD_DEFINITION')).toString('utf8'),
      ]),
  );
}

function filesBelow(files: UserFiles, folder: string, path: string, depth: number): readonly string[] | null {
  if (depth > MAX_DEPTH) return null;
  const found: string[] = [];
  for (const name of files.list(path === '' ? folder : `${folder}/${path}`) ?? []) {
    const inner = path === '' ? name : `${path}/${name}`;
    const below = files.isFile(`${folder}/${inner}`) ? [inner] : filesBelow(files, folder, inner, depth + 1);
    if (below === null || found.length + below.length > MAX_FILES) return null;
    found.push(...below);
  }
  return found;
}

function packageNames(files: UserFiles): readonly string[] {
  const folder = packageTemplates();
  return (files.list(folder) ?? []).flatMap((category) =>
    (files.list(`${folder}/${category}`) ?? [])
      .filter((name) => files.isFile(`${folder}/${category}/${name}/${TEMPLATE_FILE}`))
      .map((name) => `${category}/${name}`),
  );
}

function readTemplate(files: UserFiles, name: string, folder: string): FoundTemplate {
  const bytes = files.read(`${folder}/${TEMPLATE_FILE}`, MAX_BYTES, 'BAD_DEFINITION');
  return {
    name,
    folder,
    template: parseTemplate(Buffer.from(bytes).toString('utf8'), `${name}/${TEMPLATE_FILE}`),
  };
}
