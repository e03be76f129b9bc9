import type { KernelTranscript, Transcript } from './run-scenarios.ts';

/** What to do about a difference. */
export const NEW_IN_KERNEL =
  'These answers of the kernel are not known. If its change log has the reason, add that to lib/simulation/kernel-changes.ts; otherwise the simulated host is wrong';

/** Each step that a kernel and the simulated host do not agree on, in words; of scenarios that both played. */
export function kernelDifferences(
  real: readonly KernelTranscript[],
  simulated: readonly Transcript[],
): readonly string[] {
  return real.flatMap(({ kernel, scenario, steps }) => {
    const other = simulated.find((each) => each.scenario === scenario)?.steps ?? [];
    return [...Array(Math.max(steps.length, other.length)).keys()].flatMap((index) => {
      const [ours, theirs] = [other[index], steps[index]].map((step) => JSON.stringify(step ?? null));
      return ours === theirs
        ? []
        : [`Linux ${kernel}: ${scenario}, step ${index + 1}: ${theirs}; simulated: ${ours}`];
    });
  });
}
