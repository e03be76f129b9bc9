import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { ERRORS, PortalGunError } from '../../../lib/base/errors.ts';
import { YamlFile } from '../../../lib/base/yaml-file.ts';
import {
  parseYaml,
  withHint,
  yamlFlag,
  yamlInteger,
  yamlList,
  yamlText,
} from '../../../lib/base/yaml-form.ts';

const read = (text: string): YamlFile => new YamlFile(text, 'f.yaml', 'BAD_POLICY');

/** `f.yaml:1:2: what is wrong (what to do)`. */
function failureOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (!(error instanceof PortalGunError)) throw error;
    return `${error.subject}: ${error.message} (${error.hint})`;
  }
  return 'none';
}

describe('the values of a YAML file', () => {
  it('are text as it was written, lists, mappings and nothing', () => {
    expect(read('a: 0123\nb: [03:00.0, yes, "q", 1.50]\nc:\nd: ~\n7: {x: 0x10}\n').value).toEqual({
      a: '0123',
      b: ['03:00.0', 'yes', 'q', '1.50'],
      c: null,
      d: null,
      7: { x: '0x10' },
    });
    expect(read('').value).toBeNull();
  });

  it('have places, as have those that are not there', () => {
    const file = read('a:\n  - b: &x {c: d}\n    e:\nf: *x\n');
    expect(
      [
        [],
        ['a'],
        ['a', 0],
        ['a', 0, 'b', 'c'],
        ['a', 0, 'e'],
        ['a', 0, 'nothing'],
        ['a', 7],
        ['a', 0, 'b', 'c', 'g'],
      ].map((path) => file.placeOf(path)),
    ).toEqual([
      'f.yaml:1:1',
      'f.yaml:2:3',
      'f.yaml:2:5',
      'f.yaml:2:15',
      'f.yaml:3:7',
      'f.yaml:2:5',
      'f.yaml:2:3',
      'f.yaml:2:15',
    ]);
    // An alias is where it stands, and what is in it where it was written.
    expect([file.placeOf(['f']), file.placeOf(['f', 'c'])]).toEqual(['f.yaml:4:4', 'f.yaml:2:15']);
    expect([file.has(['a', 0, 'e']), file.has(['a', 0, 'nothing'])]).toEqual([true, false]);
  });

  it('are not read where that would be without end', () => {
    const bomb = [
      'a0: &a0 [x, x]',
      ...Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]`),
    ];
    expect(failureOf(() => read(bomb.join('\n')))).toMatch(
      /^f\.yaml:\d+:\d+: has more than 50000 entries with its aliases/,
    );
    expect(failureOf(() => read('a: &a {b: [*a]}'))).toMatch(
      /^f\.yaml:1:12: refers to an anchor that contains it/,
    );
    const deep = Array.from(
      { length: 40 },
      (_, n) => `a${n}: &a${n} ${'['.repeat(400)}${n === 0 ? 'x' : `*a${n - 1}`}${']'.repeat(400)}`,
    );
    expect(failureOf(() => read(deep.join('\n')))).toMatch(/nested too deeply|with its aliases/);
    expect(failureOf(() => read(`a: [${'x,'.repeat(10_001)}]`))).toMatch(
      /^f\.yaml:1:4: has 10001 entries, more than 10000/,
    );
    expect(failureOf(() => read(`a: ${'x'.repeat(1001)}`))).toMatch(
      /^f\.yaml:1:4: is longer than 1000 characters/,
    );
    expect(failureOf(() => read(`${'x'.repeat(1001)}: a`))).toMatch(
      /^f\.yaml:1:1: is longer than 1000 characters/,
    );
  });

  it('have text for keys', () => {
    expect(failureOf(() => read('[a]: b'))).toMatch(/^f\.yaml:1:1: must be text/);
    expect(failureOf(() => read('? \n: b'))).toMatch(/must be text/);
  });
});

describe('the form of a YAML file', () => {
  const part = z.strictObject({
    name: yamlText,
    amount: z.optional(yamlInteger(1, 9)),
    on: z.optional(yamlFlag),
  });
  const form = z.strictObject({
    format: z.enum(['a/v1', 'a/v2']),
    parts: yamlList(z.union([yamlText, part])),
    more: z.nullish(z.record(yamlText, part)),
  });
  const missing = { format: withHint('does not say what it is', 'begin it with: format: a/v1') };
  const parse = (text: string) => parseYaml(read(text), form, missing);
  const problem = (text: string): string => failureOf(() => parse(text));

  it('is read', () => {
    expect(parse('format: a/v2\nparts: [x, {name: 7, amount: 8, on: Off}]\nmore: {y: {name: z}}')).toEqual({
      format: 'a/v2',
      parts: ['x', { name: '7', amount: 8, on: false }],
      more: { y: { name: 'z' } },
    });
    expect(parse('format: a/v1\nparts:\nmore:')).toEqual({ format: 'a/v1', parts: [], more: null });
  });

  const SEE = `(${ERRORS.BAD_POLICY.remedy})`;
  it.each([
    ['', `f.yaml:1:1: must be a mapping of keys to values ${SEE}`],
    ['parts: []', 'f.yaml:1:1: does not say what it is (begin it with: format: a/v1)'],
    ['format: a/v3', `f.yaml:1:9: must be a/v1 or a/v2 ${SEE}`],
    ['format: a/v1\npart: []', 'f.yaml:2:7: no such key here: "part" (did you mean parts?)'],
    ['format: a/v1\nother: []', 'f.yaml:2:8: no such key here: "other" (the keys are format, parts, more)'],
    ['format: a/v1\n__proto__: {}', `f.yaml:2:12: the key "__proto__" is not allowed ${SEE}`],
    ['format: a/v1\nmore: {1: {name: x}, "1": {name: y}}', `f.yaml:2:22: the key "1" occurs twice ${SEE}`],
    ['format: a/v1\nparts: x', `f.yaml:2:8: must be a list ${SEE}`],
    ['format: a/v1\nparts: [[]]', `f.yaml:2:9: must be text ${SEE}`],
    ['format: a/v1\nparts: [{amount: 1}]', `f.yaml:2:9: needs the key "name" ${SEE}`],
    ['format: a/v1\nparts: [{nam: x}]', 'f.yaml:2:15: no such key here: "nam" (did you mean name?)'],
    [
      'format: a/v1\nparts: [{name: x, amount: 10}]',
      `f.yaml:2:27: must be a whole number from 1 to 9 ${SEE}`,
    ],
    [
      'format: a/v1\nparts: [{name: x, amount: 1.0}]',
      `f.yaml:2:27: must be a whole number from 1 to 9 ${SEE}`,
    ],
    ['format: a/v1\nparts: [{name: x, on: []}]', `f.yaml:2:23: must be on or off ${SEE}`],
    ['format: a/v1\nparts: [{name: }]', `f.yaml:2:16: must be text ${SEE}`],
    ['format: a/v1\nmore: []', `f.yaml:2:7: must be a mapping of keys to values ${SEE}`],
    ['format: a/v1\nmore: {x: {}}', `f.yaml:2:11: needs the key "name" ${SEE}`],
    ['format: a/v1\nmore: {__proto__: {name: x}}', `f.yaml:2:19: the key "__proto__" is not allowed ${SEE}`],
    // What stands further out is told first.
    ['format: a/v1\nparts: [{name: []}]\nmore: x', `f.yaml:3:7: must be a mapping of keys to values ${SEE}`],
  ])('is missed with line and column by %j', (text, expected) => {
    expect(problem(text)).toBe(expected);
  });
});
