import * as z from 'zod/mini';
import { type ErrorCode, PortalGunError } from './errors.ts';
import { suggest } from './text.ts';
import type { YamlFile, YamlPath, YamlValue } from './yaml-file.ts';

/*
 * The form of a YAML file as a zod schema, and errors with line and column. A message may have a second line: the
 * hint.
 */

/** Between the messages of unknown keys, which zod reports as one issue; no key of a file has it. */
const BETWEEN_KEYS = '\0';

/** The message for a required key that is missing. */
export type MissingWords = Readonly<Record<string, string>>;

/** Text, or any value without quotes. */
export const yamlText = z.string();

/** `on`, `off`, and their synonyms in YAML. */
export const yamlFlag = z.stringbool({
  truthy: ['true', 'on', 'yes'],
  falsy: ['false', 'off', 'no'],
  error: 'must be on or off',
});

/** A whole number. */
export function yamlInteger(least: number, most: number) {
  const error = `must be a whole number from ${least} to ${most}`;
  const number = z.number().check(z.minimum(least, { error }), z.maximum(most, { error }));
  const digits = z.string({ error }).check(z.regex(/^\d{1,15}$/, { error }));
  return z.pipe(digits, z.pipe(z.transform(Number), number));
}

/** A list, which may be empty. */
export function yamlList<Item extends z.ZodMiniType>(item: Item) {
  return z.pipe(
    z.nullish(z.array(item)),
    z.transform((items) => items ?? []),
  );
}

/**
 * Text that a function parses.
 *
 * @param code of its errors about the text
 * @param wordsOf the message for such an error
 */
export function yamlParsed<T>(
  parse: (text: string) => T,
  code: ErrorCode,
  wordsOf: (error: PortalGunError) => string = ({ message }) => message,
) {
  return z.pipe(
    yamlText,
    z.transform((text, context): T => {
      try {
        return parse(text);
      } catch (error) {
        if (!(error instanceof PortalGunError) || error.code !== code) throw error;
        const message = withHint(wordsOf(error), error.hint);
        context.issues.push({ code: 'custom', message, input: text });
        return z.NEVER;
      }
    }),
  );
}

/** A message with a hint. */
export function withHint(message: string, hint: string): string {
  return `${message}\n${hint}`;
}

/** The fault of a part of a file. */
export interface YamlFault {
  readonly path: YamlPath;
  readonly message: string;
  readonly hint?: string | undefined;
}

/**
 * The contents of a file.
 *
 * @param missing the message for each required key
 * @throws PortalGunError with the code of the file, and line and column of the error
 */
export function parseYaml<Form extends z.ZodMiniType>(
  file: YamlFile,
  form: Form,
  missing: MissingWords,
): z.output<Form> {
  const result = checkYaml(file, file.value, form, missing);
  if (result.data !== undefined) return result.data.value;
  const [first] = result.faults;
  if (first === undefined) throw new Error('a form that fails has an issue');
  return file.fail(first.path, first.message, first.hint);
}

/**
 * The content of a file, or all its faults: those of outer parts first.
 *
 * @param value that of the file, or the part of it that is checked
 */
export function checkYaml<Form extends z.ZodMiniType>(
  file: YamlFile,
  value: YamlValue,
  form: Form,
  missing: MissingWords,
): { readonly data?: { readonly value: z.output<Form> }; readonly faults: readonly YamlFault[] } {
  const result = z.safeParse(form, value, { error: wordsOf });
  if (result.success) return { data: { value: result.data }, faults: [] };
  const problems = result.error.issues.flatMap((issue) => problemsOf(issue, file, missing));
  return {
    faults: problems
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ path, message }) => {
        const [words = '', hint] = message.split('\n');
        return { path, message: words, hint };
      }),
  };
}

interface Problem {
  readonly path: YamlPath;
  readonly message: string;
  /** The order of the errors: outer parts first, and missing keys first within a part. */
  readonly rank: number;
}

/** One for each unknown key, and one for any other issue. */
function problemsOf(issue: z.core.$ZodIssue, file: YamlFile, missing: MissingWords): readonly Problem[] {
  if (issue.code !== 'unrecognized_keys') return [problemOf(issue, [], file, missing)];
  const messages = issue.message.split(BETWEEN_KEYS);
  return issue.keys.map((key, index) =>
    problemOf({ ...issue, keys: [key], message: messages[index] ?? '' }, [], file, missing),
  );
}

function problemOf(issue: z.core.$ZodIssue, outer: YamlPath, file: YamlFile, missing: MissingWords): Problem {
  const path = [...outer, ...issue.path];
  const key = path.at(-1);
  if (typeof key === 'string' && !file.has(path)) {
    const message = missing[key] ?? `needs the key "${key}"`;
    return { path, message, rank: 2 * path.length };
  }
  if (issue.code === 'unrecognized_keys') {
    const [unknown = ''] = issue.keys;
    const [message = ''] = issue.message.split(BETWEEN_KEYS);
    return { path: [...path, unknown], message, rank: 2 * path.length + 1 };
  }
  if (issue.code === 'invalid_union') {
    // The intended form: the first one that accepts the type of the value.
    const meant = issue.errors.find((each) => !each.some(isOfAnotherType));
    const [first, ...rest] = meant ?? issue.errors[0] ?? [];
    if (first !== undefined) {
      return [first, ...rest]
        .map((inner) => problemOf(inner, path, file, missing))
        .reduce((best, problem) => (problem.rank < best.rank ? problem : best));
    }
  }
  // A key of a mapping with keys of its own that is not in their form.
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return { path, message, rank: 2 * path.length };
}

/** Whether the value has another type. */
function isOfAnotherType({ code, path }: z.core.$ZodIssue): boolean {
  return code === 'invalid_type' && path.length === 0;
}

/** The message for an issue of zod. */
function wordsOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? 'is not valid here';
    case 'invalid_value':
      return `must be ${issue.values.join(' or ')}`;
    case 'unrecognized_keys': {
      const known = issue.inst instanceof z.ZodMiniObject ? Object.keys(issue.inst.shape) : [];
      return issue.keys.map((key) => unknownKeyWords(key, known)).join(BETWEEN_KEYS);
    }
    default:
      return 'is not valid here';
  }
}

function unknownKeyWords(key: string, known: readonly string[]): string {
  const meant = suggest(key, known);
  return withHint(
    `no such key here: "${key}"`,
    meant === undefined ? `the keys are ${known.join(', ')}` : `did you mean ${meant}?`,
  );
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'must be text',
  array: 'must be a list',
  object: 'must be a mapping of keys to values',
  record: 'must be a mapping of keys to values',
};
