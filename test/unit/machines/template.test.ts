import { describe, expect, it } from 'vitest';
import { answerFault } from '../../../lib/machines/template/answer-forms.ts';
import { fillTemplate, type TemplateValues } from '../../../lib/machines/template/fill-template.ts';
import { parseTemplate } from '../../../lib/machines/template/template-parser.ts';
import { errorOf } from '../../support/error-of.ts';

const fill = (text: string, values: TemplateValues = {}) => fillTemplate(text, values, 't/machine.yaml');
const faultOf = (text: string, values: TemplateValues = {}) => {
  const { code, subject, message } = errorOf(() => fill(text, values));
  return { code, subject, message };
};

describe('a template', () => {
  it('is filled with values', () => {
    expect(
      fill('a: {{ a }}\n{% if b %}b: {{ c | yaml }}{% else %}no{% endif %}\n', {
        a: '1',
        b: true,
        c: 'x: "y"',
      }),
    ).toBe('a: 1\nb: "x: \\"y\\""\n');
    expect(fill('{% for i in (1..3) %}{{ i }}{% endfor %}')).toBe('123');
  });

  it.each([
    ['a\n  {{ nothing }}', 2, 6, 'undefined variable: nothing'],
    ['{% if nothing %}a{% endif %}', 1, 7, 'undefined variable: nothing'],
    ['{{ a | nothing }}', 1, 1, 'undefined filter: nothing'],
    ['a\n{% unknown %}', 2, 1, 'tag "unknown" not found'],
    ['{% if a %}', 1, 1, 'not closed'],
    ['{{ a', 1, 1, 'not closed'],
  ])('%j is a fault in its place', (text, line, column, words) => {
    const fault = faultOf(text, { a: 'a' });
    expect(fault).toMatchObject({ code: 'BAD_DEFINITION', subject: `t/machine.yaml:${line}:${column}` });
    expect(fault.message).toContain(words);
  });

  it.each(['include', 'render', 'layout'])('reads no file by %s', (tag) => {
    expect(faultOf(`{% ${tag} '/etc/hostname' %}`).code).toBe('BAD_DEFINITION');
    expect(faultOf(`{% ${tag} '../template.yaml' %}`).code).toBe('BAD_DEFINITION');
  });

  it.each(['constructor', '__proto__', 'toString', 'a.constructor', 'a.__proto__', "a['constructor']"])(
    'reaches nothing by %s',
    (name) => {
      expect(faultOf(`{{ ${name} }}`, { a: 'a' })).toMatchObject({ code: 'BAD_DEFINITION' });
    },
  );

  it.each([
    '{% for i in (1..1000000000) %}{{ i }}{% endfor %}',
    '{% for i in (1..100000) %}{% for j in (1..100000) %}{% endfor %}{% endfor %}',
    "{% assign a = 'aaaaaaaaaa' %}{% for i in (1..100) %}{% assign a = a | append: a %}{% endfor %}{{ a }}",
    '{% if true %}'.repeat(200_000),
    '{% if true %}'.repeat(40_000),
    `${'{% if true %}'.repeat(40_000)}${'{% endif %}'.repeat(40_000)}`,
  ])('ends where it would not: %.60s', (text) => {
    const started = performance.now();
    expect(faultOf(text, { a: 'a' }).code).toBe('BAD_DEFINITION');
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('the file of a template', () => {
  const parse = (text: string) => parseTemplate(text, 'template.yaml');

  it('has a summary and questions', () => {
    expect(parse('portal-gun: template/v1\nsummary: A\nquestions: [{ name: a, question: A? }]\n')).toEqual({
      summary: 'A',
      questions: [{ name: 'a', question: 'A?', form: 'text', default: null }],
    });
  });

  it.each([
    ['summary: A\n', 'template.yaml:1:1', 'is not a template'],
    ['portal-gun: template/v2\nsummary: A\n', 'template.yaml:1:13', 'must be template/v1'],
    [
      'portal-gun: template/v1\nsummary: A\nquestions: [{ name: A, question: A? }]\n',
      'template.yaml:3:21',
      'must be a lowercase letter',
    ],
    [
      'portal-gun: template/v1\nsummary: A\nquestions: [{ name: a, question: A?, form: size, default: 5 }]\n',
      'template.yaml:3:59',
      'is no answer',
    ],
  ])('%j is a fault', (text, subject, words) => {
    const error = errorOf(() => parse(text));
    expect(error).toMatchObject({ code: 'BAD_DEFINITION', subject });
    expect(error.message).toContain(words);
  });
});

it.each([
  ['text', 'a b', '\u001b[31m'],
  ['size', '1GiB', '1'],
  ['integer', '12', '-1'],
  ['flag', 'yes', 'true'],
  ['name', 'a/b-1', 'A'],
  ['bridge', '', 'a b'],
  ['selector', 'class=network !uplink', 'class='],
] as const)('an answer of the form %s is %j, and never %j', (form, good, bad) => {
  expect(answerFault(form, good)).toBeNull();
  expect(answerFault(form, bad)).not.toBeNull();
});
