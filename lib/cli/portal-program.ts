import { VERSION } from '../base/version.ts';
import { DEFAULT_URI } from '../libvirt/virsh.ts';
import { PORTAL_COMMANDS } from './portal-commands.ts';
import type { Program } from './program.ts';

/** The program `portal`. */
export const PORTAL_PROGRAM: Program = {
  name: 'portal',
  summary: "The virtual machines that a host's hardware goes to.",
  version: VERSION,
  commands: PORTAL_COMMANDS,
  complete: completeMachine,
};

/** Who presses a key does not wait longer. */
const TIMEOUT_MS = 1500;
/** What a shell takes for one word, and the parser for no option. */
const PLAIN_NAME = /^[\w.+@][\w.+@-]*$/;

/** The names of the machines that libvirt knows, where it answers at once. */
async function completeMachine(word: string, command: string | undefined): Promise<readonly string[]> {
  if (command !== 'tag') return [];
  // Only this needs it, and every start would pay for it.
  const [{ LiveRunner }, { askedUri }] = await Promise.all([
    import('../host/live-runner.ts'),
    import('./asked-libvirt.ts'),
  ]);
  const uri = askedUri({})?.uri ?? DEFAULT_URI;
  const args = ['--quiet', '--readonly', '--connect', uri, 'list', '--all', '--name'];
  const run = await new LiveRunner().run('virsh', args, { timeoutMs: TIMEOUT_MS });
  const names = run.kind === 'exited' && run.exitCode === 0 ? run.stdout.split('\n') : [];
  return names.filter((name) => PLAIN_NAME.test(name) && name.startsWith(word));
}
