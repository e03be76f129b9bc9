import type { Command, OptionDefinition } from './command.ts';
import { commandAt } from './locate-command.ts';
import type { Request } from './parse-command-line.ts';
import { parsedValues } from './parsed-values.ts';
import type { Program } from './program.ts';

/**
 * Parses a command line in the usual form: the command first, then options with their full name or letter, with their
 * values, and words. Loading the parser takes longer than making a list.
 *
 * @returns `null` for all other forms, also for mistakes, which the parser then reports
 */
export function readPlainly(program: Program, argv: readonly string[]): Request | null {
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V'))
    return { kind: 'print', text: `${program.version}\n` };
  const command = commandAt(program.commands, argv, 0);
  if (command === undefined) return null;
  const given = givenIn(command, argv.slice(command.name.split(' ').length));
  return given === null ? null : { kind: 'run', command, values: parsedValues(command, given) };
}

/** The words after a command, by the names of its options and positionals. */
function givenIn(command: Command, argv: readonly string[]): Record<string, unknown> | null {
  const given: Record<string, unknown> = {};
  const words: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (!word.startsWith('-')) {
      if (!isPlain(word)) return null;
      words.push(word);
      continue;
    }
    const option = optionIn(command, word);
    if (option === null) return null;
    const { name, definition } = option;
    let value: unknown = option.value;
    if (definition.type === 'string' && option.value === undefined) {
      index += 1;
      value = argv[index];
    }
    if (!isValue(definition, value)) return null;
    const before = given[name] as readonly unknown[] | undefined;
    if (definition.array === true) given[name] = [...(before ?? []), value];
    else if (before === undefined) given[name] = value;
    else return null;
  }
  return placeWords(command, words, given) ? given : null;
}

interface GivenOption {
  readonly name: string;
  readonly definition: OptionDefinition;
  /** For a switch, whether it is on; for another option, the text after an equals sign. */
  readonly value: string | boolean | undefined;
}

function optionIn({ options }: Command, word: string): GivenOption | null {
  const equals = word.indexOf('=');
  const written = equals < 0 ? word : word.slice(0, equals);
  const value = equals < 0 ? undefined : word.slice(equals + 1);
  const long = written.startsWith('--')
    ? written.slice(2)
    : Object.keys(options).find((each) => options[each]?.alias === written.slice(1));
  if (long === undefined) return null;
  const name = Object.hasOwn(options, long) ? long : long.replace(/^no-/, '');
  const definition = Object.hasOwn(options, name) ? options[name] : undefined;
  if (definition === undefined) return null;
  if (definition.type === 'boolean') {
    const isPlainSwitch = value === undefined && (name === long || definition.negatable === true);
    return isPlainSwitch ? { name, definition, value: name === long } : null;
  }
  // Its value is optional, so the text after it is a word.
  const isUnclear = name !== long || (definition.implied !== undefined && value === undefined);
  return isUnclear ? null : { name, definition, value };
}

function isValue({ type, choices }: OptionDefinition, value: unknown): boolean {
  if (type === 'boolean') return true;
  return typeof value === 'string' && isPlain(value) && (choices === undefined || choices.includes(value));
}

/** Whether the parser accepts a word unchanged: it removes quotes, and assigns `true` to the switch before it. */
function isPlain(word: string): boolean {
  return /^[^-'"]/.test(word) && word !== 'true' && word !== 'false';
}

/** Assigns the words to the positionals in order; returns whether their number is correct. */
function placeWords(
  { positionals }: Command,
  words: readonly string[],
  given: Record<string, unknown>,
): boolean {
  let at = 0;
  for (const [name, { array, optional }] of Object.entries(positionals)) {
    const taken = words.slice(at, array === true ? words.length : at + 1);
    if (taken.length === 0 && optional !== true) return false;
    if (taken.length > 0) given[name] = array === true ? taken : taken[0];
    at += taken.length;
  }
  return at === words.length;
}
