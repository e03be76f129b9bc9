import { EXIT, PortalGunError } from '../../base/errors.ts';
import type { HostPorts } from '../../host/host-ports.ts';
import { completionScript, SHELLS, type Shell } from '../completion/completion-scripts.ts';
import type { CommandResult } from '../grammar/command.ts';

/**
 * `pci completion`: the script for a shell; by default that of the user.
 *
 * @throws PortalGunError BAD_ARGUMENT for another shell
 */
export function runCompletion(
  program: string,
  args: { readonly shell: string | undefined },
  { user }: HostPorts,
): CommandResult {
  const asked = args.shell;
  const name = asked ?? user.variable('SHELL')?.replace(/.*\//, '') ?? '';
  const shell = SHELLS.find((each) => each === name);
  if (shell === undefined) throw noSuchShell(program, asked, name);
  return { exitCode: EXIT.ok, stdout: completionScript(shell, program), stderr: '' };
}

function noSuchShell(program: string, asked: string | undefined, name: string): PortalGunError {
  const commands = SHELLS.map((shell: Shell) => `${program} completion ${shell}`).join(', ');
  if (asked !== undefined) {
    return new PortalGunError('BAD_ARGUMENT', 'no completion for this shell', {
      subject: asked,
      hint: `use one of ${commands}`,
    });
  }
  const why = name === '' ? 'SHELL is not set' : `SHELL is ${name}`;
  return new PortalGunError('BAD_ARGUMENT', `no shell given (${why})`, {
    subject: 'completion',
    hint: `use one of ${commands}`,
  });
}
