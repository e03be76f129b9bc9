import { PortalGunError } from '../../base/errors.ts';
import type { Runner } from '../../host/runner.ts';
import { Virsh, type VirshAnswer } from '../../libvirt/virsh.ts';
import { fitsInScript } from '../../libvirt/virsh-script.ts';
import type { Problem } from '../change-maker.ts';
import type { ChangeableHost } from '../changeable-host.ts';

/** For a libvirt that is asked several times for each machine: its version is looked at once. */
const GATEWAYS = new WeakMap<Runner, Map<string, Virsh>>();

/** Does what may fail in whatever way without ending a plan in the middle: a step that fails is undone. */
export async function askLibvirt<T>(
  { runner }: ChangeableHost,
  uri: string,
  work: (virsh: Virsh) => Promise<T | Problem>,
): Promise<T | Problem> {
  const known = GATEWAYS.get(runner) ?? new Map<string, Virsh>();
  const gateway = known.get(uri) ?? new Virsh(runner, uri);
  GATEWAYS.set(runner, known.set(uri, gateway));
  try {
    return await work(gateway);
  } catch (thrown) {
    if (!(thrown instanceof PortalGunError)) throw thrown;
    return [thrown.subject ?? [], thrown.message].flat().join(': ');
  }
}

/** What came of a command, and what was found after it. */
export interface Findings {
  /** Why the command failed; `null` where it did not, or there was none. */
  readonly error: string | null;
  readonly found: VirshAnswer;
}

/**
 * Runs a command, if there is one, and another that looks what came of it: in the same process if virsh can read both as lines.
 *
 * @param input what the first can read as `/dev/stdin`
 */
export async function runAndLook(
  virsh: Virsh,
  command: readonly string[] | null,
  look: readonly string[],
  input?: string,
): Promise<Findings> {
  // What other elements are in the metadata of a machine stands on lines of its own.
  if (command !== null && input === undefined && !fitsInScript(command)) {
    const { error } = await virsh.run(command);
    return { error, found: lastOf(await virsh.runAll([look])) };
  }
  const commands = command === null ? [look] : [command, look];
  const answers = await virsh.runAll(commands, input === undefined ? {} : { input });
  return { error: command === null ? null : (answers[0]?.error ?? null), found: lastOf(answers) };
}

function lastOf(answers: readonly VirshAnswer[]): VirshAnswer {
  const last = answers.at(-1);
  if (last === undefined) throw new RangeError('a command without an answer');
  return last;
}
