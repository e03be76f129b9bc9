import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/pci-program.ts';
import { bannedPhrasesOf, commentProse, phrasesIn, prose, unreleased, wordRates } from './english.ts';
import { type SourceTexts, sourceTexts } from './source-texts.ts';

/*
 * Documents, help, messages and comments are plain technical English: see "Language" in CONTRIBUTING.md. Two
 * measurements check this: the rates of three words that a translation uses too rarely or too often, and phrases that
 * are banned.
 */

const HELP = 'test/cli/golden/help.txt';

/** The documents that are about one release each: only what is not released yet can still be changed. */
const CHANGELOG = 'CHANGELOG.md';

const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
].sort();

const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Each text to be measured, by its name. */
const TEXTS: ReadonlyMap<string, string> = new Map([
  ...DOCUMENTS.map((path) => [path, prose(textOf(path))] as const),
  [CHANGELOG, prose(unreleased(textOf(CHANGELOG)))],
  [HELP, textOf(HELP)],
]);

const BANNED = bannedPhrasesOf(textOf('CONTRIBUTING.md'));

describe('documents and help', () => {
  it('use if for conditions, and where and what rarely: rates in 1,000 words', () => {
    const rates = wordRates([...TEXTS.values()].join('\n'), ['if', 'where', 'what']);
    expect(rates.words).toBeGreaterThan(30_000);
    expect(rates.if).toBeGreaterThanOrEqual(5);
    expect(rates.where).toBeLessThanOrEqual(2);
    expect(rates.what).toBeLessThanOrEqual(5);
  });

  it.each([...TEXTS])('have no banned phrase: %s', (_, text) => {
    expect(phrasesIn(text, BANNED)).toEqual([]);
  });

  it('are all seen, and the phrases are read from CONTRIBUTING.md', () => {
    expect(TEXTS.size).toBeGreaterThan(50);
    expect(BANNED.length).toBeGreaterThan(40);
    expect(phrasesIn('This is let\nbe, where nobody looks.', BANNED)).toEqual(['nobody', 'is let be']);
    expect(wordRates('If so, what? `if` it is; whatever.', ['if', 'what'])).toMatchObject({ if: 2000 / 7 });
  });
});

/** Literals with a banned phrase that another program, a format or the kernel defines. */
const FOREIGN_LITERALS = new Set([
  // The product name of Hyper-V guests in DMI.
  'Virtual Machine',
]);

function sourcesBelow(folder: string): ReadonlyMap<string, SourceTexts> {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));
  return new Map(files.sort().map((file) => [file, sourceTexts(textOf(file))]));
}

/** `FILE:LINE: phrase` for each banned phrase in the texts of files. */
function phrasesOf(
  sources: ReadonlyMap<string, SourceTexts>,
  textsOf: (source: SourceTexts) => SourceTexts['comments'],
): readonly string[] {
  return [...sources].flatMap(([file, source]) =>
    textsOf(source).flatMap(({ line, text }) =>
      phrasesIn(text, BANNED).map((phrase) => `${file}:${line}: ${phrase}`),
    ),
  );
}

describe('the sources', () => {
  const lib = sourcesBelow('lib');
  const support = sourcesBelow('test/support');
  const commentsOf = ({ comments }: SourceTexts): SourceTexts['comments'] =>
    comments.map(({ line, text }) => ({ line, text: commentProse(text) }));
  /** Text for a user, and parts of it: a literal of one word is a key, a name or a value. */
  const messagesOf = ({ literals }: SourceTexts): SourceTexts['literals'] =>
    literals.filter(({ text }) => /\S\s+\S/.test(text) && !FOREIGN_LITERALS.has(text));

  it('have no banned phrase in the messages of lib/', () => {
    expect(phrasesOf(lib, messagesOf)).toEqual([]);
  });

  it('have no banned phrase in comments', () => {
    expect(phrasesOf(lib, commentsOf)).toEqual([]);
    expect(phrasesOf(support, commentsOf)).toEqual([]);
  });

  const rooms = readdirSync(join(ROOT, 'lib'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `lib/${name}`);

  it.each([...rooms, 'test/support'])(
    'use if for conditions, and where and what rarely, in comments of %s',
    (room) => {
      const sources = [...lib, ...support].filter(([file]) => file.startsWith(`${room}/`));
      const texts = sources.flatMap(([, source]) => commentsOf(source).map(({ text }) => text));
      const rates = wordRates(texts.join('\n'), ['if', 'where', 'what']);
      expect(rates.words).toBeGreaterThan(100);
      if (room.startsWith('lib/') && rates.words > 1000) expect(rates.if).toBeGreaterThanOrEqual(5);
      expect(rates.where).toBeLessThanOrEqual(2);
      expect(rates.what).toBeLessThanOrEqual(5);
    },
  );

  it('are all seen', () => {
    expect(lib.size).toBeGreaterThan(500);
    const count = (textsOf: (source: SourceTexts) => SourceTexts['comments']): number =>
      [...lib.values()].flatMap(textsOf).length;
    expect(count(commentsOf)).toBeGreaterThan(3000);
    expect(count(messagesOf)).toBeGreaterThan(2000);
    const regex = String.raw`const quotes = /['"\`]/; // It can't\n// end.`;
    const source = `${regex}\nf(\`a \${b('c d')} e\`, 1 / 2); /** F\n * g. */ const x = {};`;
    expect(sourceTexts(source.replaceAll('\\n', '\n'))).toEqual({
      comments: [
        { line: 1, text: "It can't end." },
        { line: 3, text: 'F\ng.' },
      ],
      literals: [
        { line: 3, text: 'c d' },
        { line: 3, text: 'a … e' },
      ],
    });
  });
});

/** Paths that a command makes, that stand for a name, or by which Vitest picks several files. */
const NO_FILES = new Set([
  'dist/bin/pci.js',
  'fixtures/NAME.snapshot',
  'lib/apply/changes/ROOM/KIND.ts',
  'lib/plan/changes/ROOM/KIND.ts',
  'test/lab/readers',
  'test/lab/kernel-contract',
]);

/** The paths below the folders of the project that a document names, in its prose and blocks. */
function namedPaths(markdown: string): readonly string[] {
  const paths = markdown.matchAll(/(?<![\w/.~-])(?:bin|docs|fixtures|lib|test)\/[\w./*-]*[\w*]/g);
  return [...new Set([...paths].map(([path]) => path.replace(/\.$/, '')))];
}

describe('every path of the project that a document names exists', () => {
  const files = new Set(
    ['bin', 'docs', 'fixtures', 'lib', 'test'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        join(folder, name),
      ),
    ),
  );

  const exists = (path: string): boolean => {
    if (!path.includes('*')) return files.has(path) || NO_FILES.has(path);
    const pattern = path
      .split(/(\*\*\/?|\*)/)
      .map((part) =>
        part.startsWith('**') ? '(?:.*)' : part === '*' ? '[^/]*' : part.replace(/[.+]/g, '\\$&'),
      );
    const matcher = new RegExp(`^${pattern.join('')}$`);
    return [...files].some((file) => matcher.test(file));
  };

  it.each([...DOCUMENTS, 'fixtures/README.md'])('%s', (document) => {
    expect(namedPaths(textOf(document)).filter((path) => !exists(path))).toEqual([]);
  });

  it('and some are named', () => {
    expect(DOCUMENTS.flatMap((document) => namedPaths(textOf(document))).length).toBeGreaterThan(100);
    expect(exists('lib/no-such-file.ts')).toBe(false);
    expect(exists('lib/no-such-folder/*.ts')).toBe(false);
  });
});
