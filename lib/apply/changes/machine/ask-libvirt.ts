import { PortalGunError } from '../../../base/errors.ts';
import { Problem } from '../../../base/problem.ts';
import type { Runner } from '../../../host/runner.ts';
import { KeptVirsh } from '../../../libvirt/kept-virsh.ts';
import type { VirshAnswer } from '../../../libvirt/virsh.ts';
import type { ChangeableHost } from '../../changeable-host.ts';

/** The libvirts of the runner of a plan, which keeps a program open until the plan ends, by URI. */
const GATEWAYS = new WeakMap<Runner, Map<string, KeptVirsh>>();

/** Runs a function that may fail in any way without ending a plan in the middle: a failed step is undone. */
export async function askLibvirt<T>(
  { runner }: ChangeableHost,
  uri: string,
  work: (virsh: KeptVirsh) => Promise<T | Problem>,
): Promise<T | Problem> {
  const known = GATEWAYS.get(runner) ?? new Map<string, KeptVirsh>();
  const gateway = known.get(uri) ?? new KeptVirsh(runner, uri);
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
 * Runs a command, if there is one, and then another that shows its result.
 *
 * @param input what the first can read as the `inputFile` of a {@link KeptVirsh}
 */
export async function runAndLook(
  virsh: KeptVirsh,
  command: readonly string[] | null,
  look: readonly string[],
  input?: string,
): Promise<Findings> {
  const answers = await virsh.runAll(command === null ? [look] : [command, look], input);
  return { error: command === null ? null : (answers[0]?.error ?? null), found: lastOf(answers) };
}

/**
 * Runs one command.
 *
 * @param moreMs how much longer than usual it may take
 */
export async function runOne(
  virsh: KeptVirsh,
  command: readonly string[],
  input?: string,
  moreMs = 0,
): Promise<VirshAnswer> {
  return lastOf(await virsh.runAll([command], input, moreMs));
}

function lastOf(answers: readonly VirshAnswer[]): VirshAnswer {
  const last = answers.at(-1);
  if (last === undefined) throw new RangeError('a command without an answer');
  return last;
}
