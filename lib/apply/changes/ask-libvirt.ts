import { PortalGunError } from '../../base/errors.ts';
import { Problem } from '../../base/problem.ts';
import type { Runner } from '../../host/runner.ts';
import { Virsh, type VirshAnswer } from '../../libvirt/virsh.ts';
import { fitsInScript } from '../../libvirt/virsh-script.ts';

import type { ChangeableHost } from '../changeable-host.ts';

/** Several commands for each VM use one libvirt, whose version is checked once. */
const GATEWAYS = new WeakMap<Runner, Map<string, Virsh>>();

/** Runs a function that may fail in any way without ending a plan in the middle: a failed step is undone. */
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
    return new Problem('LIBVIRT_FAILED', [thrown.subject ?? [], thrown.message].flat().join(': '));
  }
}

/** The result of a command, and the state after it. */
export interface Findings {
  /** Why the command failed; `null` if it succeeded, or if there was none. */
  readonly error: string | null;
  readonly found: VirshAnswer;
}

/**
 * Runs a command, if there is one, and another that reads the result: in the same process if virsh can read both as
 * lines.
 *
 * @param input the content of `/dev/stdin` for the first
 */
export async function runAndLook(
  virsh: Virsh,
  command: readonly string[] | null,
  look: readonly string[],
  input?: string,
): Promise<Findings> {
  // The metadata of a VM may contain other elements on separate lines.
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
