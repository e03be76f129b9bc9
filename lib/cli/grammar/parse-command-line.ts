import yargs, { type Argv, type Options } from 'yargs';
import { PortalGunError } from '../../base/errors.ts';
import { badArgument, badCommand, PARSER_MESSAGES } from './bad-argument.ts';
import { type Command, HELP, type OptionDefinition, usageOf, type Values, valueText } from './command.ts';
import { locateCommand } from './locate-command.ts';
import { optionWords } from './option-words.ts';
import { MASK, parsedValues } from './parsed-values.ts';
import type { Program } from './program.ts';
import { familyHelp, programHelp } from './program-help.ts';

/** The request of a command line. */
export type Request =
  | { readonly kind: 'run'; readonly command: Command; readonly values: Values }
  /** Help or version: only text to print. */
  | { readonly kind: 'print'; readonly text: string };

/**
 * Parses a command line.
 *
 * @throws PortalGunError BAD_ARGUMENT, with the most similar name
 */
export function parseCommandLine(program: Program, argv: readonly string[], width: number): Promise<Request> {
  const at = argv.findIndex((word) => !word.startsWith('-'));
  return argv[at] === HELP.name
    ? helpRequest(program, argv.toSpliced(at, 1), width)
    : requestOf(program, argv, width);
}

/** @throws PortalGunError BAD_ARGUMENT if the next words are not a command */
function helpRequest(program: Program, words: readonly string[], width: number): Promise<Request> {
  const named = words.filter((word) => !word.startsWith('-'));
  const { command, family, length } = locateCommand(program.commands, named);
  const isKnown =
    command === undefined ? family !== undefined && named.length === 1 : named.length === length;
  if (named.length > 0 && !isKnown)
    throw badCommand(program, command === undefined ? family : command.name, named);
  return requestOf(program, [...named, '--help'], width);
}

async function requestOf(program: Program, argv: readonly string[], width: number): Promise<Request> {
  const { at, length, command, family } = locateCommand(program.commands, argv);
  const has = (...options: readonly string[]): boolean => argv.some((word) => options.includes(word));
  if (command === undefined) {
    if (has('--version', '-V')) return { kind: 'print', text: `${program.version}\n` };
    if (!has('--help', '-h')) throw badCommand(program, family, argv);
    const text = family === undefined ? programHelp(program, width) : familyHelp(program, family, width);
    return { kind: 'print', text: `${text}\n` };
  }
  const asked: { request?: Request } = {};
  const run = (parsed: Readonly<Record<string, unknown>>): void => {
    asked.request = { kind: 'run', command, values: parsedValues(command, parsed) };
  };
  // Each command has its own parser, because yargs formats the help of a subcommand whenever one runs, which takes
  // longer than the rest of its work.
  const words = commandWords(command, argv.toSpliced(at, length));
  const { text, helps } = await parse(commandParser(program, command, argv, run, parsedOption), words, width);
  if (asked.request !== undefined) return asked.request;
  if (!helps) return { kind: 'print', text: `${text}\n` };
  const help = await parse(commandParser(program, command, argv, run, helpOption), ['--help'], width);
  return { kind: 'print', text: `${help.text}\n` };
}

/** The output of a parser itself, and whether that is help. */
async function parse(parser: Argv, words: readonly string[], width: number) {
  let printed = { text: '', helps: false };
  await parser.wrap(width).parseAsync([...words], {}, (_, parsed, text) => {
    printed = { text, helps: (parsed as Readonly<Record<string, unknown>>)['help'] === true };
  });
  return printed;
}

/**
 * The words of a command in a form that the parser reads correctly, without `--`, because the parser silently ignores
 * the words after it.
 */
function commandWords(command: Command, words: readonly string[]): readonly string[] {
  const end = words.indexOf('--');
  const before = words.slice(0, end < 0 ? words.length : end);
  const options = maskedDashes(command, optionWords(command.options, before));
  if (end < 0) return options;
  const isDashed = (word: string): boolean => /^-./.test(word);
  const behind = words.slice(end + 1);
  const dashed = behind.find(isDashed);
  if (dashed !== undefined && !Object.values(command.positionals).some(({ takesDashed }) => takesDashed)) {
    throw new PortalGunError('BAD_ARGUMENT', 'not an option of this command, but begins with a dash', {
      subject: dashed,
    });
  }
  return [...options, ...behind.map((word) => (isDashed(word) ? MASK + word : word))];
}

/** A dash for stdin, which the parser takes for an empty word unless it is the value of an option. */
function maskedDashes({ options }: Command, words: readonly string[]): readonly string[] {
  const takesValue = (word: string): boolean =>
    Object.entries(options).some(
      ([name, { type, alias }]) => type === 'string' && [`--${name}`, `-${alias}`].includes(word),
    );
  return words.map((word, index) =>
    word === '-' && !takesValue(words[index - 1] ?? '') ? MASK + word : word,
  );
}

function commandParser(
  program: Program,
  command: Command,
  argv: readonly string[],
  run: (parsed: Readonly<Record<string, unknown>>) => void,
  option: DescribeOption,
): Argv {
  return (
    yargs()
      .scriptName(`${program.name} ${command.name}`)
      .locale('en')
      // Its type does not support plurals.
      .updateStrings(PARSER_MESSAGES as unknown as Record<string, string>)
      // Without dots in names, because --yes.x would be a switch that no command sees.
      .parserConfiguration({ 'strip-aliased': true, 'camel-case-expansion': false, 'dot-notation': false })
      .version(program.version)
      .alias('version', 'V')
      .help()
      .alias('help', 'h')
      .exitProcess(false)
      .showHelpOnFail(false)
      .strict()
      .fail((message, error) => {
        if (error instanceof Error && error.name !== 'YError') throw error;
        const problem = message ?? error?.message ?? 'invalid arguments';
        throw badArgument(program.name, command, argv, problem);
      })
      .command(
        usageOf(command).replace(command.name, '$0'),
        command.description,
        (local) => describeCommand(local, command, option),
        run,
      )
  );
}

/** An option in the form of yargs. */
type DescribeOption = (
  name: string,
  definition: OptionDefinition,
) => readonly [key: string, options: Options];

function describeCommand(parser: Argv, command: Command, option: DescribeOption): Argv {
  let described = parser.epilogue('');
  for (const [name, { describe, array }] of Object.entries(command.positionals)) {
    described = described.positional(name, {
      describe,
      type: 'string',
      ...(array === true ? { array: true, default: undefined } : {}),
    });
  }
  for (const [name, definition] of Object.entries(command.options))
    described = described.option(...option(name, definition));
  for (const [line, what] of command.examples) described = described.example(line, what);
  return described;
}

function parsedOption(name: string, definition: OptionDefinition): readonly [key: string, options: Options] {
  const { describe, type, alias, choices, array } = definition;
  const options = {
    describe,
    type,
    ...(alias === undefined ? {} : { alias }),
    ...(choices === undefined ? {} : { choices }),
    ...(array === true ? { array: true, nargs: 1 } : {}),
    ...(type === 'string' ? { requiresArg: true } : {}),
  };
  return [name, options];
}

/**
 * An option in the help, with the name of its value instead of its type. The parser has no such name except the key,
 * which would break parsing.
 */
function helpOption(name: string, definition: OptionDefinition): readonly [key: string, options: Options] {
  const value = valueText(name, definition);
  const [, options] = parsedOption(name, definition);
  return value === '' ? [name, options] : [`${name}${value}`, { ...options, type: undefined }];
}
