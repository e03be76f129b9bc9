import type { Command } from './command.ts';

/** The position of the command on a command line. */
interface CommandPlace {
  /** The index of its first word; -1 if there is none. */
  readonly at: number;
  /** The number of words of its name. */
  readonly length: number;
  readonly command?: Command;
  /** The first word of two-word commands, if the next word is not one of them. */
  readonly family?: string;
}

/** Finds the command: the first word that does not belong to an option, and for a two-word name also the next one. */
export function locateCommand(commands: readonly Command[], argv: readonly string[]): CommandPlace {
  const nowhere: CommandPlace = { at: -1, length: 0 };
  const at = argv.findIndex((word) => firstWords(commands).includes(word));
  if (at < 0) return nowhere;
  const before = argv.slice(0, at);
  const strangers = before.filter(
    (word, index) => !word.startsWith('-') && !(before[index - 1] ?? '').startsWith('-'),
  );
  if (strangers.length > 0) return nowhere;
  const command = commandAt(commands, argv, at);
  const length = command?.name.split(' ').length ?? 1;
  return command === undefined ? { at, length, family: argv[at] ?? '' } : { at, length, command };
}

/** The command whose name begins at a word: a two-word name has priority over its first word. */
export function commandAt(
  commands: readonly Command[],
  words: readonly string[],
  at: number,
): Command | undefined {
  const called = (name: string): Command | undefined => commands.find((each) => each.name === name);
  return called(words.slice(at, at + 2).join(' ')) ?? called(words[at] ?? '');
}

/** The first words of the names of commands, without duplicates. */
export function firstWords(commands: readonly Command[]): readonly string[] {
  return [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? ''))];
}
