import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/pci-program.ts';
import { type ReferenceInput, referencePages, type Schema } from './reference.ts';

const FOLDER = join(ROOT, 'docs/reference');
const SCHEMAS = join(ROOT, 'lib/documents/schemas');

function input(): ReferenceInput {
  const schemas = readdirSync(SCHEMAS)
    .filter((name) => name.endsWith('.json'))
    .map((name): [string, Schema] => [name, JSON.parse(readFileSync(join(SCHEMAS, name), 'utf8')) as Schema]);
  const sources = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name): [string, string] => [join('lib', name), readFileSync(join(ROOT, 'lib', name), 'utf8')]);
  return { schemas: new Map(schemas), sources: new Map(sources) };
}

const pages = referencePages(input());

if (process.env['UPDATE_DOCS'] === '1') {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, text] of pages) writeFileSync(join(FOLDER, name), text);
}

describe('docs/reference', () => {
  it.each([...pages.keys()])('%s is what the code gives', (name) => {
    expect(readFileSync(join(FOLDER, name), 'utf8')).toBe(pages.get(name));
  });

  it('holds no other page', () => {
    expect(readdirSync(FOLDER).sort()).toEqual([...pages.keys()].sort());
  });
});
