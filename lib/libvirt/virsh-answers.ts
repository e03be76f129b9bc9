import { PortalGunError } from '../base/errors.ts';
import { escapeControls } from '../base/text.ts';
import type { Run } from '../host/runner.ts';
import { failConnection, isConnectionFailure } from './connection-failure.ts';
import type { Segment } from './virsh-script.ts';

export const VIRSH = 'virsh';
const MOST_SAID = 300;

/**
 * What it says that is no error of a command: at its end of the folder for a history, which it does not get from us, and
 * of a connection that ended and was opened again before the command was run.
 */
const NO_ERROR =
  /^error: (Failed to create '\/dev\/null\/|Disconnected from .* due to |Reconnected to the hypervisor$)/;

/**
 * A `virsh` that ended by itself.
 *
 * @throws PortalGunError TOOL_MISSING, TOOL_FAILED, and what {@link failConnection} throws
 */
export function demandExited(run: Extract<Run, { kind: 'missing' | 'failed' }>, uri: string): never;
export function demandExited(run: Run, uri: string): Extract<Run, { kind: 'exited' }>;
export function demandExited(run: Run, uri: string): Extract<Run, { kind: 'exited' }> {
  if (run.kind === 'missing') {
    throw new PortalGunError('TOOL_MISSING', 'is not installed', {
      subject: VIRSH,
      hint: 'install the package libvirt-clients (Debian), libvirt-client or libvirt',
    });
  }
  if (run.kind === 'failed') {
    throw new PortalGunError('TOOL_FAILED', `${run.detail}, asked at ${escapeControls(uri)}`, {
      subject: VIRSH,
      hint: 'check that libvirt answers: virsh --connect URI list',
    });
  }
  if (run.exitCode !== 0 && isConnectionFailure(run.stderr)) failConnection(errorIn(run.stderr), uri);
  return run;
}

/** The error of a `virsh` that ended before it had done all commands: the first that it did not do, and its last words. */
export function endedBefore(command: readonly string[], stderr: string, mark: string): PortalGunError {
  const last = lastLine(stderr, mark);
  const said = last === null ? '' : ` (it said: ${last})`;
  return new PortalGunError(
    'TOOL_FAILED',
    escapeControls(`ended before this was done: ${command.join(' ')}${said}`),
    { subject: VIRSH },
  );
}

/** The output of a command of a script, without a line's end behind the last line; and why it failed, `null` if it did not. */
export function resultOf({ output, said }: Segment): {
  readonly output: string;
  readonly error: string | null;
} {
  return { output: output.replace(/\n+$/, ''), error: errorIn(said) || null };
}

/** The error of virsh on stderr, in one line, without the messages of libraries. */
export function errorIn(stderr: string): string {
  const lines = linesIn(stderr);
  const first = lines.findIndex((line) => line.startsWith('error: '));
  return first < 0
    ? ''
    : lines
        .slice(first)
        .map((line) => line.replace(/^error: /, '').trim())
        .join(': ');
}

/** The last line of its own output, as far as it was read: for example a missing library, if it cannot start. */
function lastLine(stderr: string, mark: string): string | null {
  return (
    linesIn(stderr)
      .filter((line) => !line.includes(mark))
      .at(-1)
      ?.slice(0, MOST_SAID) ?? null
  );
}

function linesIn(stderr: string): readonly string[] {
  return stderr.split('\n').filter((line) => line.trim() !== '' && !NO_ERROR.test(line));
}
