import { PortalGunError } from '../../base/errors.ts';
import { suggest } from '../../base/text.ts';

/** The bytes that a terminal (xterm, VT220) sends for a key, by the name of the key in a script. */
const NAMED_KEYS: Readonly<Record<string, string>> = {
  enter: '\r',
  esc: '\x1b',
  tab: '\t',
  space: ' ',
  backspace: '\x7f',
  up: '\x1b[A',
  down: '\x1b[B',
  right: '\x1b[C',
  left: '\x1b[D',
  home: '\x1b[H',
  end: '\x1b[F',
  insert: '\x1b[2~',
  delete: '\x1b[3~',
  'page-up': '\x1b[5~',
  'page-down': '\x1b[6~',
  f1: '\x1bOP',
  f2: '\x1bOQ',
  f3: '\x1bOR',
  f4: '\x1bOS',
  ...Object.fromEntries(
    [15, 17, 18, 19, 20, 21, 23, 24].map((code, index) => [`f${index + 5}`, `\x1b[${code}~`]),
  ),
};

/** The names of keys, apart from `ctrl-` and `alt-` with a character. */
export const KEY_NAMES: readonly string[] = Object.keys(NAMED_KEYS);

/**
 * The bytes that a terminal sends for a key: `enter`, `down`, `f2`, `ctrl-c`, `alt-x`.
 *
 * @throws PortalGunError BAD_SCRIPT
 */
export function keyText(name: string): string {
  const known = Object.hasOwn(NAMED_KEYS, name) ? NAMED_KEYS[name] : undefined;
  if (known !== undefined) return known;
  const [, held, key = ''] = /^(ctrl|alt)-([!-~])$/.exec(name) ?? [];
  if (held === 'alt') return `\x1b${key}`;
  const control = held === 'ctrl' ? controlOf(key) : null;
  if (control !== null) return control;
  const meant = suggest(name, KEY_NAMES);
  throw new PortalGunError('BAD_SCRIPT', `there is no key "${name}"`, {
    hint:
      meant === undefined
        ? `known are ${KEY_NAMES.join(', ')}, ctrl-c and alt-x with any letter`
        : `did you mean ${meant}?`,
  });
}

/** The control character of a key: `c` gives that of Ctrl-C; `null` if there is none. */
export function controlOf(key: string): string | null {
  return /^[a-z@[\\\]^_]$/i.test(key) ? String.fromCharCode(key.toUpperCase().charCodeAt(0) & 0x1f) : null;
}

/**
 * Text to send: `root{enter}` has the name of a key in braces, and `{{` is a brace.
 *
 * @throws PortalGunError BAD_SCRIPT
 */
export function textToSend(written: string): string {
  return written.replace(/\{(\{|([^{}]*)(\}?))/g, (_, inner: string, name = '', end = '') => {
    if (inner === '{') return '{';
    if (end === '}') return keyText(name);
    throw new PortalGunError('BAD_SCRIPT', 'has a "{" without "}"', {
      hint: 'write "{{" for a brace, or the name of a key in braces: {enter}',
    });
  });
}
