import yargs, { type Argv, type Options } from 'yargs';
import { PortalGunError } from '../base/errors.ts';
import { suggest } from '../base/text.ts';
import { type Arguments, type Command, type OptionDefinition, valueNameOf } from './command.ts';

/** A program: its name, what it is for, and its commands. */
export interface Program {
  readonly name: string;
  readonly summary: string;
  readonly version: string;
  readonly commands: readonly Command[];
  /** Words that can complete what stands before the cursor. */
  complete(word: string, command: string | undefined): readonly string[];
}

/** What the command line asks for. */
export type Request =
  | { readonly kind: 'run'; readonly command: Command; readonly args: Arguments }
  /** Help, version or completion: text to print, and nothing to do. */
  | { readonly kind: 'print'; readonly text: string };

/**
 * Reads a command line.
 *
 * @throws PortalGunError BAD_ARGUMENT, with what was probably meant
 */
export async function parseCommandLine(
  program: Program,
  argv: readonly string[],
  width: number,
): Promise<Request> {
  const asked: { request?: Request } = {};
  const run = (command: Command) => (args: Arguments) => {
    asked.request = { kind: 'run', command, args };
  };
  // A command that is named is parsed alone: yargs lays out the help of a subcommand whenever one is run,
  // which costs more than all the rest of its work.
  const at = commandIndex(program, argv);
  const command = program.commands.find(({ name }) => at >= 0 && name === argv[at]);
  const parser =
    command === undefined ? wholeParser(program, argv, run) : commandParser(program, command, argv, run);
  const words = command === undefined ? [...argv] : withoutEnd(argv.toSpliced(at, 1));
  const { text, helps } = await parse(parser, words, width);
  if (asked.request !== undefined) return asked.request;
  if (command === undefined || !helps) return { kind: 'print', text: `${text}\n` };
  const help = await parse(commandParser(program, command, argv, run, helpOption), ['--help'], width);
  return { kind: 'print', text: `${help.text}\n` };
}

/** What a parser prints of itself, and whether that is help. */
async function parse(parser: Argv, words: readonly string[], width: number) {
  let printed = { text: '', helps: false };
  await parser.wrap(width).parseAsync([...words], {}, (_, parsed, text) => {
    printed = { text, helps: (parsed as Arguments)['help'] === true };
  });
  return printed;
}

/** Without the `--` that ends the options: the parser passes over what is behind it, and says nothing. */
function withoutEnd(words: readonly string[]): string[] {
  const end = words.indexOf('--');
  const dashed = end < 0 ? undefined : words.slice(end).find((word) => /^-./.test(word) && word !== '--');
  if (dashed === undefined) return words.filter((_, index) => index !== end);
  throw new PortalGunError('BAD_ARGUMENT', 'is no selector and no path', { subject: dashed });
}

/** Where the command stands: the first word that is none of an option's; -1 where that is no command. */
function commandIndex(program: Program, argv: readonly string[]): number {
  const at = argv.findIndex((word) => isCommand(program, word));
  const before = argv.slice(0, Math.max(at, 0));
  const strangers = before.filter(
    (word, index) => !word.startsWith('-') && !(before[index - 1] ?? '').startsWith('-'),
  );
  return strangers.length > 0 || before.some((word) => word.includes('-completions')) ? -1 : at;
}

type Run = (command: Command) => (args: Arguments) => void;

function baseParser(program: Program, scriptName: string, argv: readonly string[]): Argv {
  return yargs()
    .scriptName(scriptName)
    .locale('en')
    .parserConfiguration({ 'strip-aliased': true, 'camel-case-expansion': false })
    .version(program.version)
    .help()
    .alias('help', 'h')
    .exitProcess(false)
    .showHelpOnFail(false)
    .strict()
    .fail((message, error) => {
      if (error instanceof Error && error.name !== 'YError') throw error;
      throw badArgument(program, argv, message ?? error?.message ?? 'the arguments make no sense');
    });
}

function commandParser(
  program: Program,
  command: Command,
  argv: readonly string[],
  run: Run,
  option: DescribeOption = parsedOption,
): Argv {
  return baseParser(program, `${program.name} ${command.name}`, argv).command(
    command.usage.replace(command.name, '$0'),
    command.description,
    (local) => describeCommand(local, command, option),
    run(command),
  );
}

function wholeParser(program: Program, argv: readonly string[], run: Run): Argv {
  let parser = baseParser(program, program.name, argv)
    .usage(`$0 <command>\n\n${program.summary}`)
    .demandCommand(1, 'name a command')
    .epilogue(`${program.name} <command> --help says more.`);
  for (const command of program.commands) {
    parser = parser.command(
      command.usage,
      command.summary,
      (local) => describeCommand(local, command, parsedOption),
      run(command),
    );
  }
  return parser.completion(
    'completion',
    'Print a completion script for bash or zsh',
    (
      word: string,
      given: unknown,
      known: (take: CompletionCallback) => void,
      done: (words: string[]) => void,
    ) => known((_, words = []) => done([...words, ...ownCompletions(program, word, given)])),
  );
}

type CompletionCallback = (error: Error | null, words: string[] | undefined) => void;

function ownCompletions(program: Program, word: string, given: unknown): readonly string[] {
  const words = (given as Arguments)['_'];
  const command = Array.isArray(words)
    ? words.map(String).find((name) => isCommand(program, name))
    : undefined;
  return word.startsWith('-') ? [] : program.complete(word, command);
}

/** An option as yargs knows it. */
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
 * An option as help shows it: the value by its name and not as a string. The parser has no place for such a name
 * but the key, under which nothing would be parsed.
 */
function helpOption(name: string, definition: OptionDefinition): readonly [key: string, options: Options] {
  const valueName = valueNameOf(name, definition);
  const [, options] = parsedOption(name, definition);
  return valueName === undefined
    ? [name, options]
    : [`${name} ${valueName}`, { ...options, type: undefined }];
}

function isCommand(program: Program, name: string): boolean {
  return program.commands.some((command) => command.name === name);
}

/** An error of the parser with what was probably meant. */
function badArgument(program: Program, argv: readonly string[], message: string): PortalGunError {
  const at = commandIndex(program, argv);
  const command = program.commands.find(({ name }) => at >= 0 && name === argv[at]);
  const help = `see ${program.name}${command === undefined ? '' : ` ${command.name}`} --help`;
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
  if (message.startsWith('Not enough non-option') && command !== undefined) {
    return new PortalGunError('BAD_ARGUMENT', `needs more: ${program.name} ${command.usage}`, { hint: help });
  }
  if (unknown === null)
    return new PortalGunError('BAD_ARGUMENT', message.split('\n')[0] ?? message, { hint: help });
  if (command === undefined) {
    // The parser names unknown options along with the word.
    const word = argv.find((given) => !given.startsWith('-')) ?? '';
    const meant = suggest(word, [...program.commands.map(({ name }) => name), 'completion']);
    return new PortalGunError('BAD_ARGUMENT', 'there is no such command', {
      subject: word,
      hint: meant === undefined ? help : `did you mean ${program.name} ${meant}?`,
    });
  }
  const [word = ''] = (unknown[2] ?? '').split(', ');
  const options = Object.keys(command.options);
  const meant = suggest(word, options);
  // The parser names an unknown option without its dashes, and a word too many as it stands.
  const written = argv.find((given) => given.replace(/^-+/, '').split('=')[0] === word) ?? word;
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
