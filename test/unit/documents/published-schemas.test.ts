import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publishedSchemas } from '../../support/published-schemas.ts';

const FOLDER = join(import.meta.dirname, '../../../lib/documents/schemas');
const made = await publishedSchemas();

if (process.env['UPDATE_SCHEMAS'] === '1') {
  for (const [file, text] of made) writeFileSync(join(FOLDER, file), text);
}

describe('the published schemas', () => {
  it('are those of the zod schemas, and no others', () => {
    expect(readdirSync(FOLDER).sort()).toEqual([...made.keys()].sort());
  });

  it.each([...made])('%s is as it is generated (UPDATE_SCHEMAS=1 writes it)', (file, text) => {
    expect(readFileSync(join(FOLDER, file), 'utf8')).toBe(text);
  });
});
