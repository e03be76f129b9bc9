import { RUN_TIMEOUT_MS } from '../host/runner.ts';

/** A libvirt far away needs some tens of milliseconds for each. */
const TIMEOUT_PER_COMMAND_MS = 100;

/**
 * The environment of a `virsh` that reads commands as lines. They go through readline: it must not write them to the user's
 * history, nor take its orders from the user's settings.
 */
export const LINES_ENVIRONMENT = { XDG_CACHE_HOME: '/dev/null', INPUTRC: '/dev/null', TERM: 'dumb' } as const;

/** How long a script may take. */
export function scriptTimeoutMs(commands: readonly unknown[]): number {
  return RUN_TIMEOUT_MS + commands.length * TIMEOUT_PER_COMMAND_MS;
}

/** The output of a command, and its stderr. */
export interface Segment {
  readonly output: string;
  readonly said: string;
}

/** The form of commands for `virsh`: lines on its stdin, or one argument, if a command itself reads stdin. */
export type VirshScriptForm = 'lines' | 'argument';

/**
 * Commands as one text for `virsh`. When it reads lines, from a terminal or not, it prints a prompt and the command
 * itself before the output of the command:
 *
 * ```
 * virsh # echo "5b1e""0."; echo --err "5b1e""0."
 * 5b1e0.virsh # nodedev-dumpxml pci_0000_00_00_0
 * <device>…
 * ```
 *
 * So each command is followed by one that prints a mark on both streams. A mark is written in two parts, so that the
 * line that prints it does not contain it. Each is on a line of its own, because virsh runs nothing of a line, or of
 * an argument, with a mistake.
 *
 * @param mark hexadecimal and unpredictable: no name of a device or VM may contain it
 */
export function formatVirshScript(
  commands: readonly (readonly string[])[],
  mark: string,
  form: VirshScriptForm,
): string {
  const lines = commands.flatMap((command, index) => [
    command.map(quoteForVirsh).join(' '),
    markLine(mark, index + 1),
  ]);
  return form === 'lines'
    ? [markLine(mark, 0), ...lines, ''].join('\n')
    : [markLine(mark, 0), ...lines].join('; ');
}

/** What both streams print once all of a script is done. */
export function endOfVirshScript(commands: readonly unknown[], mark: string): string {
  return `${mark}${commands.length}.`;
}

/** Whether a command can be part of such a script: readline interprets control characters. */
export function fitsInScript(command: readonly string[]): boolean {
  return !command.some((word) => /\p{Cc}/u.test(word));
}

/**
 * The results of a script's commands, in order; if virsh ended early, only those of the commands that ran.
 *
 * @param stdout and `stderr` of `virsh -q`
 */
export function parseVirshScript(
  stdout: string,
  stderr: string,
  commands: number,
  mark: string,
  form: VirshScriptForm,
): readonly Segment[] {
  const printed = partsBetweenMarks(stdout, commands, mark);
  const said = partsBetweenMarks(stderr, commands, mark);
  return printed.slice(0, said.length).map((part, index) => ({
    output: form === 'lines' ? withoutEcho(part, mark) : part,
    said: withoutMarkPrefix(said[index] ?? ''),
  }));
}

/** A word for the parser of virsh, which interprets only `"` and `\` between double quotes. */
function quoteForVirsh(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `"${word.replace(/["\\]/g, '\\$&')}"`;
}

function markLine(mark: string, index: number): string {
  const word = `"${mark}""${index}."`;
  return `echo ${word}; echo --err ${word}`;
}

function partsBetweenMarks(text: string, commands: number, mark: string): readonly string[] {
  const parts: string[] = [];
  let from = endOfMark(text, `${mark}0.`, 0);
  for (let index = 1; index <= commands && from >= 0; index += 1) {
    const next = `${mark}${index}.`;
    const to = text.indexOf(next, from);
    if (to < 0) break;
    parts.push(text.slice(from, to));
    from = to + next.length;
  }
  return parts;
}

function endOfMark(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? -1 : at + mark.length;
}

/** A part begins with the prompt and the command, and ends with the prompt and the line that prints the next mark. */
function withoutEcho(part: string, mark: string): string {
  const start = part.indexOf('\n') + 1;
  const end = part.lastIndexOf(`echo "${mark}""`);
  return part.slice(start, Math.max(start, end)).replace(/virsh [#>] $/, '');
}

/** `error: ` is also before a mark. */
function withoutMarkPrefix(part: string): string {
  return part.replace(/error: $/, '').trim();
}
