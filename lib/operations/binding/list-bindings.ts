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

/** The bindings that are made at each boot, and their state now. */
export interface BindingsAnswer {
  readonly inventory: Inventory<DeviceWith<TraitField>>;
  readonly bindings: readonly BindingStatus<DeviceWith<TraitField>>[];
  /** What brings the bindings about at a boot and is out of date: paths of files, and the initial RAM disks. */
  readonly outdated: readonly string[];
  /** How the host starts, as far as bindings depend on it. */
  readonly boot: BootState;
  /** What is on a VFIO driver now and recorded for no boot; `null` for a captured host that holds no record. */
  readonly unrecorded: readonly BoundUntilReboot[] | null;
  /** Whether something is not as it was written down. */
  readonly isDrifted: boolean;
  /** The changes that were cut short, or await confirmation. */
  readonly recovery: PendingRecovery['changes'];
  /** What a person should know besides: sentences. */
  readonly notes: readonly string[];
}

/**
 * Lists the devices that are bound at each boot, each found again by what it is.
 *
 * @throws PortalGunError BAD_RECORD, PERMISSION_DENIED, CANNOT_PERSIST if the file of this program is gone, and what opening the host
 *   throws
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

/** What would be made anew if the same were to be persisted now. */
function outdatedParts(persistence: Persistence): readonly string[] {
  return planPersistence(persistence, persistence).flatMap(({ change }) => {
    if (change.kind === 'file') return [change.path];
    return change.kind === 'initramfs' && change.to !== STALE ? ['initial RAM disks'] : [];
  });
}
