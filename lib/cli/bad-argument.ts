import { PortalGunError } from '../base/errors.ts';
import { suggest } from '../base/text.ts';
import { type Command, HELP } from './command.ts';
import { firstWords } from './locate-command.ts';
import type { Program } from './program.ts';

/** An error of the parser of a command, with what was probably meant. */
export function badArgument(
  program: string,
  command: Command,
  argv: readonly string[],
  message: string,
): PortalGunError {
  const help = `see ${program} ${command.name} --help`;
  const unknown = /^Unknown (arguments?|commands?): (.+)$/.exec(message);
  const choices = /Argument: (\S+), Given: "(.*)", Choices: (.+)$/.exec(message);
  if (choices !== null) return badChoice(choices[1] ?? '', choices[2] ?? '', choices[3] ?? '');
  const valueless = /^Not enough arguments following: (\S+)/.exec(message)?.[1];
  if (valueless !== undefined) {
    return new PortalGunError('BAD_ARGUMENT', 'needs a value', {
      subject: `${valueless.length === 1 ? '-' : '--'}${valueless}`,
      hint: help,
    });
  }
  if (message.startsWith('Not enough non-option')) {
    return new PortalGunError('BAD_ARGUMENT', `needs more: ${program} ${command.usage}`, { hint: help });
  }
  if (unknown === null)
    return new PortalGunError('BAD_ARGUMENT', message.split('\n')[0] ?? message, { hint: help });
  const [word = ''] = (unknown[2] ?? '').split(', ');
  const options = Object.keys(command.options);
  const meant = suggest(word, options);
  // The parser names an unknown option without its dashes, and a word too many as it stands.
  const written =
    argv.find((given) => given.replace(/^-+/, '').split('=')[0] === word) ??
    (argv.some((given) => /^-[^-]/.test(given) && given.includes(word)) ? `-${word}` : word);
  return new PortalGunError(
    'BAD_ARGUMENT',
    written.startsWith('-') ? 'there is no such option' : 'is one word too many',
    {
      subject: written.split('=')[0] ?? written,
      hint: meant === undefined ? help : `did you mean --${meant}?`,
    },
  );
}

function badChoice(option: string, given: string, listed: string): PortalGunError {
  const choices = listed.split(', ').map((choice) => choice.replaceAll('"', ''));
  const meant = suggest(given, choices);
  return new PortalGunError('BAD_ARGUMENT', `does not take "${given}"`, {
    subject: `--${option}`,
    hint: meant === undefined ? `it takes ${choices.join(', ')}` : `did you mean ${meant}?`,
  });
}

/** What is wrong with a command line that names no command. */
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
    return new PortalGunError('BAD_ARGUMENT', 'there is no such command', {
      subject: word,
      hint: meant === undefined ? help : `did you mean ${program} ${meant}?`,
    });
  }
  return new PortalGunError('BAD_ARGUMENT', 'name a command', { hint: help });
}

/** Only the first word of a command of two was given, or the second makes none. */
function badFamily(
  program: string,
  family: string,
  commands: readonly Command[],
  argv: readonly string[],
): PortalGunError {
  const names = commands.map(({ name }) => name).filter((name) => name.startsWith(`${family} `));
  const second = argv.slice(argv.indexOf(family) + 1).find((word) => !word.startsWith('-'));
  if (second === undefined) {
    return new PortalGunError('BAD_ARGUMENT', 'is one of several commands', {
      subject: family,
      hint: `say which: ${names.map((name) => `${program} ${name}`).join(', ')}`,
    });
  }
  const meant = suggest(`${family} ${second}`, names);
  return new PortalGunError('BAD_ARGUMENT', 'there is no such command', {
    subject: `${family} ${second}`,
    hint: meant === undefined ? `see ${program} ${family} --help` : `did you mean ${program} ${meant}?`,
  });
}
