import { hangText, wrapText } from '../../render/layout/wrap-text.ts';
import { HELP } from './command.ts';
import type { CommandSection, Program } from './program.ts';

const OPTIONS: readonly (readonly [option: string, summary: string])[] = [
  ['-h, --help', 'Show help; after a command, show its help'],
  ['-V, --version', 'Show the version'],
];

/** The help of a program: its commands by section, one line each. */
export function programHelp({ name, summary, sections }: Program, width: number): string {
  const last = sections.length - 1;
  const listed = sections.map(({ title, commands }, index) => ({
    title,
    commands: index === last ? [...commands, HELP] : commands,
  }));
  return commandsHelp(name, summary, listed, OPTIONS, width);
}

/** The help on commands that begin with the same word. */
export function familyHelp({ name, sections }: Program, family: string, width: number): string {
  const isMember = (command: { readonly name: string }): boolean => command.name.startsWith(`${family} `);
  const own = sections
    .map((section) => ({ ...section, commands: section.commands.filter(isMember) }))
    .filter(({ commands }) => commands.length > 0);
  return commandsHelp(name, null, own, [], width);
}

type Listed = Pick<CommandSection['commands'][number], 'name' | 'summary'>;

interface ListedSection {
  readonly title: string;
  readonly commands: readonly Listed[];
}

function commandsHelp(
  program: string,
  summary: string | null,
  sections: readonly ListedSection[],
  options: typeof OPTIONS,
  width: number,
): string {
  const starts = [
    ...sections.flatMap(({ commands }) => commands.map(({ name }) => name)),
    ...options.map(([option]) => option),
  ];
  const startWidth = Math.max(...starts.map((start) => start.length)) + 4;
  const line = (start: string, text: string): string =>
    hangText({ start: `  ${start}`.padEnd(startWidth), startWidth, text, indent: 4, width });
  return [
    `Usage: ${program} COMMAND [ARGUMENT...]`,
    ...(summary === null ? [] : ['', ...wrapText(summary, width)]),
    ...sections.flatMap(({ title, commands }) => [
      '',
      `${title}:`,
      ...commands.map((command) => line(command.name, command.summary)),
    ]),
    ...(options.length === 0 ? [] : ['', 'Options:', ...options.map(([option, text]) => line(option, text))]),
    '',
    ...wrapText(`${program} help COMMAND shows the options and examples of a command.`, width),
  ].join('\n');
}
