import type { Fix } from '../../lib/checks/validation/fix.ts';
import { type FixState, planFixes } from '../../lib/plan/fixes/plan-fixes.ts';
import type { Plan } from '../../lib/plan/plan.ts';
import { isModuleLoaded } from '../../lib/sysfs/device/driver-state.ts';
import { FIX_PATHS } from '../../lib/sysfs/paths.ts';
import type { SimulatedMachine } from './simulated-changes.ts';

/** The state of a simulated machine for planning fixes. */
function fixState({ files, reader }: SimulatedMachine): FixState {
  const textOf = (path: string) => files.files.get(path) ?? null;
  return {
    textOf,
    bootLoader: textOf(FIX_PATHS.bootLoaderState)?.trim() ?? null,
    isLoaded: (module) => isModuleLoaded(reader, module),
    persistence: [],
  };
}

/** A plan with fixes on a simulated machine. */
export function fixPlanFor(machine: SimulatedMachine, ...fixes: readonly Fix[]): Plan {
  const steps = planFixes(fixes, fixState(machine));
  return { title: 'mend', guards: [], steps: steps.map(({ words, change }) => ({ words, change })) };
}
