import { PortalGunError } from '../../base/errors.ts';
import type { Command, OptionDefinition } from './command.ts';

type Options = Command['options'];

/**
 * The options of a command line in a form that the parser reads correctly: `-oFILE` separated, and an option with an
 * optional value with its value.
 *
 * @param words the command line up to `--`
 * @throws PortalGunError BAD_ARGUMENT for a switch with a value other than `true` and `false`: the parser reads each
 * as false, so that `--dry-run=client` would apply the plan
 */
export function optionWords(options: Options, words: readonly string[]): readonly string[] {
  let isValue = false;
  return words.flatMap((word) => {
    if (isValue) {
      isValue = false;
      return [word];
    }
    const read = /^-[^-]/.test(word) ? shortWords(options, word) : [longWord(options, word)];
    isValue = awaitsValue(options, read.at(-1) ?? '');
    return read;
  });
}

/** Whether the next word is the value of an option. */
function awaitsValue(options: Options, word: string): boolean {
  const name = /^--([^=]+)$/.exec(word)?.[1] ?? /^-([^-=])$/.exec(word)?.[1];
  return name !== undefined && optionOf(options, name)?.[1].type === 'string';
}

function optionOf(options: Options, name: string): readonly [name: string, OptionDefinition] | undefined {
  return Object.entries(options).find(([long, { alias }]) => long === name || alias === name);
}

function longWord(options: Options, word: string): string {
  const [, negation = '', name = '', value] = /^--(no-)?([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
  const option = optionOf(options, `${negation}${name}`) ?? optionOf(options, name);
  if (option === undefined) return word;
  const [long, { type, implied }] = option;
  if (type === 'boolean') refuseSwitchValue(word, value);
  if (implied === undefined || value !== undefined) return word;
  return `--${long}=${negation === '' ? implied.given : implied.negated}`;
}

/** Letters after one dash: the first that takes a value gets all letters after it. */
function shortWords(options: Options, word: string): readonly string[] {
  const letters = [...word.slice(1)];
  const at = letters.findIndex((letter) => optionOf(options, letter)?.[1].type === 'string');
  const switches = at < 0 ? letters : letters.slice(0, at);
  const equals = switches.indexOf('=');
  if (equals >= 0) {
    const isSwitch = optionOf(options, switches[equals - 1] ?? '') !== undefined;
    if (isSwitch) refuseSwitchValue(word, letters.slice(equals + 1).join(''));
    return [word];
  }
  const value = letters.slice(at + 1).join('');
  if (at < 0 || value === '') return [word];
  const before = switches.length === 0 ? [] : [`-${switches.join('')}`];
  return [...before, `-${letters[at]}=${value.replace(/^=/, '')}`];
}

function refuseSwitchValue(word: string, value: string | undefined): void {
  if (value === undefined || value === 'true' || value === 'false') return;
  const subject = word.slice(0, word.indexOf('='));
  throw new PortalGunError('BAD_ARGUMENT', `invalid value "${value}" (only true or false)`, {
    subject,
    hint: `use ${subject} without a value, or omit it`,
  });
}
