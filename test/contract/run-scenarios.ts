import { bindingScenarios } from './scenarios/binding.ts';
import { overrideScenarios } from './scenarios/driver-override.ts';
import { hotplugScenarios } from './scenarios/hotplug.ts';
import { inUseScenarios } from './scenarios/in-use.ts';
import { resetScenarios } from './scenarios/reset.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { sriovScenarios } from './scenarios/sriov.ts';
import { wrongInputScenarios } from './scenarios/wrong-inputs.ts';
import { type Cast, Stage, type Step, type Surroundings } from './stage.ts';

/** What a scenario did and saw, step by step, and what of it was not as the scenario expects. */
export interface Transcript {
  readonly scenario: string;
  readonly steps: readonly Step[];
  readonly unmet: readonly string[];
}

/** A transcript with the release of the kernel that it is of. */
export interface KernelTranscript extends Transcript {
  readonly kernel: string;
}

/** What `live-main.ts` prints: a transcript a line. */
export function parseTranscripts(text: string): readonly KernelTranscript[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as KernelTranscript);
}

/** Every scenario, for whatever host. */
export const SCENARIOS: readonly Scenario[] = [
  ...bindingScenarios,
  ...overrideScenarios,
  ...sriovScenarios,
  ...inUseScenarios,
  ...hotplugScenarios,
  ...resetScenarios,
  ...wrongInputScenarios,
];

/** Plays scenarios one after another; `prepare` gives each a host as it was at first. */
export async function runScenarios(
  scenarios: readonly Scenario[],
  cast: Cast,
  prepare: () => Promise<Surroundings>,
): Promise<readonly Transcript[]> {
  const transcripts: Transcript[] = [];
  for (const { name, play } of scenarios) {
    const stage = new Stage(await prepare(), cast);
    try {
      await play(stage);
    } finally {
      await stage.end();
    }
    transcripts.push({ scenario: name, steps: stage.steps, unmet: stage.unmet });
  }
  return transcripts;
}
