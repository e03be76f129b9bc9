import { PortalGunError } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import type { HostReader } from '../../host/host-reader.ts';
import type { PciDevice } from '../../pci/device.ts';
import { isClaimed } from '../../pci/driver-claim.ts';
import { findPersisted, persistedFor } from '../../pci/persisted/find-persisted.ts';
import type { PersistedBinding } from '../../plan/binding/persisted-bindings.ts';
import type { PersistedRecords } from '../../plan/persistence/persistence-files.ts';
import { planPersistence } from '../../plan/persistence/plan-persistence.ts';
import type { Plan } from '../../plan/plan.ts';
import { readDriverClaims } from '../../sysfs/device/driver-claims.ts';
import type { HostSession } from '../session/host-session.ts';
import { type Persistence, readBindings, readPersistence } from './persistence.ts';

/** The part of a plan that changes the persisted records. */
export interface PersistPart {
  readonly before: Persistence;
  readonly after: PersistedRecords;
  /** A plan with the steps of this part after its own. */
  extend(plan: Plan): Plan;
  /**
   * Why no script can be written: a captured host does not contain the files that it would replace; `null` if one
   * can.
   */
  readonly scriptObstacle: PortalGunError | null;
}

/**
 * Plans the changes to persisted records.
 *
 * @param title of a plan that changes nothing else
 * @param change the new records, from the current ones
 * @throws PortalGunError BAD_RECORD, CANNOT_PERSIST, PERMISSION_DENIED
 */
export function planPersistPart(
  { host, ports }: HostSession,
  title: string,
  change: (records: PersistedRecords) => PersistedRecords,
): PersistPart {
  const before = readPersistence(host, ports.user);
  const after = change(before);
  const steps = planPersistence(after, before);
  return {
    before,
    after,
    extend: (plan) => ({
      ...plan,
      title: plan.steps.length === 0 ? title : plan.title,
      steps: [...plan.steps, ...steps],
    }),
    scriptObstacle: before.isGuess ? UNTOLD : null,
  };
}

const UNTOLD = new PortalGunError(
  'BAD_ARGUMENT',
  'a snapshot does not contain the persisted bindings and VFs',
  {
    subject: '--script',
    hint: 'run it on the host itself; --dry-run shows the plan',
  },
);

/** The devices that return to the host now, but are bound again at the next boot, by portal-gun or another program. */
export function persistedNotes(
  host: HostReader,
  freed: readonly PciDevice[],
  devices: readonly PciDevice[],
): readonly string[] {
  const bindings = readBindingsOrNone(host);
  const claims = knownValue(readDriverClaims(host)) ?? [];
  const claimed = freed.flatMap((device) =>
    claims
      .filter((claim) => isClaimed(claim, device))
      .map(({ driver, where, address }) => {
        const way =
          address === null || driver === 'pciback'
            ? ''
            : `; to stop that: driverctl unset-override ${address}`;
        return `${device.address} is bound to ${driver} again at the next boot, by ${where}${way}`;
      }),
  );
  const persisted = freed
    .flatMap((device) => {
      const binding = persistedFor(device, bindings, devices);
      return binding === null ? [] : [`${device.address} is bound to ${binding.driver}`];
    })
    .map((goes) => `${goes} again at the next boot; to stop that: pci unbind --persist`);
  return [...persisted, ...claimed];
}

/** The records that stay because they may not belong to the devices that return to the host. */
export function undecidedNotes(
  host: HostReader,
  freed: readonly PciDevice[],
  devices: readonly PciDevice[],
): readonly string[] {
  return readBindingsOrNone(host).flatMap((binding) => {
    const { kind, device } = findPersisted(binding, devices);
    if (kind !== 'unknown' || !freed.includes(device)) return [];
    const words = `the persisted binding of ${binding.address} may belong to ${device.address} and is kept: the identity of the device cannot be read on its current driver; check pci bindings after the change`;
    return [`${words}; to remove it: pci bindings --forget ${binding.address}`];
  });
}

/** The persisted bindings; none if the record is damaged, which must not prevent returning a device. */
export function readBindingsOrNone(host: HostReader): readonly PersistedBinding[] {
  try {
    return readBindings(host);
  } catch (error) {
    if (error instanceof PortalGunError) return [];
    throw error;
  }
}
