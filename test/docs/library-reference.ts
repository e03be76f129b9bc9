import { dirname, join } from 'node:path';
import { code, table } from './markdown.ts';

/** The text of source files by their path from the root of the project. */
export type Sources = ReadonlyMap<string, string>;

interface Exported {
  readonly name: string;
  readonly file: string;
}

const FACE = 'lib/index.ts';

const ROOMS: readonly (readonly [room: string, heading: string])[] = [
  ['lib/operations', 'Operations'],
  ['lib/host', 'Hosts and snapshots'],
  ['lib/sysfs', 'Reading a host'],
  ['lib/checks', 'Checks'],
  ['lib/plan', 'Plans'],
  ['lib/apply', 'Applying a plan'],
  ['lib/simulation', 'Simulated host'],
  ['lib/machines', 'Machines, their kernels and images'],
  ['lib/guest', 'Inside of guests'],
  ['lib/libvirt', 'libvirt documents'],
  ['lib/facts', 'The model of a host'],
  ['lib/pci', 'The model of a device'],
  ['lib/documents', 'The JSON documents'],
  ['lib/base', 'Facts, errors, diagnostics'],
];

/** The page of what the library exports: name, kind, and the first sentence of its comment. */
export function libraryReference(sources: Sources): string {
  const exported = exportsOf(sources);
  const sections = ROOMS.map(([room, heading]) => {
    const rows = exported
      .filter(({ file }) => file.startsWith(`${room}/`))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, file }) => row(name, sources.get(file) ?? '', file));
    return `## ${heading}\n\n${table(['name', 'kind', 'description'], rows)}`;
  });
  const missed = exported.filter(({ file }) => !ROOMS.some(([room]) => file.startsWith(`${room}/`)));
  if (missed.length > 0) throw new Error(`in no section: ${missed.map(({ name }) => name).join(', ')}`);
  return [
    '# Library',
    "`import { … } from 'portal-gun'` provides the functions of the programs. The types contain the details, and every export has its contract as a comment. See [use portal-gun from scripts](../how-to/use-from-scripts.md) for examples.",
    ...sections,
  ]
    .join('\n\n')
    .concat('\n');
}

function exportsOf(sources: Sources): readonly Exported[] {
  const text = sources.get(FACE) ?? '';
  const statements = text.matchAll(/^export (type )?(?:\*|\{([^}]*)\}) from '([^']+)';/gm);
  return [...statements].flatMap(([, typesOnly, listed, from = '']) => {
    const file = join(dirname(FACE), from);
    const kind = typesOnly === undefined ? '\\w+' : '(?:interface|type)';
    const names =
      listed === undefined
        ? [...(sources.get(file) ?? '').matchAll(new RegExp(`^export ${kind} (\\w+)`, 'gm'))].map(
            (match) => match[1] ?? '',
          )
        : listed.split(',').map((name) => name.replace('type ', '').trim());
    return names.filter((name) => name !== '').map((name) => ({ name, file }));
  });
}

function row(name: string, source: string, file: string): readonly string[] {
  const declaration = new RegExp(
    `(?:/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\s*)?^export (?:declare )?(?:async )?(function|const|class|interface|type)\\*? ${name}\\b`,
    'm',
  ).exec(source);
  if (declaration === null) throw new Error(`${file} does not export ${name}`);
  return [code(name), declaration[2] ?? '', firstSentence(declaration[1] ?? '')];
}

function firstSentence(rawComment: string): string {
  const text = rawComment
    .replace(/^\s*\* ?/gm, '')
    .replace(/\{@link (\w+)\}/g, '`$1`')
    .trim();
  if (text.startsWith('- ')) {
    const named = [...text.matchAll(/^- (`[^`]+`)/gm)].map((match) => match[1]);
    return `One of ${named.join(', ')}.`;
  }
  const [paragraph = ''] = text.split(/\n\s*\n|\n- |\n@/);
  const plain = paragraph.replace(/\s+/g, ' ').trim();
  return /^.*?[.](?= [A-Z]|$)/.exec(plain)?.[0] ?? plain;
}
