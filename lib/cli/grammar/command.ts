import type { HostPorts } from '../../host/host-ports.ts';
import type { Dialogue } from '../terminal/dialogue.ts';
import type { Terminal } from '../terminal/terminal.ts';

/**
 * The completion of a value: selectors of devices, drivers, VMs, files, …; `nothing` for a value that only the user
 * can know, such as a MAC.
 */
export type ValueKind =
  | 'selector'
  | 'driver'
  | 'machine'
  | 'finding'
  | 'binding'
  | 'persisted-pf'
  | 'folder-machine'
  | 'definition-key'
  | 'definition-value'
  | 'template'
  | 'boot-assets'
  | 'stored-image'
  | 'file'
  | 'folder'
  | 'nothing';

/** An option or positional of yargs, reduced to the used parts. */
export interface OptionDefinition {
  readonly describe: string;
  readonly type: 'string' | 'boolean';
  readonly alias?: string;
  readonly choices?: readonly string[];
  /** Suggestions for its value, which may have other values too. */
  readonly suggestions?: readonly string[];
  readonly completes?: ValueKind | readonly ValueKind[];
  /** Whether the value is a list separated by commas: each part is completed. */
  readonly takesList?: boolean;
  /** Whether its `--no-` form has a meaning of its own: then that is completed as well. */
  readonly negatable?: boolean;
  /** The value if none is given, and that of its `--no-` form, if the value is optional. */
  readonly implied?: { readonly given: string; readonly negated: string };
  /** The name of the value in help and reference: `PATH`. */
  readonly valueName?: string;
  /** Whether it may be given several times. */
  readonly array?: boolean;
}

interface PositionalDefinition {
  readonly describe: string;
  readonly array?: boolean;
  /** Whether it is optional. */
  readonly optional?: boolean;
  readonly suggestions?: readonly string[];
  readonly completes?: ValueKind | readonly ValueKind[];
  /** Whether words that begin with a dash are values for it, after `--`. */
  readonly takesDashed?: boolean;
}

type Options = Readonly<Record<string, OptionDefinition>>;
type Positionals = Readonly<Record<string, PositionalDefinition>>;

type CamelCase<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name;

/** A missing switch is false, or undefined if its `--no-` form has a meaning of its own. */
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

/** The values of options for a command, by their names in camel case. */
export type ValuesOf<Definitions extends Options> = {
  readonly [Name in keyof Definitions & string as CamelCase<Name>]: OptionValue<Definitions[Name]>;
};

type PositionalValues<Definitions extends Positionals> = {
  readonly [Name in keyof Definitions & string]: PositionalValue<Definitions[Name]>;
};

/** The values of all options and positionals of some command. */
export type Values = Readonly<Record<string, unknown>>;

/** The result of a command: text for both streams, and the exit status. */
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
  /** The further text of the help, in paragraphs. */
  readonly description: string;
  readonly positionals: P;
  readonly options: O;
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** Whether it has whole hosts in memory. */
  readonly holdsHosts?: boolean;
  /** Loads the function, so that a command costs nothing until it is called. */
  load(): Promise<Run<PositionalValues<P> & ValuesOf<O>>>;
}

/** A command in the form for the parser and the help, with any values. */
export interface Command extends Omit<CommandDefinition<Positionals, Options>, 'load'> {
  load(): Promise<Run<Values>>;
}

/** A command whose function must accept the values of its options and positionals. */
export function defineCommand<const P extends Positionals, const O extends Options>(
  definition: CommandDefinition<P, O>,
): Command {
  return {
    ...definition,
    load: async () => {
      const run = await definition.load();
      // The parser returns each value with the type of its definition.
      return (values, terminal, dialogue, ports) =>
        run(values as PositionalValues<P> & ValuesOf<O>, terminal, dialogue, ports);
    },
  };
}

/** A command with its positionals, as in the help: `diff <before> [after]`. */
export function usageOf({ name, positionals }: Pick<Command, 'name' | 'positionals'>): string {
  const words = Object.entries(positionals).map(([positional, { array, optional }]) => {
    const word = array === true ? `${positional}..` : positional;
    return optional === true ? `[${word}]` : `<${word}>`;
  });
  return [name, ...words].join(' ');
}

/** The word for the help on a command. */
export const HELP = { name: 'help', summary: 'Show help on a command' };

/**
 * The value of an option in the help: ` PATH`, `[=WHEN]` if it is optional, or the option in capitals if it has
 * choices; empty for a switch.
 */
export function valueText(name: string, { type, valueName, choices, implied }: OptionDefinition): string {
  if (type === 'boolean') return '';
  const value = valueName ?? (choices === undefined ? 'VALUE' : name.toUpperCase());
  return implied === undefined ? ` ${value}` : `[=${value}]`;
}

/** Whether a value was given on the command line. */
export function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
}

/** The option with the name of a value: `--output-dir` for `outputDir`. */
export function optionNamed(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
