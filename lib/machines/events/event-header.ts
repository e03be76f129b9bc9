import { suggest } from '../../base/text.ts';
import {
  GUEST_EVENTS,
  HOST_EVENTS,
  isMachineEvent,
  type MachineEvent,
  type OnError,
} from './machine-event.ts';

/** The first lines of a script, in which its header can be. */
const HEADER_LINES = 20;
const HEADER = /^\s*(?:#|\/\/|--|;)+\s*portal:(.*)$/;
const KEYS = ['on', 'where', 'order', 'timeout', 'on-error'] as const;
const MAX_ORDER = 999;
/** libvirt waits for the scripts, so a VM does not start, and cannot be stopped, for as long as they run. */
const MAX_TIMEOUT_MS = 10 * 60_000;
const UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['min', 60_000],
]);

/** The values of a header; those that it does not give are absent. */
interface EventHeader {
  readonly on?: MachineEvent;
  readonly where?: 'host' | 'guest';
  readonly order?: number;
  readonly timeoutMs?: number;
  readonly onError?: OnError;
}

/** A fault in a script, with its line; 0 if it is about the whole script. */
export interface ScriptFault {
  readonly line: number;
  readonly message: string;
  readonly hint: string;
}

/** A header, read from the text of a script. */
export interface ParsedHeader {
  /** `null` if there is none. */
  readonly line: number | null;
  readonly header: EventHeader;
  readonly faults: readonly ScriptFault[];
}

/**
 * Reads the header of a script, a comment in one of its first lines:
 *
 *     # portal: on=prepare where=host order=10 timeout=30s on-error=halt
 */
export function parseEventHeader(text: string): ParsedHeader {
  const lines = text.split('\n', HEADER_LINES);
  const found = lines.flatMap((line, index) => {
    const match = HEADER.exec(line.replace(/\r$/, ''));
    return match === null ? [] : [{ line: index + 1, words: match[1] ?? '' }];
  });
  const [first, second] = found;
  if (first === undefined) return { line: null, header: {}, faults: [] };
  const { header, faults } = parseWords(first.words.trim(), first.line);
  const double =
    second === undefined
      ? []
      : [fault(second.line, `is a second header; line ${first.line} has one`, 'remove one of the two')];
  return { line: first.line, header, faults: [...faults, ...double] };
}

function parseWords(
  words: string,
  line: number,
): { readonly header: EventHeader; readonly faults: readonly ScriptFault[] } {
  let header: EventHeader = {};
  const faults: ScriptFault[] = [];
  const seen = new Set<string>();
  for (const word of words.split(/\s+/).filter((each) => each !== '')) {
    const [, key = word, value = ''] = /^([^=]*)=(.*)$/.exec(word) ?? [];
    if (seen.has(key)) faults.push(fault(line, `"${key}" is given twice`, 'remove one of the two'));
    seen.add(key);
    const part = parsePart(key, value, line);
    if ('message' in part) faults.push(part);
    else header = { ...header, ...part };
  }
  return { header, faults };
}

function parsePart(key: string, value: string, line: number): EventHeader | ScriptFault {
  switch (key) {
    case 'on':
      return isMachineEvent(value) ? { on: value } : unknownEvent(value, line);
    case 'where':
      return value === 'host' || value === 'guest'
        ? { where: value }
        : fault(line, `where="${value}" is not valid`, 'use where=host or where=guest');
    case 'order':
      return /^\d{1,3}$/.test(value)
        ? { order: Number(value) }
        : fault(line, `order="${value}" is not valid`, `use a number from 0 to ${MAX_ORDER}`);
    case 'timeout':
      return parseTimeout(value, line);
    case 'on-error':
      return value === 'halt' || value === 'continue'
        ? { onError: value }
        : fault(line, `on-error="${value}" is not valid`, 'use on-error=halt or on-error=continue');
    default: {
      const meant = suggest(key, [...KEYS]);
      return fault(
        line,
        `"${key}" is not a key of the header`,
        meant === undefined ? `use ${KEYS.join(', ')}` : `did you mean ${meant}?`,
      );
    }
  }
}

function parseTimeout(value: string, line: number): EventHeader | ScriptFault {
  const [, number = '', unit = ''] = /^(\d{1,6})(ms|s|min)$/.exec(value) ?? [];
  const timeoutMs = Number(number) * (UNITS.get(unit) ?? 0);
  return timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS
    ? { timeoutMs }
    : fault(
        line,
        `timeout="${value}" is not valid`,
        'use a time up to 10min with its unit: 500ms, 30s, 2min',
      );
}

/** The fault of an event that does not exist. */
export function unknownEvent(word: string, line: number): ScriptFault {
  const events = [...HOST_EVENTS, ...GUEST_EVENTS];
  const meant = suggest(word, events);
  return fault(
    line,
    `"${word}" is not an event`,
    meant === undefined ? `use one of ${HOST_EVENTS.join(', ')}` : `did you mean ${meant}?`,
  );
}

export function fault(line: number, message: string, hint: string): ScriptFault {
  return { line, message, hint };
}
