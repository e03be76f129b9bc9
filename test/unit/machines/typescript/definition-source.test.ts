import { describe, expect, it } from 'vitest';
import { parseDefinition } from '../../../../lib/machines/definition/definition-parser.ts';
import { leavesOf, writtenForm } from '../../../../lib/machines/definition/written-form.ts';
import { definitionSource, withSchemaLine } from '../../../../lib/machines/typescript/definition-source.ts';

function sourceOf(yaml: string): string {
  const { definition, originOf } = parseDefinition(yaml, 'r0', 'machine.yaml');
  if (definition === null) throw new Error('the definition has a fault');
  return definitionSource(
    leavesOf(writtenForm(definition)).filter(({ path }) => originOf(path).kind === 'file'),
  );
}

describe('definitionSource', () => {
  it('has the values of a file, typed, and no defaults', () => {
    const yaml = `category: router
title: "it's"
cpus: 2
memory: { size: 1GiB, hugepages: on }
spare-root-ports: 0
boot: { arguments: quiet }
nics: [{ network: isolated/a, model: e1000e }, { bridge: br0 }]
after: []`;
    expect(sourceOf(yaml)).toBe(`/// <reference path="../../.portal/machine.d.ts" />

export default defineMachine({
  category: 'router',
  title: "it's",
  cpus: 2,
  memory: {
    size: '1GiB',
    hugepages: true,
  },
  boot: {
    arguments: 'quiet',
  },
  nics: [
    {
      network: 'isolated/a',
      model: 'e1000e',
    },
    {
      bridge: 'br0',
    },
  ],
  'spare-root-ports': 0,
  after: [],
});
`);
  });
});

describe('withSchemaLine', () => {
  it('adds a line for editors, unless there is one', () => {
    const text = withSchemaLine('category: router\n');
    expect(text).toBe(
      '# yaml-language-server: $schema=../../.portal/machine.schema.json\ncategory: router\n',
    );
    expect(withSchemaLine(text)).toBe(text);
  });
});
