import type { Dialogue } from './dialogue.ts';
import type { Terminal } from './terminal.ts';

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
  readonly suggestions?: readonly string[];
  readonly completes?: ValueKind | readonly ValueKind[];
  /** Whether words that begin with a dash are meant by it, behind a `--`. */
  readonly takesDashed?: boolean;
}

/** Arguments as they were parsed; each command narrows what it takes. */
export type Arguments = Readonly<Record<string, unknown>>;

/** What a command leaves: text for both streams, and the exit status. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command of a program, as data: the parser, the help, the completion and the reference are made from it. */
export interface Command {
  readonly name: string;
  /** With its positionals, as yargs writes them: `list [selectors..]`. */
  readonly usage: string;
  /** One line. */
  readonly summary: string;
  /** What more the help says; paragraphs. */
  readonly description: string;
  readonly positionals: Readonly<Record<string, PositionalDefinition>>;
  readonly options: Readonly<Record<string, OptionDefinition>>;
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** Loads what runs it: a command costs nothing until it is called. */
  load(): Promise<
    (args: Arguments, terminal: Terminal, dialogue: Dialogue) => CommandResult | Promise<CommandResult>
  >;
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

/** A string argument that was given; the last where it was given several times. */
export function stringOf(args: Arguments, name: string): string | undefined {
  return stringsOf(args, name).at(-1);
}

/** The values of an argument that may stand several times. */
export function stringsOf(args: Arguments, name: string): readonly string[] {
  const value = args[name];
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((each) => each !== undefined).map(String);
}

/** A switch: `undefined` where neither it nor its `--no-` form was given. */
export function switchOf(args: Arguments, name: string): boolean | undefined {
  const value: unknown = Array.isArray(args[name]) ? args[name].at(-1) : args[name];
  return typeof value === 'boolean' ? value : undefined;
}
