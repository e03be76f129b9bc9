import { PortalGunError } from '../../base/errors.ts';
import { suggest } from '../../base/text.ts';
import { type Command, HELP, usageOf } from './command.ts';
import { firstWords } from './locate-command.ts';
import type { Program } from './program.ts';

/** Texts that yargs prints for its errors: a keyword for the error, and its subject. */
export const PARSER_MESSAGES = {
  'Unknown argument: %s': { one: 'unknown %s', other: 'unknown %s' },
  'Not enough non-option arguments: got %s, need at least %s': { one: 'missing', other: 'missing' },
  'Not enough arguments following: %s': 'valueless %s',
  'Invalid values:': 'choice',
  'Argument: %s, Given: %s, Choices: %s': '%s %s %s',
};

/**
 * The error for a message of a command's parser, with the most similar name.
 *
 * @param message of the parser, in the form of {@link PARSER_MESSAGES}
 */
export function badArgument(
  program: string,
  command: Command,
  argv: readonly string[],
  message: string,
): PortalGunError {
  const help = `see ${program} ${command.name} --help`;
  const [, problem, detail = ''] = /^(\w+)\s*(.*)$/s.exec(message) ?? [];
  switch (problem) {
    case 'unknown':
      return unknownWord(command, argv, detail.split(', ')[0] ?? '', help);
    case 'missing':
      return new PortalGunError('BAD_ARGUMENT', `missing argument: ${program} ${usageOf(command)}`, {
        hint: help,
      });
    case 'valueless':
      return new PortalGunError('BAD_ARGUMENT', 'needs a value', {
        subject: `${detail.length === 1 ? '-' : '--'}${detail}`,
        hint: help,
      });
    case 'choice':
      return badChoice(command, detail);
    default:
      return new PortalGunError('BAD_ARGUMENT', message.split('\n')[0] ?? message, { hint: help });
  }
}

/** @param word an option without its dashes, or an unexpected word, unchanged */
function unknownWord(command: Command, argv: readonly string[], word: string, help: string): PortalGunError {
  const meant = suggest(word, Object.keys(command.options));
  const written =
    argv.find((given) => given.replace(/^-+/, '').split('=')[0] === word) ??
    (argv.some((given) => /^-[^-]/.test(given) && given.includes(word)) ? `-${word}` : word);
  return new PortalGunError(
    'BAD_ARGUMENT',
    written.startsWith('-') ? 'no such option' : 'unexpected argument',
    {
      subject: written.split('=')[0] ?? written,
      hint: meant === undefined ? help : `did you mean --${meant}?`,
    },
  );
}

/** @param detail the option, and its value as a JSON string */
function badChoice({ options }: Command, detail: string): PortalGunError {
  const [, option = '', text = '""'] = /^(\S+) ("(?:[^"\\]|\\.)*")/s.exec(detail) ?? [];
  const given = JSON.parse(text) as string;
  const choices = options[option]?.choices ?? [];
  const meant = suggest(given, choices);
  return new PortalGunError('BAD_ARGUMENT', `invalid value "${given}"`, {
    subject: `--${option}`,
    hint: meant === undefined ? `use one of ${choices.join(', ')}` : `did you mean ${meant}?`,
  });
}

/** The error for a command line without a command. */
export function badCommand(
  { name: program, commands }: Pick<Program, 'name' | 'commands'>,
  family: string | undefined,
  argv: readonly string[],
): PortalGunError {
  if (family !== undefined) return badFamily(program, family, commands, argv);
  const help = `see ${program} --help`;
  const word = argv.find((given) => !given.startsWith('-'));
  if (word !== undefined) {
    const meant = suggest(word, [...firstWords(commands), HELP.name]);
    return new PortalGunError('BAD_ARGUMENT', 'no such command', {
      subject: word,
      hint: meant === undefined ? help : `did you mean ${program} ${meant}?`,
    });
  }
  return new PortalGunError('BAD_ARGUMENT', 'missing command', { hint: help });
}

/** Only the first word of a two-word command is given, or the second is unknown. */
function badFamily(
  program: string,
  family: string,
  commands: readonly Command[],
  argv: readonly string[],
): PortalGunError {
  const names = commands.map(({ name }) => name).filter((name) => name.startsWith(`${family} `));
  const second = argv.slice(argv.indexOf(family) + 1).find((word) => !word.startsWith('-'));
  if (second === undefined) {
    return new PortalGunError('BAD_ARGUMENT', 'missing subcommand', {
      subject: family,
      hint: `use one of ${names.map((name) => `${program} ${name}`).join(', ')}`,
    });
  }
  const meant = suggest(`${family} ${second}`, names);
  return new PortalGunError('BAD_ARGUMENT', 'no such command', {
    subject: `${family} ${second}`,
    hint: meant === undefined ? `see ${program} ${family} --help` : `did you mean ${program} ${meant}?`,
  });
}
