import * as z from 'zod/mini';
import { PortalGunError } from '../../base/errors.ts';
import { YamlFile, type YamlPath } from '../../base/yaml-file.ts';
import {
  type MissingWords,
  parseYaml,
  withHint,
  yamlFlag,
  yamlParsed,
  yamlText,
} from '../../base/yaml-form.ts';
import { keyText, textToSend } from './console-keys.ts';
import type { ConsoleScript, ScriptStep } from './console-script.ts';
import { literalPattern, regexPattern } from './text-pattern.ts';

/** How long a script waits for a text if it gives no time. */
export const DEFAULT_TIMEOUT_MS = 60_000;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };
const MAX_TIME_MS = 86_400_000;
const MAX_STEPS = 1000;

const STEP_KINDS = ['expect', 'send', 'send-key', 'wait'] as const;
const KINDS_HINT = `a step has one of ${STEP_KINDS.join(', ')}; or only a timeout, for the steps after it`;

/** The document that describes a script. The test of the reference compares its keys with these. */
export const SCRIPT_KEYS = ['timeout', 'strip', 'steps'] as const;

const time = yamlParsed(parseTime, 'BAD_SCRIPT');
const text = yamlText.check(z.minLength(1, { error: 'is empty' }));
const literal = z.pipe(text, z.transform(literalPattern));
const regex = yamlParsed(regexPattern, 'BAD_SCRIPT');
const key = yamlParsed(keyText, 'BAD_SCRIPT');

const expectation = z.strictObject({
  text: z.optional(literal),
  regex: z.optional(regex),
  timeout: z.optional(time),
});

const step = z.strictObject({
  expect: z.optional(z.union([literal, expectation])),
  send: z.optional(yamlParsed(textToSend, 'BAD_SCRIPT')),
  'send-key': z.optional(z.union([key, z.array(key).check(z.minLength(1, { error: 'is empty' }))])),
  wait: z.optional(time),
  timeout: z.optional(time),
});
type WrittenStep = z.output<typeof step>;

const NO_STEPS = 'needs the key "steps"';
const STEPS_HINT = 'a script is a list of steps, or has them below "steps:"';
const MISSING: MissingWords = { steps: withHint(NO_STEPS, STEPS_HINT) };

const list = z
  .array(step)
  .check(
    z.minLength(1, { error: 'has no step' }),
    z.maxLength(MAX_STEPS, { error: `has more than ${MAX_STEPS} steps` }),
  );
const whole = z.strictObject({
  timeout: z.optional(time),
  strip: z.optional(yamlFlag),
  steps: list,
});

/**
 * Reads a console script: YAML 1.2, of the form that `docs/reference/console-script.md` describes.
 *
 * @param fileName for errors
 * @throws PortalGunError BAD_SCRIPT, with line and column
 */
export function parseConsoleScript(raw: string, fileName: string): ConsoleScript {
  const file = new YamlFile(raw, fileName, 'BAD_SCRIPT');
  if (file.value === null || typeof file.value === 'string') return file.fail([], NO_STEPS, STEPS_HINT);
  const isList = Array.isArray(file.value);
  const written = isList ? { steps: parseYaml(file, list, MISSING) } : parseYaml(file, whole, MISSING);
  const before: YamlPath = isList ? [] : ['steps'];
  let timeoutMs = ('timeout' in written ? written.timeout : undefined) ?? DEFAULT_TIMEOUT_MS;
  const steps: ScriptStep[] = [];
  for (const [index, each] of written.steps.entries()) {
    const path = [...before, index];
    const kind = kindOf(file, path, each);
    if (kind === null) timeoutMs = each.timeout ?? timeoutMs;
    else steps.push(stepOf(file, path, each, timeoutMs));
  }
  return { strip: ('strip' in written ? written.strip : undefined) ?? true, steps };
}

/** The action of a step; `null` if it only sets the time for those after it. */
function kindOf(file: YamlFile, path: YamlPath, written: WrittenStep): (typeof STEP_KINDS)[number] | null {
  const [kind, ...others] = STEP_KINDS.filter((each) => written[each] !== undefined);
  if (others.length > 0) file.fail(path, `has both ${kind} and ${others[0]}`, KINDS_HINT);
  if (kind === undefined && written.timeout === undefined) file.fail(path, 'is empty', KINDS_HINT);
  if (kind !== undefined && kind !== 'expect' && written.timeout !== undefined) {
    file.fail([...path, 'timeout'], `does not apply to ${kind}`, 'give it to a step that has expect');
  }
  return kind ?? null;
}

function stepOf(file: YamlFile, path: YamlPath, written: WrittenStep, defaultMs: number): ScriptStep {
  const at = file.placeOf(path);
  if (written.send !== undefined) {
    return { kind: 'send', text: written.send, words: `send ${quoted(written.send)}`, at };
  }
  const keys = written['send-key'];
  if (keys !== undefined) {
    const sent = [keys].flat().join('');
    return { kind: 'send', text: sent, words: `send ${quoted(sent)}`, at };
  }
  if (written.wait !== undefined) {
    return { kind: 'wait', ms: written.wait, words: `wait ${written.wait / 1000} s`, at };
  }
  const { expect } = written;
  const isPlain = expect !== undefined && 'program' in expect;
  const form = isPlain ? { text: expect } : expect;
  const pattern = form?.text ?? form?.regex;
  const inner = [...path, 'expect'];
  if (pattern === undefined) return file.fail(inner, 'needs one of the keys "text" and "regex"');
  if (form?.text !== undefined && 'regex' in form && form.regex !== undefined) {
    file.fail(inner, 'has both text and regex');
  }
  const own = form !== undefined && 'timeout' in form ? form.timeout : undefined;
  const timeoutMs = own ?? written.timeout ?? defaultMs;
  const words = `expect ${form?.text === undefined ? `regex ${pattern.source}` : quoted(pattern.source)}`;
  return { kind: 'expect', pattern, timeoutMs, words, at };
}

/** Text with its control characters visible: `"root\r"`. */
function quoted(raw: string): string {
  return JSON.stringify(raw);
}

/**
 * Reads a time: `500ms`, `10s`, `2min`, `1h`.
 *
 * @returns ms
 * @throws PortalGunError BAD_SCRIPT
 */
function parseTime(raw: string): number {
  const [, amount, unit = ''] = /^(\d{1,8}(?:\.\d{1,3})?) ?(ms|s|min|h)$/.exec(raw) ?? [];
  const ms = Math.round(Number(amount) * (UNITS[unit] ?? Number.NaN));
  if (ms <= MAX_TIME_MS) return ms;
  throw new PortalGunError('BAD_SCRIPT', 'is not a time', {
    hint: 'write a number and a unit, up to 24h: 500ms, 10s, 2min',
  });
}
