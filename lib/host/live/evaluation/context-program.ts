/**
 * JavaScript that runs first in the context of a definition: an expression of an object with the functions `define` and
 * `run`. `run` returns JSON: `{ json, stack }` with the value and the stack of the call of `defineMachine`, or
 * `{ error: { message, hint, stack } }`. All objects of the context are made by it, so no object of Node can be reached from them. It removes what differs
 * between two evaluations (clock, random numbers, locale, garbage collection) and what takes memory outside of the heap.
 *
 * It keeps the functions that it needs, because a definition may replace those of its context.
 */
export const CONTEXT_PROGRAM = `(() => {
'use strict';
const { apply, ownKeys, getOwnPropertyDescriptor, getPrototypeOf, setPrototypeOf, deleteProperty, defineProperty } = Reflect;
const { isArray } = Array;
const { stringify, parse } = JSON;
const { isFinite, isInteger } = Number;
const ObjectPrototype = Object.prototype;
const PlainString = String, PlainError = Error, PlainMap = Map, PlainWeakMap = WeakMap;
const bound = (prototype, name) => { const method = prototype[name]; return (self, ...args) => apply(method, self, args); };
const push = bound(Array.prototype, 'push'), pop = bound(Array.prototype, 'pop');
const includes = bound(Array.prototype, 'includes'), concat = bound(Array.prototype, 'concat'), join = bound(Array.prototype, 'join');
const split = bound(String.prototype, 'split'), slice = bound(String.prototype, 'slice');
const startsWith = bound(String.prototype, 'startsWith'), endsWith = bound(String.prototype, 'endsWith');
const mapGet = bound(Map.prototype, 'get'), mapSet = bound(Map.prototype, 'set'), mapHas = bound(Map.prototype, 'has');
const weakGet = bound(WeakMap.prototype, 'get'), weakSet = bound(WeakMap.prototype, 'set');

for (const name of ['ArrayBuffer', 'SharedArrayBuffer', 'DataView', 'Atomics', 'WebAssembly', 'Date', 'Intl', 'WeakRef',
  'FinalizationRegistry', 'console', 'eval', 'Function', 'escape', 'unescape', 'gc', 'Temporal', 'Iterator']) {
  deleteProperty(globalThis, name);
}
for (const name of ownKeys(globalThis)) {
  if (typeof name === 'string' && endsWith(name, 'Array') && name !== 'Array') deleteProperty(globalThis, name);
}
for (const [prototype, names] of [
  [String.prototype, ['localeCompare', 'toLocaleLowerCase', 'toLocaleUpperCase']],
  [Number.prototype, ['toLocaleString']], [BigInt.prototype, ['toLocaleString']], [Array.prototype, ['toLocaleString']],
]) {
  for (const name of names) deleteProperty(prototype, name);
}
// Nothing of ours reads stacks by the function that a definition could set here.
defineProperty(Error, 'prepareStackTrace', { value: undefined, writable: false, configurable: false });
defineProperty(globalThis, 'Error', { value: Error, writable: false, configurable: false });

const hints = new PlainWeakMap();
const fail = (message, hint) => {
  const error = new PlainError(message);
  weakSet(hints, error, hint);
  throw error;
};
defineProperty(Math, 'random', {
  value: () => fail('Math.random() gives another value each time', "use random.integer('NAME', 1, 10), which gives the same value each time"),
});

const calls = new PlainWeakMap();
const modules = new PlainMap();
let refused = {};

const resolve = (from, specifier) => {
  const parts = split(from, '/');
  pop(parts);
  const steps = split(specifier, '/');
  for (let index = 0; index < steps.length; index++) {
    const step = steps[index];
    if (step === '' || step === '.') continue;
    if (step !== '..') push(parts, step);
    else if (parts.length === 0) return null;
    else pop(parts);
  }
  return join(parts, '/');
};

const requireFrom = (from) => (specifier) => {
  const name = PlainString(specifier);
  if (!startsWith(name, './') && !startsWith(name, '../')) {
    fail('cannot import "' + name + '": a definition imports only files of its project', "use a relative path: import { nics } from '../../lib/nics.ts'");
  }
  const path = resolve(from, name);
  if (path === null) fail('cannot import "' + name + '": it is outside of the project', 'move the file into the project');
  if (!endsWith(path, '.ts') && !endsWith(path, '.json')) {
    fail('cannot import "' + name + '": only .ts and .json files can be imported', 'write the whole name: ' + name + '.ts');
  }
  if (mapHas(modules, path)) return load(path);
  const reason = getOwnPropertyDescriptor(refused, path);
  if (reason !== undefined) fail('cannot import "' + name + '": the file ' + reason.value, null);
  fail('cannot import "' + name + '": the path is not written in an import declaration', "write it as import … from './FILE.ts' at the top of the file");
};

const load = (path) => {
  const module = mapGet(modules, path);
  if (module.exports !== null) return module.exports;
  module.exports = {};
  if (module.json !== null) module.exports = parse(module.json);
  else module.factory(module.exports, requireFrom(path));
  return module.exports;
};

const at = (path) => path.length === 0 ? 'the default export' : '"' + join(path, '.') + '"';
const LIMITS = { depth: 32, entries: 10000, text: 1000 };
const plain = (value, path, outer, count) => {
  if (++count.entries > LIMITS.entries) fail('the default export has more than ' + LIMITS.entries + ' entries', null);
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') {
    if (value.length > LIMITS.text) fail(at(path) + ' is longer than ' + LIMITS.text + ' characters', null);
    return value;
  }
  if (typeof value === 'number') {
    if (!isFinite(value)) fail(at(path) + ' is not a finite number', null);
    return value;
  }
  if (typeof value !== 'object') {
    const what = typeof value === 'undefined' ? 'is undefined' : 'is a ' + typeof value;
    fail(at(path) + ' ' + what + ': a definition is plain data', 'use text, numbers, true and false, lists, and objects of them');
  }
  if (includes(outer, value)) fail(at(path) + ' refers to an object that contains it', null);
  if (path.length > LIMITS.depth) fail(at(path) + ' is nested too deeply', null);
  const prototype = getPrototypeOf(value);
  const isList = isArray(value);
  if (!isList && prototype !== null && prototype !== ObjectPrototype) {
    fail(at(path) + ' is not a plain object: a definition is plain data', 'use { … } and [ … ], and no classes, maps or promises');
  }
  push(outer, value);
  // Neither has a toJSON that a definition gave to all objects.
  const result = isList ? [] : {};
  setPrototypeOf(result, null);
  const read = (key) => {
    const property = getOwnPropertyDescriptor(value, key);
    const inner = concat(path, PlainString(key));
    if (property !== undefined && !('value' in property)) fail(at(inner) + ' is a getter: a definition is plain data', 'write its value');
    return plain(property === undefined ? undefined : property.value, inner, outer, count);
  };
  if (isList) {
    const { length } = value;
    if (!isInteger(length) || length > LIMITS.entries) fail(at(path) + ' has more than ' + LIMITS.entries + ' entries', null);
    for (let index = 0; index < length; index++) push(result, read(PlainString(index)));
  } else {
    const keys = ownKeys(value);
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index];
      if (typeof key === 'symbol') fail(at(path) + ' has a key that is not text', null);
      const property = getOwnPropertyDescriptor(value, key);
      if (property === undefined || !property.enumerable) continue;
      if (key === '__proto__') fail('the key "__proto__" is not allowed', null);
      // A value that is left open: { memory: large ? '8GiB' : undefined }.
      if ('value' in property && property.value === undefined) continue;
      defineProperty(result, key, { value: read(key), enumerable: true });
    }
  }
  pop(outer);
  return result;
};

const NEVER_THERE = ['process', 'Buffer', 'global', 'fetch', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'console',
  'Date', 'Intl', 'performance', 'crypto', 'URL', 'TextEncoder', 'eval', 'Function', 'WebAssembly', 'window', '__dirname', '__filename', 'module'];
// The second stack is that of the call whose value has a fault: the first then has no line of a definition.
const report = (thrown, call) => {
  let hint = null, message = 'a value that is not an error was thrown', stack = '';
  try {
    if (typeof thrown === 'string') message = thrown;
    else if (typeof thrown === 'object' && thrown !== null) {
      const kind = PlainString(thrown.name), text = PlainString(thrown.message);
      hint = weakGet(hints, thrown) ?? null;
      message = hint !== null || kind === 'Error' ? text : kind + ': ' + text;
      stack = slice(PlainString(thrown.stack), 0, 10000) + '\\n' + call;
      for (let index = 0; index < NEVER_THERE.length; index++) {
        if (text === NEVER_THERE[index] + ' is not defined') {
          message = text + ' here';
          hint = 'a definition has no access to the host, the network, the clock or the environment';
        }
      }
      if (startsWith(text, 'Code generation from strings')) {
        message = 'code cannot be made from text here';
        hint = 'write the code in a file, and import it';
      }
    }
  } catch {}
  return stringify({ __proto__: null, error: { __proto__: null, message: slice(message, 0, 1000), hint, stack } });
};

return {
  define(path, factory, json) {
    mapSet(modules, path, { factory, json, exports: null });
  },
  run(entry, setup, factsJson, refusedJson, maxJson) {
    let call = '';
    try {
      refused = parse(refusedJson);
      const helpers = setup(parse(factsJson), fail);
      const names = ownKeys(helpers);
      for (let index = 0; index < names.length; index++) {
        defineProperty(globalThis, names[index], { value: helpers[names[index]], writable: false, configurable: false });
      }
      defineProperty(globalThis, 'defineMachine', {
        value: (definition) => {
          if (typeof definition === 'object' && definition !== null) weakSet(calls, definition, PlainString(new PlainError().stack));
          return definition;
        },
      });
      const exported = load(entry);
      if (!('default' in exported)) {
        fail('has no default export', 'end the file with: export default defineMachine({ category: … })');
      }
      const value = exported.default;
      if (typeof value !== 'object' || value === null || isArray(value)) {
        fail('the default export is not an object', 'write: export default defineMachine({ category: … })');
      }
      call = weakGet(calls, value) ?? '';
      const json = stringify(plain(value, [], [], { entries: 0 }));
      if (json.length > maxJson) fail('the default export is longer than a megabyte', null);
      return stringify({ __proto__: null, json, stack: call });
    } catch (error) {
      return report(error, call);
    }
  },
};
})()`;
