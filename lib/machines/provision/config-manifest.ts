import * as z from 'zod/mini';
import { YamlFile, type YamlPath } from '../../base/yaml-file.ts';
import { checkYaml, yamlList, yamlText } from '../../base/yaml-form.ts';
import type { DefinitionFault } from '../definition/definition-parser.ts';
import { key, longText, required, text } from '../definition/form-parts.ts';
import { GUEST_PATH_WORDS, isGuestPath } from './guest-path.ts';
import type { Owner } from './guest-state.ts';

/** The manifest of a config folder: owners, modes, and changes of files that belong to others. */
export const MANIFEST_FILE = '.portal.yaml';
/** Of an input in zod's forms: the name of a user or group, or its number. */
const OWNER = /^([a-z_][a-z0-9_-]{0,31}|\d{1,9})(:([a-z_][a-z0-9_-]{0,31}|\d{1,9}))?$/;

export const guestPath = yamlText.check(z.refine(isGuestPath, { error: GUEST_PATH_WORDS }));
/** A path, with a slash at its end for a directory. */
const treePath = yamlText.check(
  z.refine((path) => isGuestPath(path.replace(/\/$/, '')), { error: GUEST_PATH_WORDS }),
);
export const modeText = text(/^0?[0-7]{3}$/, 'must be permissions in octal, such as 0640');
export const ownerText = text(OWNER, 'must be USER or USER:GROUP, by name or number');
const blockName = text(
  /^[a-z][a-z0-9-]{0,40}$/,
  'must be a lowercase letter and up to 40 lowercase letters, digits and hyphens',
);
const oneLine = text(/^[^\p{Cc}]{1,500}$/u, 'must be one line, up to 500 characters');

/** The form of a manifest. */
export const manifestForm = z.strictObject({
  $schema: key(yamlText, 'JSON Schema, for editors.'),
  values: key(
    z.record(text(/^[a-z][a-z0-9_]{0,40}$/, 'must be a lowercase name'), longText),
    'Values for templates: `{{ values.domain }}`.',
  ),
  files: key(
    yamlList(
      z.strictObject({
        path: required(
          treePath,
          'A file of the folder, or a directory: then also everything below it. A directory that ends with `/` is created.',
        ),
        owner: key(ownerText, 'User, or user and group: `www-data:www-data`. Default: root.'),
        mode: key(modeText, 'Mode of files. Default: `0644`, and `0755` for programs.'),
        'directory-mode': key(modeText, 'Mode of directories. Default: that of the guest, or `0755`.'),
      }),
    ),
    'Owners and modes. Of several entries for a path, the last one counts.',
  ),
  blocks: key(
    yamlList(
      z.strictObject({
        path: required(guestPath, 'File of the guest.'),
        name: key(blockName, 'Name of the block. Default: `config`.'),
        text: required(yamlText, 'Lines of the block. Empty: the block is removed.'),
      }),
    ),
    'Lines between two marks in a file. The rest of the file is kept.',
  ),
  lines: key(
    yamlList(
      z.strictObject({
        path: required(guestPath, 'File of the guest.'),
        line: required(oneLine, 'The line.'),
        'starts-with': required(oneLine, 'Lines that begin so are replaced by it.'),
      }),
    ),
    'Single lines in a file.',
  ),
  removals: key(yamlList(guestPath), 'Files that the guest must not have.'),
});

type WrittenManifest = z.output<typeof manifestForm>;

/** A manifest as it was read, with the places of its parts. */
export interface ConfigManifest {
  readonly written: WrittenManifest;
  readonly faults: readonly DefinitionFault[];
  placeOf(path: YamlPath): string;
}

const MISSING = {
  path: 'needs the key "path"',
  text: 'needs the key "text": the lines of the block',
  line: 'needs the key "line"',
  'starts-with': 'needs the key "starts-with": how the lines begin that it replaces',
};

/**
 * Reads a manifest: YAML 1.2 or JSON. All faults are reported.
 *
 * @throws PortalGunError BAD_DEFINITION if it is not YAML
 */
export function parseManifest(content: string, fileName: string): ConfigManifest {
  const file = new YamlFile(content, fileName, 'BAD_DEFINITION');
  // A file of comments has no keys.
  const { data, faults } = checkYaml(file, file.value ?? {}, manifestForm, MISSING);
  return {
    written: data?.value ?? {},
    faults: faults.map(({ path, message, hint }) => ({
      at: file.placeOf(path),
      message,
      hint: hint ?? null,
    })),
    placeOf: (path) => file.placeOf(path),
  };
}

/** The manifest of a folder without one. */
export const NO_MANIFEST: ConfigManifest = { written: {}, faults: [], placeOf: () => MANIFEST_FILE };

/** User and group of a text in the form of an owner; the group of a user alone has its name. */
export function parseOwner(owner: string): { readonly user: Owner; readonly group: Owner } {
  const [user = 'root', group = user] = owner.split(':');
  return { user: asOwner(user), group: asOwner(group) };
}

export function parseMode(mode: string): number {
  return Number.parseInt(mode, 8);
}

function asOwner(word: string): Owner {
  return /^\d+$/.test(word) ? Number(word) : word;
}
