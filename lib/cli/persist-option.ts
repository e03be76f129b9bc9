import { PortalGunError } from '../base/errors.ts';
import { knownValue } from '../base/known.ts';
import { escapeControls } from '../base/text.ts';
import type { PersistenceFacts } from '../documents/changes/plan.ts';
import type { HostReader } from '../host/host-reader.ts';
import type { PciDevice } from '../pci/device.ts';
import { isClaimed } from '../pci/driver-claim.ts';
import { findPersisted, persistedFor } from '../pci/persisted/find-persisted.ts';
import type { PersistedBinding } from '../plan/binding/persisted-bindings.ts';
import type { PersistedRecords } from '../plan/persistence/persistence-files.ts';
import { planPersistence } from '../plan/persistence/plan-persistence.ts';
import type { Plan } from '../plan/plan.ts';
import { renderPersistence } from '../render/change/persistence-text.ts';
import { persistenceDetails } from '../render/change/plan-document.ts';
import { readDriverClaims } from '../sysfs/device/driver-claims.ts';
import { readBindings, readPersistence } from './persistence.ts';

/** What `--persist` makes of a proposal. */
export interface PersistPart {
  /** A plan with the steps that make it outlive a boot, after its own. */
  extend(plan: Plan): Plan;
  readonly overview: (width: number | null) => string;
  readonly details: PersistenceFacts;
}

/**
 * The part of a proposal that changes what outlives a boot.
 *
 * @param change what is to outlive each boot, by what does now
 * @param title of a plan that changes nothing else
 * @param isScript whether it is to be a script, which would replace whatever is there
 * @throws PortalGunError BAD_ARGUMENT, BAD_RECORD, CANNOT_PERSIST, PERMISSION_DENIED
 */
export function persistPart(
  host: HostReader,
  title: string,
  isScript: boolean,
  change: (records: PersistedRecords) => PersistedRecords,
): PersistPart {
  const persistence = readPersistence(host);
  if (persistence.isGuess && isScript) {
    throw new PortalGunError('BAD_ARGUMENT', 'a snapshot does not hold what outlives a boot', {
      subject: '--script',
      hint: 'have the script written on the host itself; --dry-run shows the plan',
    });
  }
  const after = change(persistence);
  const steps = planPersistence(after, persistence);
  return {
    extend: (plan) => ({
      ...plan,
      title: plan.steps.length === 0 ? title : plan.title,
      steps: [...plan.steps, ...steps],
    }),
    overview: (width) => renderPersistence(persistence, after, width),
    details: persistenceDetails(persistence, after),
  };
}

/** For standard error: which devices that go back to the host now are bound again at the next boot, by us or by another. */
export function persistedRemark(
  host: HostReader,
  freed: readonly PciDevice[],
  devices: readonly PciDevice[],
): string {
  const bindings = readBindingsOrNone(host);
  const claims = knownValue(readDriverClaims(host)) ?? [];
  const claimed = freed.flatMap((device) =>
    claims
      .filter((claim) => isClaimed(claim, device))
      .map(({ driver, where, address }) => {
        const way =
          address === null || driver === 'pciback' ? '' : `; driverctl unset-override ${address} ends that`;
        return `pci: note: ${escapeControls(`${device.address} goes to ${driver} again at the next boot, by ${where}${way}`)}\n`;
      }),
  );
  const persisted = freed
    .flatMap((device) => {
      const binding = persistedFor(device, bindings, devices);
      return binding === null ? [] : [`${device.address} goes to ${binding.driver}`];
    })
    .map(
      (goes) => `pci: note: ${escapeControls(goes)} again at the next boot; pci unbind --persist ends that\n`,
    )
    .join('');
  return persisted + claimed.join('');
}

/** For standard error: which records stay because it is not known whether they are of devices that go back to the host. */
export function undecidedRemark(
  host: HostReader,
  freed: readonly PciDevice[],
  devices: readonly PciDevice[],
): string {
  return readBindingsOrNone(host)
    .flatMap((binding) => {
      const { kind, device } = findPersisted(binding, devices);
      if (kind !== 'unknown' || !freed.includes(device)) return [];
      const words = `the binding that is recorded for ${binding.address} may be of ${device.address}, and stays: what tells it from others of its kind cannot be read on its driver; see pci bindings once it is back`;
      return [`pci: note: ${escapeControls(words)}; pci bindings --forget ${binding.address} removes it\n`];
    })
    .join('');
}

/** What is bound at each boot; nothing if the record is damaged, which stops nobody from taking a device back. */
export function readBindingsOrNone(host: HostReader): readonly PersistedBinding[] {
  try {
    return readBindings(host);
  } catch (error) {
    if (error instanceof PortalGunError) return [];
    throw error;
  }
}
