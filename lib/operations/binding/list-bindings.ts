import { knownValue } from '../../base/known.ts';
import type { DeviceWith } from '../../pci/device.ts';
import { TRAIT_FIELDS, type TraitField } from '../../pci/device-traits.ts';
import type { Inventory } from '../../pci/inventory.ts';
import { type BindingStatus, bindingStatus } from '../../plan/binding/binding-status.ts';
import { type BoundUntilReboot, boundUntilReboot } from '../../plan/binding/bound-until-reboot.ts';
import { STALE } from '../../plan/change-states.ts';
import type { BootState } from '../../plan/persistence/persistence-files.ts';
import { planPersistence } from '../../plan/persistence/plan-persistence.ts';
import { readDriverClaims } from '../../sysfs/device/driver-claims.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import { type PendingRecovery, readPendingRecovery } from '../change/pending-recovery.ts';
import type { HostSession } from '../session/host-session.ts';
import { type Persistence, readBindings, readPersistence } from './persistence.ts';

/** The persisted bindings, and their current state. */
export interface BindingsAnswer {
  readonly inventory: Inventory<DeviceWith<TraitField>>;
  readonly bindings: readonly BindingStatus<DeviceWith<TraitField>>[];
  /** The outdated parts for restoring bindings at a boot: paths of files, and the initramfs. */
  readonly outdated: readonly string[];
  /** The facts about the boot of the host for bindings. */
  readonly boot: BootState;
  /** The devices that are on a VFIO driver now without a record; `null` for a captured host without records. */
  readonly unrecorded: readonly BoundUntilReboot[] | null;
  /** Whether a device differs from its record. */
  readonly isDrifted: boolean;
  /** The changes that were interrupted, or await confirmation. */
  readonly recovery: PendingRecovery['changes'];
  /** Further notes for the user: sentences. */
  readonly notes: readonly string[];
}

/**
 * Lists the devices that are bound at each boot, each found by its identity.
 *
 * @throws PortalGunError BAD_RECORD, PERMISSION_DENIED, CANNOT_PERSIST if the file of this program no longer exists,
 * and the errors of
 *   opening the host
 */
export async function listBindings(session: HostSession): Promise<BindingsAnswer> {
  const { host, ports } = session;
  const recorded = readBindings(host);
  const pending = await readPendingRecovery(session);
  const inventory = readInventory(host, session.names, TRAIT_FIELDS);
  const bindings = recorded.map((binding) => bindingStatus(binding, inventory.devices));
  const persistence = readPersistence(host, ports.user);
  const outdated = outdatedParts(persistence);
  const { boot, isGuess } = persistence;
  return {
    inventory,
    bindings,
    outdated,
    boot,
    unrecorded: isGuess
      ? null
      : boundUntilReboot(bindings, inventory.devices, knownValue(readDriverClaims(host)) ?? []),
    isDrifted: outdated.length > 0 || bindings.some(({ state }) => state !== 'in-force'),
    recovery: pending.changes,
    notes: pending.notes,
  };
}

/** The parts that would be written if the same bindings were persisted now. */
function outdatedParts(persistence: Persistence): readonly string[] {
  return planPersistence(persistence, persistence).flatMap(({ change }) => {
    if (change.kind === 'file') return [change.path];
    return change.kind === 'initramfs' && change.to !== STALE ? ['initramfs'] : [];
  });
}
