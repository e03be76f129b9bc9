import type { HostPorts } from '../../host/host-ports.ts';
import type { Dialogue } from '../terminal/dialogue.ts';
import type { Terminal } from '../terminal/terminal.ts';

/**
 * What completes a value: selectors of devices, drivers, VMs, files, …; `nothing` if only its user can know it, such as
 * a MAC.
 */
export type ValueKind =
  | 'selector'
  | 'driver'
  | 'machine'
  | 'finding'
  | 'binding'
  | 'persisted-pf'
  | 'folder-machine'
  | 'template'
  | 'boot-assets'
  | 'stored-image'
  | 'file'
  | 'folder'
  | 'nothing';

/** An option or positional as yargs takes it, reduced to what we use. */
export interface OptionDefinition {
  readonly describe: string;
  readonly type: 'string' | 'boolean';
  readonly alias?: string;
  readonly choices?: readonly string[];
  /** What completes its value, which may be another. */
  readonly suggestions?: readonly string[];
  readonly completes?: ValueKind | readonly ValueKind[];
  /** Whether the value is a list with commas between: each part is completed. */
  readonly takesList?: boolean;
  /** Whether its `--no-` form says something: then that is completed as well. */
  readonly negatable?: boolean;
  /** What it means without a value, and in its `--no-` form, if the value may be left out. */
  readonly implied?: { readonly given: string; readonly negated: string };
  /** What the help and the reference call the value: `PATH`. */
  readonly valueName?: string;
  /** Whether it may stand more than once. */
  readonly array?: boolean;
}

interface PositionalDefinition {
  readonly describe: string;
  readonly array?: boolean;
  /** Whether it may be left out. */
  readonly optional?: boolean;
  readonly suggestions?: readonly string[];
  readonly completes?: ValueKind | readonly ValueKind[];
  /** Whether words that begin with a dash are meant by it, behind a `--`. */
  readonly takesDashed?: boolean;
}

type Options = Readonly<Record<string, OptionDefinition>>;
type Positionals = Readonly<Record<string, PositionalDefinition>>;

type CamelCase<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name;

/** A switch that is not given is false, or undefined if its `--no-` form says something. */
type OptionValue<Definition> = Definition extends { readonly type: 'boolean' }
  ? Definition extends { readonly negatable: true }
    ? boolean | undefined
    : boolean
  : Definition extends { readonly array: true }
    ? readonly string[]
    : Definition extends { readonly choices: readonly (infer Choice)[] }
      ? Choice | undefined
      : string | undefined;

type PositionalValue<Definition> = Definition extends { readonly array: true }
  ? readonly string[]
  : Definition extends { readonly optional: true }
    ? string | undefined
    : string;

/** What a command gets of options, by their names in camel case. */
export type ValuesOf<Definitions extends Options> = {
  readonly [Name in keyof Definitions & string as CamelCase<Name>]: OptionValue<Definitions[Name]>;
};

type PositionalValues<Definitions extends Positionals> = {
  readonly [Name in keyof Definitions & string]: PositionalValue<Definitions[Name]>;
};

/** The values of all options and positionals of some command. */
export type Values = Readonly<Record<string, unknown>>;

/** What a command leaves: text for both streams, and the exit status. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Run<Given> = (
  values: Given,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
) => CommandResult | Promise<CommandResult>;

/** A command of a program, as data: the parser, the help, the completion and the reference are made from it. */
interface CommandDefinition<P extends Positionals, O extends Options> {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** What more the help says; paragraphs. */
  readonly description: string;
  readonly positionals: P;
  readonly options: O;
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** Loads what runs it: a command costs nothing until it is called. */
  load(): Promise<Run<PositionalValues<P> & ValuesOf<O>>>;
}

/** A command as the parser and the help take it, whatever it is given. */
export interface Command extends Omit<CommandDefinition<Positionals, Options>, 'load'> {
  load(): Promise<Run<Values>>;
}

/** A command, whose function has to take what its options and positionals give. */
export function defineCommand<const P extends Positionals, const O extends Options>(
  definition: CommandDefinition<P, O>,
): Command {
  return {
    ...definition,
    load: async () => {
      const run = await definition.load();
      // The parser gives each value the type that its definition says.
      return (values, terminal, dialogue, ports) =>
        run(values as PositionalValues<P> & ValuesOf<O>, terminal, dialogue, ports);
    },
  };
}

/** A command with its positionals, as the parser and the help write them: `diff <before> [after]`. */
export function usageOf({ name, positionals }: Pick<Command, 'name' | 'positionals'>): string {
  const words = Object.entries(positionals).map(([positional, { array, optional }]) => {
    const word = array === true ? `${positional}..` : positional;
    return optional === true ? `[${word}]` : `<${word}>`;
  });
  return [name, ...words].join(' ');
}

/** The word that asks for help on the command whose name follows. */
export const HELP = { name: 'help', summary: 'Show help on a command' };

/**
 * What stands behind an option, as help shows it: ` PATH`, `[=WHEN]` if it may be left out, or the option in capitals if it
 * has choices; nothing behind a switch.
 */
export function valueText(name: string, { type, valueName, choices, implied }: OptionDefinition): string {
  if (type === 'boolean') return '';
  const value = valueName ?? (choices === undefined ? 'VALUE' : name.toUpperCase());
  return implied === undefined ? ` ${value}` : `[=${value}]`;
}

/** Whether a value stands for something on the command line. */
export function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
}

/** The option whose value has a name: `--output-dir` for `outputDir`. */
export function optionNamed(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
