import { type Command, HELP, type OptionDefinition, type ValueKind } from '../grammar/command.ts';
import { commandAt } from '../grammar/locate-command.ts';
import type { Program } from '../grammar/program.ts';

/** A possible word at the cursor. */
export interface Candidate {
  readonly word: string;
  /** One line, for shells that show it. */
  readonly summary?: string;
}

/** The completion of a word: candidates, and whether the shell also offers files or folders. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  readonly paths: 'file' | 'folder' | null;
}

/** Kinds of values that depend on a host or its libvirt. */
export type FoundKind = Exclude<ValueKind, 'file' | 'folder' | 'nothing'>;

/** Finds values that begin with a word. */
export type FindValues = (
  kind: FoundKind,
  word: string,
  given: GivenOptions,
) => Promise<readonly Candidate[]>;

/** The values of options before the cursor, by the name of the option. */
type GivenOptions = Readonly<Record<string, string>>;

const NOTHING: Completion = { candidates: [], paths: null };
const HELP_WORD: Candidate = { word: HELP.name, summary: HELP.summary };
const GLOBAL_OPTIONS: readonly Candidate[] = [
  { word: '--help', summary: 'Show help' },
  { word: '--version', summary: 'Show version number' },
];

/**
 * The completion of the last of the words after the name of a program. Each candidate replaces that whole word; one
 * that ends in `=` or a comma is incomplete.
 *
 * @param words the words before the cursor, unquoted; the last one is incomplete, and may be empty
 */
export async function complete(
  program: Program,
  words: readonly string[],
  findValues: FindValues,
): Promise<Completion> {
  const word = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const isName = (each: string): boolean => !each.startsWith('-');
  const first = before.findIndex(isName);
  const isForHelp = before[first] === HELP.name;
  const named = isForHelp ? before.toSpliced(first, 1) : before;
  const at = named.findIndex(isName);
  if (at < 0) {
    const commands = [...nextWords(program, ''), ...(isForHelp ? [] : [HELP_WORD])];
    return matching(word.startsWith('-') ? GLOBAL_OPTIONS : commands, word);
  }
  const command = commandAt(program.commands, named, at);
  // A command can also be the first word of others.
  const verbs = at === named.length - 1 && !word.startsWith('-') ? nextWords(program, `${named[at]} `) : [];
  if (command === undefined || isForHelp || verbs.length > 0) return matching(verbs, word);
  return insideCommand(command, named.slice(at + command.name.split(' ').length), word, findValues);
}

/** The next words of the commands whose names begin with a prefix. */
function nextWords(program: Program, start: string): readonly Candidate[] {
  const candidates = new Map<string, Candidate>();
  for (const { name, summary } of program.commands) {
    if (!name.startsWith(start)) continue;
    const [next = '', ...rest] = name.slice(start.length).split(' ');
    const family = `${program.name} ${next} --help lists its commands`;
    if (rest.length === 0) candidates.set(next, { word: next, summary });
    else if (!candidates.has(next)) candidates.set(next, { word: next, summary: family });
  }
  return [...candidates.values()];
}

/** A line up to the cursor, as far as completion needs it. */
interface Line {
  readonly given: GivenOptions;
  /** The number of words that are neither options nor their values. */
  readonly positionals: number;
  /** The option that expects the next word as its value. */
  readonly pending: string | null;
  /** Whether `--` ended the options. */
  readonly ended: boolean;
}

async function insideCommand(
  command: Command,
  before: readonly string[],
  word: string,
  findValues: FindValues,
): Promise<Completion> {
  const { given, positionals, pending, ended } = readLine(command, before);
  const completeOption = (name: string, written: string, prefix: string): Promise<Completion> =>
    completeValue(command.options[name], written, prefix, given, findValues);
  if (pending !== null) return completeOption(pending, word, '');
  if (!ended && word.startsWith('-')) {
    const joined = /^(--[^=]+=)(.*)$/s.exec(word);
    if (joined === null) return matching(optionsOf(command, given), word);
    const [, prefix = '', written = ''] = joined;
    return completeOption(prefix.slice(2, -1), written, prefix);
  }
  const defined = Object.values(command.positionals);
  const positional = defined[positionals] ?? (defined.at(-1)?.array === true ? defined.at(-1) : undefined);
  return positional === undefined ? NOTHING : completeValue(positional, word, '', given, findValues);
}

function readLine({ options }: Command, before: readonly string[]): Line {
  const given: Record<string, string> = {};
  let positionals = 0;
  let pending: string | null = null;
  let ended = false;
  for (const word of before) {
    if (pending !== null) {
      given[pending] = word;
      pending = null;
    } else if (ended || !/^-./.test(word)) positionals += 1;
    else if (word === '--') ended = true;
    else {
      const [written = '', ...value] = word.replace(/^--?(no-(?=.))?/, '').split('=');
      const name = nameOf(options, written);
      if (name === undefined) continue;
      given[name] = value.join('=');
      if (options[name]?.type === 'string' && value.length === 0) pending = name;
    }
  }
  return { given, positionals, pending, ended };
}

/** The option with that name or letter. */
function nameOf(options: Command['options'], written: string): string | undefined {
  if (Object.hasOwn(options, written)) return written;
  return Object.keys(options).find((name) => options[name]?.alias === written);
}

/** The options that can still be given. */
function optionsOf({ options }: Command, given: GivenOptions): readonly Candidate[] {
  const open = Object.entries(options).filter(([name, { array }]) => array === true || !(name in given));
  const named = open.flatMap(([name, { describe, negatable }]): readonly Candidate[] => [
    { word: `--${name}`, summary: describe },
    ...(negatable === true ? [{ word: `--no-${name}`, summary: describe }] : []),
  ]);
  return [...named, { word: '--help', summary: 'Show help' }];
}

type ValueDefinition = Pick<OptionDefinition, 'choices' | 'suggestions' | 'completes' | 'takesList'>;

/** @param prefix the text before the value in the same word: `--format=` */
async function completeValue(
  definition: ValueDefinition | undefined,
  written: string,
  prefix: string,
  given: GivenOptions,
  findValues: FindValues,
): Promise<Completion> {
  if (definition === undefined) return NOTHING;
  const { choices = [], suggestions = [], completes = [], takesList } = definition;
  const kinds = [completes].flat();
  const start = takesList === true ? written.slice(0, written.lastIndexOf(',') + 1) : '';
  const sought = written.slice(start.length);
  const found = await Promise.all(kinds.filter(isFound).map((kind) => findValues(kind, sought, given)));
  const fixed = [...choices, ...suggestions];
  const candidates: readonly Candidate[] = [
    ...fixed.map((word) => ({ word })),
    // A word that begins with a dash would be read as an option.
    ...found.flat().filter(({ word }) => !fixed.includes(word) && !word.startsWith('-')),
  ];
  return {
    candidates: candidates
      .filter(({ word }) => word.startsWith(sought))
      .map((candidate) => ({ ...candidate, word: `${prefix}${start}${candidate.word}` })),
    paths: kinds.find((kind) => kind === 'file' || kind === 'folder') ?? null,
  };
}

function isFound(kind: ValueKind): kind is FoundKind {
  return kind !== 'file' && kind !== 'folder' && kind !== 'nothing';
}

function matching(candidates: readonly Candidate[], word: string): Completion {
  return { candidates: candidates.filter((candidate) => candidate.word.startsWith(word)), paths: null };
}
