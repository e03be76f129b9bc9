import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/pci-program.ts';
import { bannedPhrasesOf, phrasesIn, prose, unreleased, wordRates } from './english.ts';

/*
 * Documents and help are plain technical English: see "Language" in CONTRIBUTING.md. Two measurements stand for
 * that: the rates of three words that a translation uses too rarely or too often, and phrases that are banned.
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

describe('documents and help (messages and comments of lib/ are not covered yet)', () => {
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

/** Paths that a command makes, that stand for a name, or by which Vitest picks several files. */
const NO_FILES = new Set([
  'dist/bin/pci.js',
  'fixtures/NAME.snapshot',
  'lib/apply/changes/KIND.ts',
  'lib/plan/changes/KIND.ts',
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
