import { PortalGunError } from '../../base/errors.ts';
import { suggest } from '../../base/text.ts';
import { type EditedForm, withoutPart, withValue } from '../../base/yaml-edit.ts';
import { YamlFile, type YamlValue } from '../../base/yaml-file.ts';
import { definitionForm } from './definition-form.ts';
import { SHORT_FORMS } from './short-forms.ts';

/** A change of one value of a definition. */
export interface ValueChange {
  /** Keys, and indices as text: `['nics', '0', 'model']`. */
  readonly path: readonly string[];
  /** `null` removes the key. */
  readonly value: string | null;
}

/** A value that a change changed. */
export interface ChangedValue {
  readonly path: readonly string[];
  /** The value in the file as it was; `null` if it had none. */
  readonly before: YamlValue;
  readonly after: string | null;
}

const MAX_KEY = 200;
const MAX_VALUE = 1000;
/** A key or an index: `nics.0.model` and `nics[0].model` are the same. */
const STEP = /^(\$?[A-Za-z][A-Za-z0-9-]{0,62}|0|[1-9]\d{0,3})$/;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * A change of a definition from its key and value.
 *
 * @param value `null` or empty removes the key
 * @throws PortalGunError BAD_ARGUMENT
 */
export function parseValueChange(key: string, value: string | null): ValueChange {
  const path = key.length > MAX_KEY ? [] : key.replaceAll(/\[(\d+)\]/g, '.$1').split('.');
  if (path.length === 0 || !path.every((step) => STEP.test(step))) {
    const subject = key.length > MAX_KEY ? `${key.slice(0, 40)}…` : key;
    throw new PortalGunError('BAD_ARGUMENT', 'is not a key of a definition', {
      subject,
      hint: 'use a path such as nics.0.model; portal show NAME --why lists the paths',
    });
  }
  const [first = ''] = path;
  const known = Object.keys(definitionForm.shape);
  if (!known.includes(first)) {
    const meant = suggest(first, known);
    throw new PortalGunError('BAD_ARGUMENT', 'definitions have no such key', {
      subject: first,
      hint: meant === undefined ? `the keys are ${known.join(', ')}` : `did you mean ${meant}?`,
    });
  }
  if (value !== null && (value.length > MAX_VALUE || UNPRINTABLE.test(value))) {
    const message =
      value.length > MAX_VALUE
        ? `the value is longer than ${MAX_VALUE} characters`
        : 'the value contains control characters';
    throw new PortalGunError('BAD_ARGUMENT', message, { subject: key });
  }
  return { path, value: value === '' ? null : value };
}

/**
 * Changes values in the text of a definition. All other bytes stay, with comments and layout. Indices are those of the
 * file before: removals come last, from the end.
 *
 * @param fileName for errors; it tells JSON from YAML
 * @throws PortalGunError BAD_DEFINITION, with line and column, if it is not YAML, or a value cannot be changed alone
 */
export function changeDefinition(
  text: string,
  fileName: string,
  changes: readonly ValueChange[],
): { readonly text: string; readonly changed: readonly ChangedValue[] } {
  const removals = changes
    .filter(({ value }) => value === null)
    .toSorted((a, b) => comparePaths(b.path, a.path));
  const ordered = [...changes.filter(({ value }) => value !== null), ...removals];
  const form: EditedForm = fileName.endsWith('.json') ? 'json' : 'yaml';
  const changed: ChangedValue[] = [];
  let current = text;
  for (const change of ordered) {
    const next = changeValue(current, fileName, form, change);
    if (next === null) continue;
    current = next.text;
    changed.push({ path: change.path, before: next.before, after: change.value });
  }
  return { text: current, changed };
}

function changeValue(
  text: string,
  fileName: string,
  form: EditedForm,
  { path, value }: ValueChange,
): { readonly text: string; readonly before: YamlValue } | null {
  const file = new YamlFile(text, fileName, 'BAD_DEFINITION');
  const before = value === null ? partAt(file.value, path) : demandScalar(file, path, value);
  if (value === null ? before === undefined : before === value) return null;
  const next = value === null ? withoutPart(text, path) : withValue(text, path, value, form);
  const expected = value === null ? without(file.value, path) : withPart(file.value, path, value);
  if (next === null || !holds(next, fileName, expected)) {
    return file.fail(
      path,
      `"${path.join('.')}" cannot be changed without changing other parts of the file`,
      'an anchor, an alias or a comment is in the way: edit the file',
    );
  }
  return { text: next, before: before ?? null };
}

/** The result is read again: a form that the edit does not know must not damage a file. */
function holds(text: string, fileName: string, expected: YamlValue): boolean {
  try {
    const { value } = new YamlFile(text, fileName, 'BAD_DEFINITION');
    return JSON.stringify(value) === JSON.stringify(expected);
  } catch (error) {
    if (error instanceof PortalGunError) return false;
    throw error;
  }
}

/**
 * The scalar at a path, or nothing there.
 *
 * @throws PortalGunError BAD_DEFINITION if the file has another form there
 */
function demandScalar(file: YamlFile, path: readonly string[], value: string): string | null {
  let part: YamlValue | undefined = file.value;
  if (part === null) file.fail([], 'is empty', 'write the category of the machine into it first');
  for (const [index, step] of path.entries()) {
    const [outer, name] = [path.slice(0, index), path.slice(0, index).join('.')];
    if (typeof part === 'string') {
      const isShort = SHORT_FORMS.get(name) === step;
      const hint = isShort
        ? `set it as a whole: ${name}=${value}`
        : SHORT_FORMS.has(name)
          ? `write its parts into the file first: ${name}: { ${SHORT_FORMS.get(name)}: ${part} }`
          : `set it as a whole: ${name}=VALUE`;
      file.fail(outer, `"${name}" is one value, without the key "${step}"`, hint);
    }
    const length = Array.isArray(part) ? part.length : part == null ? 0 : null;
    if (Array.isArray(part) && !isIndex(step))
      file.fail(outer, `"${name}" is a list`, `set a key of an entry: ${name}.0.${step}=${value}`);
    if (length !== null && isIndex(step) && Number(step) > length)
      file.fail(outer, `"${name}" has ${length} entries`, `the next entry is ${name}.${length}`);
    part = part == null ? undefined : childOf(part, step);
  }
  if (part == null || typeof part === 'string') return part ?? null;
  const name = path.join('.');
  const [first = 'KEY'] = Object.keys(part);
  return file.fail(
    path,
    `"${name}" is a ${Array.isArray(part) ? 'list' : 'mapping'}, not one value`,
    `set a part of it: ${name}.${SHORT_FORMS.get(name) ?? first}=${SHORT_FORMS.has(name) ? value : 'VALUE'}`,
  );
}

function isIndex(step: string): boolean {
  return /^\d+$/.test(step);
}

function childOf(part: YamlValue, step: string): YamlValue | undefined {
  if (part === null || typeof part !== 'object' || !Object.hasOwn(part, step)) return undefined;
  if (Array.isArray(part) && !isIndex(step)) return undefined;
  return (part as Readonly<Record<string, YamlValue>>)[step];
}

function partAt(value: YamlValue, path: readonly string[]): YamlValue | undefined {
  return path.reduce<YamlValue | undefined>(
    (part, step) => (part === undefined ? undefined : childOf(part, step)),
    value,
  );
}

function withPart(part: YamlValue | undefined, path: readonly string[], value: string): YamlValue {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const inner = withPart(part == null ? undefined : childOf(part, step), rest, value);
  if (Array.isArray(part) || (part == null && isIndex(step))) {
    const items: readonly YamlValue[] = Array.isArray(part) ? part : [];
    return [...items.slice(0, Number(step)), inner, ...items.slice(Number(step) + 1)];
  }
  return { ...(part as Readonly<Record<string, YamlValue>> | null | undefined), [step]: inner };
}

function without(part: YamlValue, [step = '', ...rest]: readonly string[]): YamlValue {
  const entries = Object.entries(part ?? {}).flatMap(([key, item]): [string, YamlValue][] => {
    if (key !== step) return [[key, item]];
    return rest.length === 0 ? [] : [[key, without(item, rest)]];
  });
  return Array.isArray(part) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}

function comparePaths(a: readonly string[], b: readonly string[]): number {
  for (const [index, step] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (step !== other)
      return isIndex(step) && isIndex(other) ? Number(step) - Number(other) : step < other ? -1 : 1;
  }
  return a.length - b.length;
}
