import { SHORT_FORMS } from '../definition/short-forms.ts';
import type { WrittenLeaf, WrittenValue } from '../definition/written-form.ts';

/** The directory of a project with files for editors, from its root. */
export const EDITOR_FOLDER = '.portal';
/** The types of definitions in TypeScript, in that directory. */
export const TYPES_FILE = 'machine.d.ts';
/** The JSON Schema of definitions, in that directory. */
export const SCHEMA_FILE = 'machine.schema.json';

/** How far the folder of a machine is from the root of its project. */
const TO_ROOT = '../..';

/** A definition in TypeScript with values, and the line by which editors know its types. */
export function definitionSource(values: readonly WrittenLeaf[]): string {
  const reference = `/// <reference path="${TO_ROOT}/${EDITOR_FOLDER}/${TYPES_FILE}" />`;
  return `${reference}\n\nexport default defineMachine(${sourceOf(shortened(whole(values)), '')});\n`;
}

/** A definition in YAML with the line by which editors know its schema, unless it has one. */
export function withSchemaLine(text: string): string {
  if (/^#.*\$schema=/m.test(text)) return text;
  return `# yaml-language-server: $schema=${TO_ROOT}/${EDITOR_FOLDER}/${SCHEMA_FILE}\n${text}`;
}

/** The value that leaves are parts of. */
function whole(leaves: readonly WrittenLeaf[]): WrittenValue {
  const [first] = leaves;
  if (first === undefined) return {};
  if (first.path.length === 0) return first.value;
  const groups = new Map<string | number, WrittenLeaf[]>();
  for (const { path, value } of leaves) {
    const [step = '', ...rest] = path;
    groups.set(step, [...(groups.get(step) ?? []), { path: rest, value }]);
  }
  const entries = [...groups].map(([step, inner]) => [step, whole(inner)] as const);
  return typeof first.path[0] === 'number' ? entries.map(([, value]) => value) : Object.fromEntries(entries);
}

/** With the short forms that a person would write: `memory: '1GiB'`. */
function shortened(value: WrittenValue): WrittenValue {
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, part]) => {
    const [only, ...others] = typeof part === 'object' ? Object.entries(part) : [];
    return [key, others.length === 0 && only?.[0] === SHORT_FORMS.get(key) ? (only?.[1] ?? part) : part];
  });
  return Object.fromEntries(entries);
}

function sourceOf(value: WrittenValue, indent: string): string {
  const inner = `${indent}  `;
  if (typeof value !== 'object') return typeof value === 'string' ? textOf(value) : String(value);
  const isList = Array.isArray(value);
  const parts = Object.entries(value).map(
    ([key, part]) => `${inner}${isList ? '' : `${keyOf(key)}: `}${sourceOf(part, inner)},`,
  );
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  return parts.length === 0 ? open + close : [open, ...parts, indent + close].join('\n');
}

function keyOf(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : textOf(key);
}

function textOf(text: string): string {
  const json = JSON.stringify(text);
  return json.includes("'") || json.includes('\\') ? json : `'${json.slice(1, -1)}'`;
}
