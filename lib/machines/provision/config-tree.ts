import { PortalGunError } from '../../base/errors.ts';
import type { DefinitionFault } from '../definition/definition-parser.ts';
import { fillTemplate, type TemplateValues } from '../template/fill-template.ts';
import { type ConfigManifest, parseMode, parseOwner } from './config-manifest.ts';
import { GUEST_PATH_WORDS, isGuestPath } from './guest-path.ts';
import { type DesiredPart, MAX_GUEST_FILE_BYTES } from './guest-state.ts';

const TEMPLATE = '.liquid';
const PLAIN_MODE = 0o644;
const PROGRAM_MODE = 0o755;

/** An entry of a config folder, as it is on the disk. */
export interface ConfigEntry {
  /** Its path in the guest, which is that in the folder: `/etc/hosts`. */
  readonly path: string;
  /** Its path from the root of the project, for errors. */
  readonly source: string;
  readonly what:
    | { readonly kind: 'file'; readonly content: Uint8Array; readonly isExecutable: boolean }
    | { readonly kind: 'directory' }
    | { readonly kind: 'other'; readonly words: string };
}

/** What a config folder demands of a guest, and all its faults. */
export interface ConfigParts {
  readonly parts: readonly DesiredPart[];
  readonly faults: readonly DefinitionFault[];
}

type Owning = Pick<Extract<DesiredPart, { kind: 'file' }>, 'user' | 'group'>;

/** What is said of a path: by the last entry of the manifest about it, or about a directory above it. */
interface Said extends Owning {
  readonly mode: number | null;
  readonly directoryMode: number | null;
  readonly hasOwner: boolean;
}

/**
 * The files of a config folder as they are to be in the guest: templates filled, with owners and modes.
 *
 * @param valuesOf the values for templates, with those of the manifest
 */
export function configParts(
  entries: readonly ConfigEntry[],
  manifest: ConfigManifest,
  valuesOf: (values: Readonly<Record<string, string>>) => TemplateValues,
): ConfigParts {
  const faults: DefinitionFault[] = [...manifest.faults];
  const values = valuesOf(manifest.written.values ?? {});
  const parts = entries.flatMap((entry): readonly DesiredPart[] => {
    const found = partOf(entry, manifest, values);
    if (!('message' in found)) return [found];
    faults.push(found);
    return [];
  });
  const paths = new Set(parts.map((part) => ('path' in part ? part.path : '')));
  const folders = createdFolders(manifest, paths);
  faults.push(...folders.faults, ...unstableLines(manifest));
  return { parts: [...folders.parts, ...parts, ...editsOf(manifest)], faults };
}

function partOf(
  { path, source, what }: ConfigEntry,
  manifest: ConfigManifest,
  values: TemplateValues,
): DesiredPart | DefinitionFault {
  const fault = (message: string, hint: string | null = null): DefinitionFault => ({
    at: source,
    message,
    hint,
  });
  const isTemplate = what.kind === 'file' && path.endsWith(TEMPLATE);
  const at = isTemplate ? path.slice(0, -TEMPLATE.length) : path;
  if (!isGuestPath(at)) return fault(GUEST_PATH_WORDS, 'rename or remove it');
  const { user, group, mode, directoryMode, hasOwner } = saidOf(manifest, at);
  const common = { path: at, user, group, origin: source };
  if (what.kind === 'other') return fault(what.words, 'replace it by a copy of the file');
  if (what.kind === 'directory') {
    const owner = hasOwner ? { user, group } : { user: null, group: null };
    return { kind: 'directory', path: at, mode: directoryMode, ...owner, origin: source };
  }
  if (what.content.length > MAX_GUEST_FILE_BYTES) {
    return fault(
      `is larger than ${MAX_GUEST_FILE_BYTES / 1024} KiB`,
      'put it into a directory that the machine shares: shares: [{ name: data, source: data }]',
    );
  }
  try {
    const content = isTemplate ? filled(what.content, values, source) : what.content;
    return {
      ...{ kind: 'file', ...common, content },
      mode: mode ?? (what.isExecutable ? PROGRAM_MODE : PLAIN_MODE),
    };
  } catch (error) {
    if (!(error instanceof PortalGunError)) throw error;
    return { at: error.subject ?? source, message: error.message, hint: null };
  }
}

function filled(content: Uint8Array, values: TemplateValues, source: string): Uint8Array {
  const text = Buffer.from(content).toString('utf8');
  if (!Buffer.from(text).equals(content)) {
    throw new PortalGunError('BAD_DEFINITION', 'is a template, but not UTF-8', { subject: source });
  }
  return new TextEncoder().encode(fillTemplate(text, values, source));
}

function saidOf({ written: { files = [] } }: ConfigManifest, path: string): Said {
  const about = files.filter((entry) => isAbout(entry.path, path));
  const last = <T>(pick: (entry: (typeof files)[number]) => T | undefined): T | undefined =>
    about.map(pick).findLast((each) => each !== undefined);
  const mode = last((entry) => entry.mode);
  const directoryMode = last((entry) => entry['directory-mode']);
  const owner = last((entry) => entry.owner);
  return {
    ...parseOwner(owner ?? 'root'),
    mode: mode === undefined ? null : parseMode(mode),
    directoryMode: directoryMode === undefined ? null : parseMode(directoryMode),
    hasOwner: owner !== undefined,
  };
}

function isAbout(named: string, path: string): boolean {
  const plain = named.replace(/\/$/, '');
  return plain === path || path.startsWith(`${plain}/`);
}

/** The directories that only the manifest names, and its entries that are about nothing. */
function createdFolders(manifest: ConfigManifest, paths: ReadonlySet<string>): ConfigParts {
  const { written, placeOf } = manifest;
  const parts: DesiredPart[] = [];
  const faults: DefinitionFault[] = [];
  for (const [index, { path }] of (written.files ?? []).entries()) {
    const plain = path.replace(/\/$/, '');
    if ([...paths].some((each) => isAbout(plain, each))) continue;
    const at = placeOf(['files', index, 'path']);
    if (plain === path) {
      faults.push({
        ...{ at, message: `names no file of the folder: ${path}` },
        hint: `add the file, or end the path with "/" to create a directory: ${path}/`,
      });
      continue;
    }
    const { user, group, directoryMode } = saidOf(manifest, plain);
    const mode = directoryMode ?? PROGRAM_MODE;
    parts.push({ kind: 'directory', path: plain, user, group, mode, origin: at });
  }
  return { parts, faults };
}

/** A line that is not found again would be added at each run. */
function unstableLines({ written: { lines = [] }, placeOf }: ConfigManifest): readonly DefinitionFault[] {
  return lines.flatMap(({ line, 'starts-with': startsWith }, index) =>
    line.startsWith(startsWith)
      ? []
      : [
          {
            at: placeOf(['lines', index, 'line']),
            message: `does not begin with "${startsWith}"`,
            hint: 'change "starts-with" to the beginning of the line',
          },
        ],
  );
}

function editsOf({
  written: { blocks = [], lines = [], removals = [] },
  placeOf,
}: ConfigManifest): readonly DesiredPart[] {
  return [
    ...blocks.map(
      ({ path, name = 'config', text }, index): DesiredPart => ({
        ...{ kind: 'edit', path, edit: { kind: 'block', name, text } },
        origin: placeOf(['blocks', index]),
      }),
    ),
    ...lines.map(
      ({ path, line, 'starts-with': startsWith }, index): DesiredPart => ({
        ...{ kind: 'edit', path, edit: { kind: 'line', line, startsWith } },
        origin: placeOf(['lines', index]),
      }),
    ),
    ...removals.map(
      (path, index): DesiredPart => ({ kind: 'absent', path, origin: placeOf(['removals', index]) }),
    ),
  ];
}
