import { PortalGunError } from '../base/errors.ts';
import { escapeControls } from '../base/text.ts';
import type { HostReader } from '../host/host-reader.ts';
import type { PciDevice } from '../pci/device.ts';
import { bindingFor } from '../plan/find-binding.ts';
import type { PersistedBinding } from '../plan/persisted-bindings.ts';
import type { Plan } from '../plan/plan.ts';
import { planPersistence } from '../plan/plan-persistence.ts';
import { renderPersistence } from '../render/persistence-text.ts';
import { persistenceDetails } from '../render/plan-document.ts';
import { readPersistence } from './persistence.ts';

/** What `--persist` makes of a proposal. */
export interface PersistPart {
  /** A plan with the steps that make it outlive a boot, after its own. */
  extend(plan: Plan): Plan;
  readonly overview: (width: number | null) => string;
  readonly details: object;
}

/**
 * The part of a proposal that changes what is bound at each boot.
 *
 * @param change what is to be bound at each boot, by what is bound at each now
 * @param title of a plan that changes nothing else
 * @param isScript whether it is to be a script, which would replace whatever is there
 * @throws PortalGunError BAD_ARGUMENT, BAD_RECORD, CANNOT_PERSIST, PERMISSION_DENIED
 */
export function persistPart(
  host: HostReader,
  title: string,
  isScript: boolean,
  change: (bindings: readonly PersistedBinding[]) => readonly PersistedBinding[],
): PersistPart {
  const persistence = readPersistence(host);
  if (persistence.isGuess && isScript) {
    throw new PortalGunError('BAD_ARGUMENT', 'a snapshot does not hold what is bound at each boot', {
      subject: '--script',
      hint: 'have the script written on the host itself; --dry-run shows the plan',
    });
  }
  const after = change(persistence.bindings);
  const steps = planPersistence(after, persistence);
  return {
    extend: (plan) => ({
      ...plan,
      title: plan.steps.length === 0 ? title : plan.title,
      steps: [...plan.steps, ...steps],
    }),
    overview: (width) => renderPersistence(persistence, after, width),
    details: persistenceDetails(persistence.bindings, after),
  };
}

/** For standard error: which devices that go back to the host now are bound again at the next boot. */
export function persistedRemark(
  host: HostReader,
  freed: readonly PciDevice[],
  devices: readonly PciDevice[],
): string {
  const { bindings } = readOrNothing(host);
  return freed
    .map((device) => bindingFor(device, bindings, devices))
    .filter((binding) => binding !== null)
    .map(
      ({ address, driver }) =>
        `pci: note: ${escapeControls(`${address} goes to ${driver}`)} again at the next boot; pci unbind --persist ends that\n`,
    )
    .join('');
}

/** A damaged record stops nobody from taking a device back. */
function readOrNothing(host: HostReader): { readonly bindings: readonly PersistedBinding[] } {
  try {
    return readPersistence(host);
  } catch (error) {
    if (error instanceof PortalGunError) return { bindings: [] };
    throw error;
  }
}
