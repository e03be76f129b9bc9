import { PortalGunError } from '../base/errors.ts';
import type { KnownMachine } from '../libvirt/read-machines.ts';
import { type RunningMachine, runningMachines } from '../plan/plan-attachment.ts';
import { type Arguments, type OptionDefinition, switchOf } from './command.ts';

/** What of machines is changed: their definitions, for their next start; what they have now, as they run; or both. */
export interface ChangeScope {
  readonly config: boolean;
  readonly live: boolean;
}

export const SCOPE_OPTIONS = {
  config: {
    describe: 'Change the definitions, which are in force from the next start on; the default',
    type: 'boolean',
  },
  live: {
    describe:
      'Change what machines that run have now; the definitions are left, unless --config is given too',
    type: 'boolean',
  },
} as const satisfies Record<string, OptionDefinition>;

export function scopeOf(args: Arguments): ChangeScope {
  const live = switchOf(args, 'live') === true;
  return { live, config: !live || switchOf(args, 'config') === true };
}

/** Machines that are meant: those that run, and those that nothing can be done to now. */
export interface LiveMachines {
  readonly running: readonly RunningMachine[];
  readonly skipped: readonly KnownMachine[];
}

export const NO_LIVE_MACHINES: LiveMachines = { running: [], skipped: [] };

export function liveMachinesOf(meant: readonly KnownMachine[]): LiveMachines {
  const running = runningMachines(meant);
  return { running, skipped: meant.filter((machine) => !running.some((each) => each === machine)) };
}

/**
 * Refuses to give devices to what runs where nothing does, and nothing else is to be done.
 *
 * @throws PortalGunError NOT_RUNNING
 */
export function demandRunning({ config }: ChangeScope, { running, skipped }: LiveMachines): void {
  if (config || running.length > 0) return;
  const [only] = skipped;
  if (only !== undefined && skipped.length === 1) {
    throw new PortalGunError('NOT_RUNNING', 'does not run', { subject: only.name });
  }
  throw new PortalGunError('NOT_RUNNING', `none of ${skipped.length} machines runs`, { subject: '--live' });
}
