import { EXIT, PortalGunError } from '../base/errors.ts';
import { formatJson } from '../base/text.ts';
import type { HostPorts } from '../host/host-ports.ts';
import { livePorts } from '../host/live/live-ports.ts';
import {
  errorDocument,
  internalErrorDocument,
  renderError,
  renderInternalError,
} from '../render/error-text.ts';
import { COMPLETE_WORD } from './completion/completion-scripts.ts';
import type { CommandResult } from './grammar/command.ts';
import type { Request } from './grammar/parse-command-line.ts';
import { readPlainly } from './grammar/plain-command-line.ts';
import type { Program } from './grammar/program.ts';
import { dialogueWith, Interrupted } from './terminal/dialogue.ts';
import { showFirstSign } from './terminal/first-sign.ts';
import { Output, type OutputStream } from './terminal/output.ts';
import type { ProcessLike } from './terminal/process-like.ts';
import { describeTerminal, lineWidthOf } from './terminal/terminal.ts';

const HELP_WIDTH = 100;

/**
 * Runs a program with the arguments of its process; sets the exit status and lets output drain.
 *
 * @param ports the machine that it runs on; this one by default
 */
export async function runProgram(
  program: Program,
  host: ProcessLike,
  ports: HostPorts = livePorts(),
): Promise<void> {
  // Node ends a process that waits for nothing, and the exit code would look like success.
  host.exitCode = EXIT.internal;
  // A stream may report an error after the program has finished.
  const settle = (exitCode: number): void => {
    const isLost = stdout.isLost || stderr.isLost;
    host.exitCode = isLost && HARMLESS.includes(exitCode) ? EXIT.toolFailed : exitCode;
  };
  let exitOf: number | null = null;
  const onLoss = (subject: string) => (code: string) => {
    stderr.write(renderError(program.name, outputError(subject, code)));
    if (exitOf !== null) settle(exitOf);
  };
  let removeSign = (): void => undefined;
  const streamOf = (name: 'stdout' | 'stderr') => () => {
    removeSign();
    return host[name];
  };
  const stdout = new Output(streamOf('stdout'), onLoss('stdout'));
  const stderr = new Output(streamOf('stderr'), onLoss('stderr'));
  const result = await resultOf(program, host, ports, {
    say: (text) => stderr.write(text),
    begin: async () => {
      removeSign = await showFirstSign(host, program.sign);
    },
  });
  removeSign();
  stderr.write(result.stderr);
  stdout.write(result.stdout);
  exitOf = result.exitCode;
  settle(exitOf);
}

/** An exit code other than these has priority over lost output. */
const HARMLESS: readonly number[] = [EXIT.ok, EXIT.findings];

function outputError(subject: string, code: string): PortalGunError {
  return new PortalGunError('OUTPUT_FAILED', `cannot be written: ${code}`, { subject });
}

async function resultOf(
  program: Program,
  host: ProcessLike,
  ports: HostPorts,
  { say, begin }: { readonly say: (text: string) => void; readonly begin: () => Promise<void> },
): Promise<CommandResult> {
  const argv = host.argv.slice(2);
  try {
    if (argv[0] === COMPLETE_WORD) {
      const { printCompletions } = await import('./completion/print-completions.ts');
      const stdout = await printCompletions(program, argv.slice(1), ports);
      return { exitCode: EXIT.ok, stdout, stderr: '' };
    }
    const request = readPlainly(program, argv) ?? (await parse(program, argv, host.stdout));
    if (request.kind === 'print') return { exitCode: EXIT.ok, stdout: request.text, stderr: '' };
    const { command, values } = request;
    // A person who types a file would type into the line.
    if (!Object.values(values).flat().includes('-')) await begin();
    if (command.holdsHosts === true) host.saveMemory?.();
    const run = await command.load();
    const terminal = describeTerminal(host.stdout, host.env, values['color']);
    return await run(values, terminal, dialogueWith(host, say), ports);
  } catch (error) {
    // The cursor is after the question.
    if (error instanceof Interrupted) return { exitCode: EXIT.interrupted, stdout: '', stderr: '\n' };
    if (error instanceof PortalGunError) {
      const placed = await withItsPlace(error);
      return {
        exitCode: placed.exitCode,
        stdout: errorOutput(argv, errorDocument(placed)),
        stderr: renderError(program.name, placed),
      };
    }
    const versions = `portal-gun ${program.version}, Node ${process.versions.node}`;
    return {
      exitCode: EXIT.internal,
      stdout: errorOutput(argv, internalErrorDocument(error, versions)),
      stderr: renderInternalError(program.name, error, versions),
    };
  }
}

/** Adds line and column to an error about a part of a file; the code for it is loaded only for such an error. */
async function withItsPlace(error: PortalGunError): Promise<PortalGunError> {
  if (error.part === null) return error;
  const { withPlace } = await import('../base/yaml-file.ts');
  return withPlace(error);
}

/** Parses any command line, and reports its mistakes: by the parser, which few command lines need. */
async function parse(program: Program, argv: readonly string[], stdout: OutputStream): Promise<Request> {
  const { parseCommandLine } = await import('./grammar/parse-command-line.ts');
  return parseCommandLine(program, argv, Math.min(lineWidthOf(stdout) ?? HELP_WIDTH, HELP_WIDTH));
}

/**
 * An error in the requested format, even if the arguments could not be parsed: a document for JSON, a line for JSON
 * lines, empty for text.
 */
function errorOutput(argv: readonly string[], document: object): string {
  const options = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : argv.length).join(' ');
  if (/(^| )--format[= ]ndjson( |$)/.test(options)) return `${formatJson(document)}\n`;
  return /(^| )--(json(=true)?|format[= ]json)( |$)/.test(options) ? `${formatJson(document, 2)}\n` : '';
}
