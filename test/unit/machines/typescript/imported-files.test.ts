import { describe, expect, it } from 'vitest';
import { importedFile, importsIn } from '../../../../lib/machines/typescript/imported-files.ts';

describe('importsIn', () => {
  it('finds every form of an import of a relative path', () => {
    const text = `import a from './a.ts';
      import type { B } from "../b.ts";
      import {
        c,
      } from './c.json' with { type: 'json' };
      import './d.ts';
      export * from '../../e.ts';
      import('./dynamic.ts');
      import fs from 'node:fs';`;
    expect(importsIn(text)).toEqual(['./a.ts', '../b.ts', './c.json', './d.ts', '../../e.ts']);
  });
});

describe('importedFile', () => {
  it.each([
    ['./a.ts', 'machines/r0/a.ts'],
    ['../../lib/./a.ts', 'lib/a.ts'],
    ['../../../a.ts', null],
    ['../../a/../../b.ts', null],
  ])('%s is %s', (path, file) => {
    expect(importedFile('machines/r0/machine.ts', path)).toBe(file);
  });
});
