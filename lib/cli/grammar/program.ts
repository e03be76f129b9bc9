import type { Command } from './command.ts';

/** Commands in one section of the help. */
export interface CommandSection {
  readonly title: string;
  readonly commands: readonly Command[];
}

/** A program: its name, its purpose, and its commands. */
export interface Program {
  readonly name: string;
  readonly summary: string;
  readonly version: string;
  /** What it shows on a terminal while a command takes its time before it prints anything: one short line. */
  readonly sign: string;
  readonly sections: readonly CommandSection[];
  /** The commands of all sections, in order. */
  readonly commands: readonly Command[];
}

/** A program with the commands of its sections. */
export function programOf(program: Omit<Program, 'commands'>): Program {
  return { ...program, commands: program.sections.flatMap(({ commands }) => commands) };
}
