import type { Command } from './command.ts';

/** Where on a command line the command stands. */
interface CommandPlace {
  /** Of its first word; -1 where none is named. */
  readonly at: number;
  /** How many words its name has. */
  readonly length: number;
  readonly command?: Command;
  /** The first word of commands of two, where what follows it makes none of them. */
  readonly family?: string;
}

/** Finds the command: the first word that is none of an option's, and for a name of two words the one behind it. */
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

/** The command whose name begins at a word: that of two words, if there is one, before that of its first word only. */
export function commandAt(
  commands: readonly Command[],
  words: readonly string[],
  at: number,
): Command | undefined {
  const called = (name: string): Command | undefined => commands.find((each) => each.name === name);
  return called(words.slice(at, at + 2).join(' ')) ?? called(words[at] ?? '');
}

/** What the names of commands begin with, each once. */
export function firstWords(commands: readonly Command[]): readonly string[] {
  return [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? ''))];
}
