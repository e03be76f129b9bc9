import type { Problem } from '../base/problem.ts';
import type { HostReader } from '../host/host-reader.ts';
import type { Direction } from '../plan/change-kind.ts';
import { kindOf } from '../plan/change-kinds.ts';
import type { Guard } from '../plan/guard.ts';
import type { Plan, Step } from '../plan/plan.ts';
import { isOnBus } from '../sysfs/device/driver-state.ts';

import { checkGuard } from './check-guard.ts';

/** Why a step must not be made, or undone: a function that it depends on is not the planned one. */
export function guardProblem(
  plan: Plan,
  step: Step,
  direction: Direction,
  reader: HostReader,
): Problem | null {
  const own = kindOf(step.change).functions(step.change, direction);
  for (const guard of guardsOf(plan, step, direction)) {
    const problem = checkGuard(reader, guard);
    if (problem === null || wasRemoved(plan, step, guard, reader)) continue;
    const isNamed = own?.length === 1 && own[0] === guard.address;
    return isNamed ? problem : problem.of(guard.address);
  }
  return null;
}

/** In the forward direction, guards without a step are conditions of the whole plan. */
function guardsOf({ guards, steps }: Plan, step: Step, direction: Direction): readonly Guard[] {
  const own = kindOf(step.change).functions(step.change, direction);
  if (own === null) return guards;
  const all = new Set(steps.flatMap(({ change }) => kindOf(change).functions(change, 'to') ?? []));
  return guards.filter(({ address }) => own.includes(address) || (direction === 'to' && !all.has(address)));
}

/** Whether the plan itself may have removed a VF before a step that names no function. */
function wasRemoved({ steps }: Plan, step: Step, { address }: Guard, reader: HostReader): boolean {
  if (kindOf(step.change).functions(step.change, 'to') !== null || isOnBus(reader, address)) return false;
  return steps.slice(0, steps.indexOf(step)).some(({ change }) => kindOf(change).removesFunctions);
}
