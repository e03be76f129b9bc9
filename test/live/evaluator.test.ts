import { describe, expect, it } from 'vitest';
import type { Evaluated, EvaluationRequest } from '../../lib/host/evaluator.ts';
import { LiveEvaluator } from '../../lib/host/live/evaluation/live-evaluator.ts';

const ENTRY = 'machines/r0/machine.ts';
const NO_HELPERS = '(facts) => ({ machine: facts })';

function evaluate(
  text: string,
  more: Partial<EvaluationRequest> = {},
  timeoutMs?: number,
): Promise<Evaluated> {
  return new LiveEvaluator(timeoutMs).evaluate({
    entry: ENTRY,
    refused: {},
    helpers: NO_HELPERS,
    facts: { name: 'r0' },
    ...more,
    files: { [ENTRY]: text, ...more.files },
  });
}

/** Here is tested whether a file is read, and not how long that takes on a busy machine. */
const PATIENT_MS = 60_000;

async function valueIn(text: string, more: Partial<EvaluationRequest> = {}): Promise<unknown> {
  const evaluated = await evaluate(text, more);
  return evaluated.kind === 'value' ? JSON.parse(evaluated.json) : evaluated;
}

/** The place and message of a failure, in one line. */
async function failureOf(text: string, more: Partial<EvaluationRequest> = {}): Promise<string> {
  const evaluated = await evaluate(text, more);
  if (evaluated.kind === 'value') return `no failure: ${evaluated.json}`;
  const { at, message } = evaluated;
  return `${at === null ? '-' : `${at.file.replace(ENTRY, 'machine.ts')}:${at.line}:${at.column}`} ${message}`;
}

describe('an evaluation', () => {
  it('gives the value of the default export, and the call that made it', async () => {
    const text = `
      enum Size { Small = 256, Large = 1024 }
      interface Options { readonly size: Size; readonly title?: string }
      const machine = <T extends Options>({ size, title }: T) =>
        defineMachine({ category: 'router', memory: \`\${size}MiB\`, title, cpus: 2, nics: [{ network: 'a' as const }] });
      export default machine({ size: Size.Small } satisfies Options);`;
    expect(await evaluate(text)).toEqual({
      kind: 'value',
      json: '{"category":"router","memory":"256MiB","cpus":2,"nics":[{"network":"a"}]}',
      at: { file: ENTRY, line: 5, column: 9 },
    });
  });

  it('takes a plain object without defineMachine, in which a value may be left open', async () => {
    expect(await evaluate('export default { category: machine.name, title: undefined };')).toEqual({
      ...{ kind: 'value', json: '{"category":"r0"}', at: null },
    });
  });

  it('imports files of the project, types only in words', async () => {
    const files = {
      'lib/nics.ts': "import data from './data.json' with { type: 'json' };\nexport const nics = data.nics;",
      'lib/data.json': '{ "nics": [1, 2] }',
      'machines/r0/parts/more.ts': 'export default class More { static of() { return 7; } }',
    };
    const text = `import { nics } from '../../lib/nics.ts';
      import type { Nothing } from 'nowhere';
      import More from './parts/more.ts';
      export default { nics, cpus: More.of() };`;
    expect(await valueIn(text, { files })).toEqual({ nics: [1, 2], cpus: 7 });
  });

  it('gives the same each time', async () => {
    const text = 'export default { a: [3, 1, 2].sort(), b: Object.keys({ z: 1, a: 2 }) };';
    expect(await evaluate(text)).toEqual(await evaluate(text));
  });
});

describe('a definition that fails', () => {
  it.each([
    ['is no TypeScript', 'const a = {\n b: (;\n}', 'machine.ts:2:6 is not TypeScript: Unexpected token'],
    [
      'is refused by the engine',
      'const a = 1;\nconst a = 2;',
      /^machine.ts:2:7 is not TypeScript: Identifier 'a'/,
    ],
    ['waits', 'export default await 1;', /^machine.ts:1:\d+ is not TypeScript: await/],
    ['throws', "\nthrow new Error('no r0 here');", 'machine.ts:2:7 no r0 here'],
    ['throws text', "throw 'text';", '- text'],
    ['throws nothing', 'throw undefined;', '- a value that is not an error was thrown'],
    [
      'names what is not there',
      'export default { a: nope };',
      'machine.ts:1:21 ReferenceError: nope is not defined',
    ],
    ['exports nothing', 'export const a = 1;', '- has no default export'],
    ['exports text', "export default 'router';", '- the default export is not an object'],
    ['exports a promise', 'export default Promise.resolve({});', /not a plain object/],
    ['has a function', 'export default { a: { b: () => 1 } };', /"a.b" is a function/],
    ['has a symbol', 'export default { a: Symbol() };', /"a" is a symbol/],
    ['has a big number', 'export default { a: 1n };', /"a" is a bigint/],
    ['has no number', 'export default { a: NaN };', '- "a" is not a finite number'],
    [
      'has no number in a call',
      'export default defineMachine({\n a: NaN });',
      'machine.ts:1:16 "a" is not a finite number',
    ],
    ['has a map', 'export default { a: new Map() };', /"a" is not a plain object/],
    ['has a class', 'class A {}\nexport default { a: new A() };', /"a" is not a plain object/],
    ['has a gap in a list', 'export default { a: [1, , 2] };', /"a.1" is undefined/],
    [
      'is a cycle',
      'const a: any = {};\na.b = [a];\nexport default a;',
      /"b.0" refers to an object that contains it/,
    ],
    ['has a getter', 'export default { get a() { return 1; } };', /"a" is a getter/],
    [
      'has a key of the prototype',
      `export default JSON.parse('{"__proto__": {"a": 1}}');`,
      /"__proto__" is not allowed/,
    ],
    [
      'is nested',
      'let a: any = {};\nfor (let i = 0; i < 100; i++) a = { a };\nexport default a;',
      /is nested too deeply/,
    ],
    ['is long', "export default { a: 'x'.repeat(2 ** 28) };", '- "a" is longer than 1000 characters'],
    ['is large', 'export default { a: Array.from({ length: 20000 }, () => 1) };', /more than 10000 entries/],
    [
      'is an endless proxy',
      'const p: any = new Proxy({}, { ownKeys: () => ["a"], getOwnPropertyDescriptor: () => ({ value: p, enumerable: true, configurable: true }) });\nexport default p;',
      /refers to an object/,
    ],
    [
      'calls itself',
      'function f(): number { return f(); }\nexport default { a: f() };',
      /^machine.ts:1:\d+ RangeError/,
    ],
  ])('%s: the file, line and column are named', async (_, text, expected) => {
    const failure = await failureOf(text);
    if (typeof expected === 'string') expect(failure).toBe(expected);
    else expect(failure).toMatch(expected);
  });

  it.each([
    [
      'a module of Node',
      "import { readFileSync } from 'node:fs';\nexport default { a: readFileSync };",
      'machine.ts:1:1 cannot import "node:fs": a definition imports only files of its project',
    ],
    [
      'a package',
      "\nimport x from 'sucrase';\nexport default x;",
      'machine.ts:2:1 cannot import "sucrase": a definition imports only files of its project',
    ],
    [
      'an absolute path',
      "import x from '/etc/passwd';\nexport default x;",
      /^machine.ts:1:1 cannot import "\/etc\/passwd"/,
    ],
    [
      'a path out of the project',
      "import x from '../../../x.ts';\nexport default x;",
      'machine.ts:1:1 cannot import "../../../x.ts": it is outside of the project',
    ],
    ['a name without its ending', "import x from './x';\nexport default x;", /only .ts and .json files/],
    [
      'a file that was refused',
      "import x from './gone.ts';\nexport default x;",
      'machine.ts:1:1 cannot import "./gone.ts": the file does not exist',
    ],
    [
      'a file by a call',
      "const x = await0(import('./x.ts'));\nfunction await0(a: unknown) { return a; }\nexport default { a: 1, x };",
      /"x" is not a plain object/,
    ],
    ['with a comment between', "export default { a: import/* */('./x.ts') };", /./],
    [
      'what is no JSON',
      "import x from './bad.json';\nexport default x;",
      'machines/r0/bad.json:2:3 is not JSON',
    ],
  ])('imports %s', async (_, text, expected) => {
    const files = text.includes('bad.json') ? { 'machines/r0/bad.json': '{\n  oops\n}' } : {};
    const failure = await failureOf(text, { files, refused: { 'machines/r0/gone.ts': 'does not exist' } });
    if (typeof expected === 'string') expect(failure).toBe(expected);
    else expect(failure).toMatch(expected);
  });
});

/** Ways that are known to lead out of a context of node:vm, and to what a definition must not have. */
const ESCAPES: readonly string[] = [
  "this.constructor.constructor('return process')()",
  "globalThis.constructor.constructor('return process')()",
  "(defineMachine as any).constructor('return process')()",
  "(machine as any).constructor.constructor('return process')()",
  "(() => {}).constructor('return process')()",
  "(async () => {}).constructor('return process')()",
  "(function* () {}).constructor('return process')().next().value",
  "(0, eval)('process')",
  'process',
  "require('node:fs')",
  "(require as any).constructor('return process')()",
  "require('./x.ts').constructor.constructor('return process')()",
  'globalThis.process.version',
  '(arguments as any)[0].constructor.constructor("return process")()',
  '(arguments as any).callee.caller',
  'new WebAssembly.Memory({ initial: 10 })',
  'new ArrayBuffer(2 ** 33)',
  'new Uint8Array(2 ** 33)',
  'Date.now()',
  'new Intl.DateTimeFormat()',
  'performance.now()',
  'Math.random()',
  'fetch("http://127.0.0.1")',
  'setTimeout(() => 0, 1)',
  'new WeakRef({})',
  'console.log(1)',
];

describe('a definition of someone else', () => {
  it.each(ESCAPES)('does not reach the process by %s', async (expression) => {
    const text = `declare const require: any;\nconst found: any = ${expression};\nexport default { a: String(found), b: typeof found };`;
    expect(await failureOf(text)).not.toMatch(/^no failure/);
  });

  it('has no name of Node in its global scope', async () => {
    const text = `export default { a: Object.getOwnPropertyNames(globalThis).filter((name) => /^[a-z]/.test(name)).sort().join() };`;
    expect(await valueIn(text)).toEqual({
      a: 'decodeURI,decodeURIComponent,defineMachine,encodeURI,encodeURIComponent,globalThis,isFinite,isNaN,machine,parseFloat,parseInt,undefined',
    });
  });

  it('gets no object of Node from the promise of import(), from a stack, or at the end of the stack', async () => {
    // What these give is called with a text that Node would have to compile.
    const tries = [
      "const leak: any = [...[1]].map(() => import('./x.ts'))[0];",
      'let leak: any = 0;\n(Error as any).prepareStackTrace = (_: any, frames: any) => frames;\nleak = (new Error().stack as any)[0].getThis();',
      'let leak: any;\nfunction deep(): any { try { return deep(); } catch (error: any) { leak ??= error; void error.stack; throw error; } }\ntry { deep(); } catch {}',
      'let leak: any;\nconst deep = (): any => { try { return deep(); } catch (error) { try { (null as any).x; } catch (other) { leak = other; } } };\ndeep();',
    ];
    for (const attempt of tries) {
      const text = `${attempt}\nexport default { a: String(leak.constructor.constructor('return typeof process')()) };`;
      expect(await failureOf(text)).not.toMatch(/^no failure/);
    }
  });

  it.each([
    ['behind a comment', "export default { a: import /* x */ ('x') };"],
    ['behind a line comment', "export default { a: import // x\n ('x') };"],
    ['behind a comment of HTML', "export default { a: import <!-- x\n ('x') };"],
    ['of a phase', "export default { a: import.defer('x') };"],
    ['of its own module', 'export default { a: import.meta };'],
    ['spread', "export default { a: [...import('x')] };"],
  ])('has no import() %s', async (_, text) => {
    expect(await failureOf(text)).toMatch(/not TypeScript|import|plain object|symbol|iterable/);
  });

  it.each([
    ['a loop', 'for (;;) {}'],
    [
      'a loop at the end',
      'export default { get a() { return 1; }, ...new Proxy({}, { ownKeys() { for (;;) {} } }) };',
    ],
    ['a slow pattern', "export default { a: String(/^(a+)+$/.test('a'.repeat(40) + 'b')) };"],
    ['a loop of promises', 'const again = (): any => Promise.resolve().then(again);\nagain();\nfor (;;) {}'],
  ])('ends in time with %s', async (_, text) => {
    const started = performance.now();
    expect(await evaluate(text, {}, 1500)).toMatchObject({
      ...{ kind: 'failed', message: 'does not end within 1.5 s' },
    });
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it.each([
    ['lists', 'const all: any[] = [];\nfor (;;) all.push(new Array(1000).fill(all.length));'],
    [
      'text',
      "const all: any[] = [];\nfor (let i = 0; ; i++) all.push(('x' + i).repeat(100000).split('').reverse());",
    ],
    ['text that doubles', "let text = 'x';\nfor (;;) text += text;"],
  ])('ends with a bounded amount of memory with %s', async (_, text) => {
    const evaluated = await evaluate(text);
    expect(evaluated).toMatchObject({ kind: 'failed' });
    expect(evaluated.kind === 'failed' && evaluated.message).toMatch(
      /256 MiB of memory|Invalid string length/,
    );
  });

  it('cannot change what is checked, or what others see', async () => {
    const text = `
      (Object.prototype as any).toJSON = () => 'polluted';
      (Array.prototype as any).push = () => { throw new Error('push'); };
      (String.prototype as any).split = () => [];
      (JSON as any).stringify = () => '{"a":"mine"}';
      (Array as any).isArray = () => true;
      (Map.prototype as any).get = () => undefined;
      (Reflect as any).ownKeys = () => [];
      export default { a: ['x'] };`;
    const evaluated = await valueIn(text);
    expect(evaluated).toEqual({ a: ['x'] });
    expect(await valueIn('export default { a: [1] };')).toEqual({ a: [1] });
  });

  it('of a megabyte is read', async () => {
    const long = `// ${'x'.repeat(1_000_000)}\nexport default { a: 1 };`;
    expect(await evaluate(long, {}, PATIENT_MS)).toMatchObject({ kind: 'value', json: '{"a":1}' });
    const many = `const a = [${'1,'.repeat(400_000)}];\nexport default { a: a.length };`;
    expect(await evaluate(many, {}, PATIENT_MS)).toMatchObject({ kind: 'value', json: '{"a":400000}' });
  });

  it('of nested parentheses ends', async () => {
    const started = performance.now();
    expect(await evaluate(`export default ${'('.repeat(50_000)};`, {}, 3000)).toMatchObject({
      kind: 'failed',
    });
    expect(await evaluate(`const f = ${'(a = '.repeat(40)}1${')'.repeat(40)} => 1;`, {}, 3000)).toMatchObject(
      { kind: 'failed' },
    );
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
