import { knownValue } from '../../base/known.ts';
import type { HostFacts, MachineModule } from '../../facts/host-facts.ts';
import type { Fix } from './fix.ts';
import { fixRemedy } from './remedies.ts';
import type { Violation } from './verdict.ts';

/**
 * The remedy for a module that must be loaded. It is automatic if the kernel has the module, and no setting prevents
 * loading it: portal-gun does not remove the settings of a user.
 */
export function loadingOf(module: MachineModule, facts: HostFacts): Pick<Violation, 'remedy' | 'fix'> {
  const { isLoaded, supply, blocks } = facts.modules[module];
  const kept = knownValue(blocks) ?? [];
  if (kept.length > 0) return { remedy: `remove it, and modprobe ${module}: ${kept.join('; ')}` };
  const fix: Fix = { kind: 'load-module', module };
  const canLoad = isLoaded === false && supply === 'loadable';
  return { remedy: fixRemedy(fix, facts), ...(canLoad ? { fix } : {}) };
}
