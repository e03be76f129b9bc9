import { knownValue } from '../../base/known.ts';
import type { HostFacts, MachineModule } from '../../facts/host-facts.ts';
import type { Fix } from './fix.ts';
import { fixRemedy } from './remedies.ts';
import type { Violation } from './verdict.ts';

/**
 * What to do where a module is not loaded that has to be. We load it where the kernel has it, and nobody keeps it from being
 * loaded: what somebody wrote for that is not ours to take away.
 */
export function loadingOf(module: MachineModule, facts: HostFacts): Pick<Violation, 'remedy' | 'fix'> {
  const { isLoaded, supply, blocks } = facts.modules[module];
  const kept = knownValue(blocks) ?? [];
  if (kept.length > 0) return { remedy: `remove it, and modprobe ${module}: ${kept.join('; ')}` };
  const fix: Fix = { kind: 'load-module', module };
  const canLoad = isLoaded === false && supply === 'loadable';
  return { remedy: fixRemedy(fix, facts), ...(canLoad ? { fix } : {}) };
}
