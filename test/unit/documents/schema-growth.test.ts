import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type SchemaFiles, schemaLosses } from '../../support/schema-growth.ts';

const ROOT = join(import.meta.dirname, '../../..');

function schemasIn(folder: string): SchemaFiles {
  const path = join(ROOT, folder);
  return new Map(
    readdirSync(path).map((file) => [
      file.replace('.v1.schema.json', ''),
      JSON.parse(readFileSync(join(path, file), 'utf8')),
    ]),
  );
}

const released = schemasIn('fixtures/released-schemas');
const published = schemasIn('lib/documents/schemas');

describe('the schemas of v1', () => {
  it('only grow since the last release', () => {
    expect(released.size).toBeGreaterThan(20);
    expect(schemaLosses(released, published)).toEqual([]);
  });

  it('would not lose a released key of any document unnoticed', () => {
    const kinds = [...released.keys()].filter((kind) => kind !== 'facts');
    for (const kind of kinds) {
      const schema = published.get(kind) as { readonly properties: object };
      const { properties: keys } = released.get(kind) as { readonly properties: object };
      for (const key of Object.keys(keys)) {
        const { [key as never]: _, ...properties } = schema.properties;
        const without = new Map([...published, [kind, { ...schema, properties }]]);
        expect(schemaLosses(released, without, [kind])).toContain(`${kind}.${key}: the key is gone`);
      }
    }
  });
});

/** What is lost between two schemas of the key `at`. */
function lossesOf(before: object, after: object): readonly string[] {
  const files = (schema: object): SchemaFiles =>
    new Map([
      ['a', { type: 'object', properties: { at: schema }, required: ['at'] }],
      ['facts', { $defs: { name: { type: 'string', pattern: '^x$' } } }],
    ]);
  return schemaLosses(files(before), files(after));
}

const object = (properties: object, required: readonly string[] = []): object => ({
  type: 'object',
  properties,
  required,
});
const kind = (name: string, more: object = {}): object =>
  object({ kind: { const: name }, ...more }, ['kind']);
const text = { type: 'string' };

describe('what is lost', () => {
  it.each<[string, object, object, readonly string[]]>([
    ['a key', object({ b: text }), object({}), ['a.at.b: the key is gone']],
    [
      'a key that was required',
      object({ b: text }, ['b']),
      object({ b: text }),
      ['a.at.b: is no longer required'],
    ],
    ['a type', { type: ['string', 'null'] }, text, ['a.at: can no longer be null']],
    [
      'the type that was the only one',
      text,
      { type: 'array', items: text },
      ['a.at: can now be array as well'],
    ],
    ['integers', { type: 'integer' }, { type: 'number' }, ['a.at: can now be number as well']],
    [
      'certainty that it is there',
      text,
      { anyOf: [text, { type: 'null' }] },
      ['a.at: can now be null as well'],
    ],
    ['a value', { enum: ['b', 'c'] }, { enum: ['c', 'd'] }, ['a.at: the value "b" is gone']],
    ['values at all', { enum: ['b'] }, text, ['a.at: the value "b" is gone']],
    ['a constant', { const: 'b' }, { const: 'c' }, ['a.at: the value "b" is gone']],
    ['any text', text, { enum: ['b'] }, ['a.at: can no longer be any string {}']],
    ['a pattern', { ...text, pattern: 'b' }, text, ['a.at: pattern was "b" and is free']],
    [
      'to a new constraint',
      { type: 'integer' },
      { type: 'integer', maximum: 7 },
      ['a.at: maximum was free and is 7'],
    ],
    [
      'to another constraint',
      { ...text, minLength: 1 },
      { ...text, minLength: 2 },
      ['a.at: minLength was 1 and is 2'],
    ],
    [
      'later keys',
      object({}),
      { ...object({}), additionalProperties: false },
      ['a.at: additionalProperties was free and is false'],
    ],
    [
      'in a list',
      { type: 'array', items: object({ b: text }) },
      { type: 'array', items: object({}) },
      ['a.at[].b: the key is gone'],
    ],
    [
      'in a map',
      { type: 'object', additionalProperties: text },
      { type: 'object', additionalProperties: { type: 'null' } },
      ['a.at.*: can no longer be string', 'a.at.*: can now be null as well'],
    ],
    [
      'behind a reference',
      { $ref: '../facts/v1#/$defs/name' },
      text,
      ['a.at: pattern was "^x$" and is free'],
    ],
    [
      'beside a reference',
      { $ref: '../facts/v1#/$defs/name' },
      { $ref: '../facts/v1#/$defs/name', minLength: 1 },
      ['a.at: minLength was free and is 1'],
    ],
    [
      'an object of a union',
      { oneOf: [kind('b'), kind('c')] },
      { oneOf: [kind('b')] },
      ['a.at.kind: the value "c" is gone'],
    ],
    [
      'a key of an object of a union',
      { oneOf: [kind('b', { d: text }), kind('c')] },
      { oneOf: [kind('b'), kind('c')] },
      ['a.at.d: the key is gone'],
    ],
  ])('%s', (_, before, after, losses) => {
    const found = lossesOf(before, after);
    for (const loss of losses) expect(found).toContain(loss);
  });

  it('a document, and a part that others refer to', () => {
    const files = new Map([['a', { $defs: { b: text } }]]);
    expect(schemaLosses(files, new Map())).toEqual(['a: the schema is gone']);
    expect(schemaLosses(files, new Map([['a', {}]]))).toContain('a#b: the part is gone');
  });
});

describe('nothing is lost', () => {
  it.each<[string, object, object]>([
    ['by a new key', object({ b: text }), object({ b: text, c: text }, ['c'])],
    ['by a new value', { enum: ['b'] }, { enum: ['b', 'c'] }],
    ['by a new kind of object', { oneOf: [kind('b')] }, { oneOf: [kind('b'), kind('c')] }],
    ['if a key is now required', object({ b: text }), object({ b: text }, ['b'])],
    ['by saying the same in another way', { type: ['string', 'null'] }, { anyOf: [{ type: 'null' }, text] }],
    ['by a constant instead of one value', { enum: ['b'] }, { const: 'b' }],
    ['by a null among values', { enum: ['b', null] }, { anyOf: [{ enum: ['b'] }, { type: 'null' }] }],
    ['by a reference', { type: 'string', pattern: '^x$' }, { $ref: '../facts/v1#/$defs/name' }],
    ['by words', text, { ...text, description: 'Of it.' }],
  ])('%s', (_, before, after) => {
    expect(lossesOf(before, after)).toEqual([]);
  });

  it('in schemas that hold themselves', () => {
    const tree = new Map([
      ['a', { $defs: { node: object({ children: { type: 'array', items: { $ref: '#/$defs/node' } } }) } }],
    ]);
    expect(schemaLosses(tree, structuredClone(tree))).toEqual([]);
  });
});

describe('a comparison', () => {
  it('does not pass over what it does not know', () => {
    expect(() => lossesOf({ allOf: [text] }, text)).toThrow('cannot compare schemas with allOf');
    expect(() => lossesOf({ $ref: '../facts/v1#/$defs/nothing' }, text)).toThrow('leads nowhere');
  });
});
