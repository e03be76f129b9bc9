import type { Evaluated, EvaluationRequest } from '../../evaluator.ts';

/** What the process of an evaluation reads from its stdin, as JSON. */
export interface EvaluationInput extends EvaluationRequest {
  /** The text of the library that removes types, as CommonJS. */
  readonly library: string;
  /** That of the context. */
  readonly context: string;
  readonly timeoutMs: number;
  readonly maxJson: number;
}

/** What it writes to its stdout, as JSON. */
export type EvaluationOutput = Evaluated;

/** The user and group `nobody`. */
const NOBODY = 65534;

/**
 * The program of the process that evaluates a definition, for `node --eval`: a text, for the same reasons as that of the
 * writing process. Root becomes `nobody` before it reads anything. It removes the types of all files, compiles them in a
 * context of their own, and runs them there. Only texts come out of the context.
 *
 * A dynamic import is the only expression by which code in a context gets an object of Node, its promise. The library rewrites
 * it; if one is left, in whatever the library took for a comment, the program refuses the file.
 */
export const EVALUATION_PROGRAM = `
'use strict';
const { readFileSync, writeSync } = require('node:fs');
const vm = require('node:vm');
if (process.getuid() === 0) {
  process.setgroups([]);
  process.setgid(${NOBODY});
  process.setuid(${NOBODY});
}
const input = JSON.parse(readFileSync(0, 'utf8'));
const IMPORT_CALL = /(?<![\\w$]|(?<!\\.)\\.)import[\\s\\uFEFF]*(?:\\(|\\.\\s*(?:source|defer|\\/)|\\/[/*]|<!--|-->)/;
const maps = new Map();

function main() {
  const library = { exports: {} };
  vm.runInThisContext('(function (exports, require, module) {' + input.library + '\\n})', { filename: 'library' })(
    library.exports, () => { throw new Error('not here'); }, library);
  const { transform, TraceMap, originalPositionFor } = library.exports;

  const sandbox = Object.create(null);
  const context = vm.createContext(sandbox, { name: 'definition', codeGeneration: { strings: false, wasm: false } });
  const { define, run } = vm.runInContext(input.context, context, { filename: 'portal-gun:context' });
  const setup = vm.runInContext('(' + input.helpers + ')', context, { filename: 'portal-gun:helpers' });

  const original = (file, line, column) => {
    const map = maps.get(file);
    if (map === undefined) return { file, line, column };
    const found = originalPositionFor(map, { line, column: column - 1 });
    return found.line === null ? { file, line, column } : { file, line: found.line, column: found.column + 1 };
  };
  // The first line of a stack that is in a file of the definition.
  const placeIn = (stack) => {
    for (const text of stack.split('\\n')) {
      const [, file, line, column] = /^\\s*at (?:.*\\()?(.+?):(\\d+):(\\d+)\\)?$/.exec(text) ?? [];
      if (file !== undefined && Object.hasOwn(input.files, file)) return original(file, Number(line), Number(column));
    }
    return null;
  };

  for (const [file, text] of Object.entries(input.files)) {
    if (file.endsWith('.json')) {
      try {
        JSON.parse(text);
      } catch (error) {
        const [, position] = /position (\\d+)/.exec(error.message) ?? [];
        const before = text.slice(0, position === undefined ? text.length : Number(position)).split('\\n');
        return { kind: 'failed', message: 'is not JSON', hint: null,
          at: { file, line: before.length, column: before[before.length - 1].length + 1 } };
      }
      define(file, null, text);
      continue;
    }
    let code;
    try {
      const result = transform(text, {
        transforms: ['typescript', 'imports'], disableESTransforms: true, filePath: file,
        sourceMapOptions: { compiledFilename: file },
      });
      code = result.code;
      maps.set(file, new TraceMap(result.sourceMap));
    } catch (error) {
      const { line = 1, column = 1 } = error.loc ?? {};
      const words = String(error.message).replace(/^Error transforming [^:]*: /, '').replace(/ \\(\\d+:\\d+\\)$/, '');
      return { kind: 'failed', message: 'is not TypeScript: ' + words, hint: null, at: { file, line, column } };
    }
    const call = IMPORT_CALL.exec(code);
    if (call !== null) {
      const lines = code.slice(0, call.index).split('\\n');
      return { kind: 'failed', message: 'contains a dynamic import, or text that could be one',
        hint: "write it as import … from './FILE.ts' at the top of the file", at: { file, line: lines.length, column: 1 } };
    }
    try {
      define(file, vm.compileFunction(code, ['exports', 'require'], { parsingContext: context, filename: file }), null);
    } catch (error) {
      const stack = String(error.stack);
      const [, line] = /:(\\d+)$/.exec(stack.split('\\n', 1)[0]) ?? [];
      const caret = /^( *)\\^/m.exec(stack);
      const place = original(file, Number(line ?? 1), (caret?.[1].length ?? 0) + 1);
      return { kind: 'failed', message: 'is not TypeScript: ' + error.message, hint: null, at: place };
    }
  }

  const text = run(input.entry, setup, JSON.stringify(input.facts), JSON.stringify(input.refused), input.maxJson);
  if (typeof text !== 'string') throw new Error('no text');
  const result = JSON.parse(text);
  if (result.error === undefined) {
    return { kind: 'value', json: result.json, at: placeIn(result.stack) };
  }
  const { message, hint, stack } = result.error;
  return { kind: 'failed', message, hint, at: placeIn(stack) };
}

globalThis.main = main;
let output;
try {
  output = vm.runInThisContext('main()', { timeout: input.timeoutMs });
} catch (error) {
  const isLate = error?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
  output = { kind: 'failed', message: isLate ? 'does not end within ' + input.timeoutMs / 1000 + ' s' : 'cannot be evaluated',
    hint: isLate ? 'look for a loop without end' : null, at: null };
}
const bytes = Buffer.from(JSON.stringify(output));
for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
process.reallyExit(0);
`;
