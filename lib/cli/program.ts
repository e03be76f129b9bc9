import yargs, { type Argv, type Options } from 'yargs';
import { PortalGunError } from '../base/errors.ts';
import { badArgument, badFamily } from './bad-argument.ts';
import { type Arguments, type Command, type OptionDefinition, valueNameOf } from './command.ts';
import { locateCommand } from './locate-command.ts';
import { refuseSwitchValues } from './switch-values.ts';

/** A program: its name, what it is for, and its commands. */
export interface Program {
  readonly name: string;
  readonly summary: string;
  readonly version: string;
  readonly commands: readonly Command[];
}

/** What the command line asks for. */
export type Request =
  | { readonly kind: 'run'; readonly command: Command; readonly args: Arguments }
  /** Help or version: text to print, and nothing to do. */
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
    asked.request = { kind: 'run', command, args: unmasked(args) };
  };
  // A command that is named is parsed alone: yargs lays out the help of a subcommand whenever one is run,
  // which costs more than all the rest of its work.
  const { at, length, command, family } = locateCommand(program.commands, argv);
  if (family !== undefined && !argv.includes('--version')) return familyRequest(program, family, argv, width);
  const parser =
    command === undefined ? wholeParser(program, argv, run) : commandParser(program, command, argv, run);
  if (command !== undefined) {
    const end = argv.indexOf('--');
    refuseSwitchValues(command.options, argv.slice(0, end < 0 ? argv.length : end));
  }
  const words = command === undefined ? [...argv] : withoutEnd(command, argv.toSpliced(at, length));
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

/** Before a word that begins with a dash and is no option: what no argument of a process can hold. */
const MASK = '\0';

/** Without the `--` that ends the options: the parser passes over what is behind it, and says nothing. */
function withoutEnd(command: Command, words: readonly string[]): string[] {
  const end = words.indexOf('--');
  if (end < 0) return [...words];
  const isDashed = (word: string): boolean => /^-./.test(word);
  const behind = words.slice(end + 1);
  const dashed = behind.find(isDashed);
  if (dashed !== undefined && !Object.values(command.positionals).some(({ takesDashed }) => takesDashed)) {
    throw new PortalGunError('BAD_ARGUMENT', 'begins with a dash, and is no option here', {
      subject: dashed,
    });
  }
  return [...words.slice(0, end), ...behind.map((word) => (isDashed(word) ? MASK + word : word))];
}

function unmasked(args: Arguments): Arguments {
  const plain = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(plain);
    return typeof value === 'string' && value.startsWith(MASK) ? value.slice(MASK.length) : value;
  };
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, plain(value)]));
}

/** Help on commands whose names have their first word in common, or what is wrong where no help was asked for. */
async function familyRequest(
  program: Program,
  family: string,
  argv: readonly string[],
  width: number,
): Promise<Request> {
  const members = program.commands.filter(({ name }) => name.startsWith(`${family} `));
  if (argv.some((word) => word === '--help' || word === '-h')) {
    const own = { ...program, commands: members };
    const { text } = await parse(
      wholeParser(own, ['--help'], () => () => {}),
      ['--help'],
      width,
    );
    return { kind: 'print', text: `${text}\n` };
  }
  throw badFamily(program.name, family, members, argv);
}

type Run = (command: Command) => (args: Arguments) => void;

function baseParser(program: Program, scriptName: string, argv: readonly string[]): Argv {
  return (
    yargs()
      .scriptName(scriptName)
      .locale('en')
      // Without dots in names: --yes.x would be a switch that no command sees.
      .parserConfiguration({ 'strip-aliased': true, 'camel-case-expansion': false, 'dot-notation': false })
      .version(program.version)
      .help()
      .alias('help', 'h')
      .exitProcess(false)
      .showHelpOnFail(false)
      .strict()
      .fail((message, error) => {
        if (error instanceof Error && error.name !== 'YError') throw error;
        throw badArgument(
          program.name,
          program.commands,
          argv,
          message ?? error?.message ?? 'the arguments make no sense',
        );
      })
  );
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

/** With all commands, for a list of them and for what is wrong if none is named. */
function wholeParser(program: Program, argv: readonly string[], run: Run): Argv {
  return program.commands.reduce(
    (parser, command) =>
      parser.command(
        command.usage,
        command.summary,
        (local) => describeCommand(local, command, parsedOption),
        run(command),
      ),
    baseParser(program, program.name, argv)
      .usage(`$0 <command>\n\n${program.summary}`)
      .demandCommand(1, 'name a command')
      .epilogue(`${program.name} <command> --help says more.`),
  );
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
