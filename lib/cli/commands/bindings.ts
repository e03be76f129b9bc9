import { EXIT, PortalGunError } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import { livePorts } from '../../host/live/live-ports.ts';
import { type Persistence, readBindings, readPersistence } from '../../operations/binding/persistence.ts';
import { readPendingRecovery } from '../../operations/change/pending-recovery.ts';
import type { DeviceField } from '../../pci/device.ts';
import { TRAIT_FIELDS } from '../../pci/device-traits.ts';
import { bindingStatus } from '../../plan/binding/binding-status.ts';
import { boundUntilReboot } from '../../plan/binding/bound-until-reboot.ts';
import { STALE } from '../../plan/change-states.ts';
import { planPersistence } from '../../plan/persistence/plan-persistence.ts';
import { renderBindings } from '../../render/change/persistence-text.ts';
import { bindingsDocument, formatDocument } from '../../render/documents.ts';
import { readDriverClaims } from '../../sysfs/device/driver-claims.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import { forgetEntries, forgottenOf } from '../forget-entries.ts';
import type { CommandResult } from '../grammar/command.ts';
import type { PersistedHost, PersistedValues } from '../persisted-host.ts';
import { hostOf, namesOf, noteLines, remarks, sessionOf } from '../reading-options.ts';
import { RESTORE_FIELDS, restoreBindings } from '../restore-bindings.ts';
import type { Dialogue } from '../terminal/dialogue.ts';
import type { Terminal } from '../terminal/terminal.ts';

interface BindingsValues extends PersistedValues {
  readonly restore: boolean;
}

/** `pci bindings`: what is bound at each boot, and whether it is so now; puts it in force, or strikes it out. */
export async function runBindings(
  args: BindingsValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const restores = args.restore;
  const forgets = forgottenOf(args).length > 0;
  if (restores && forgets) {
    throw new PortalGunError('BAD_ARGUMENT', 'does not go with --forget', { subject: '--restore' });
  }
  const host = hostOf(args);
  const names = namesOf(args);
  const bindings = readBindings(host);
  const pending = await readPendingRecovery(sessionOf(args));
  const read = (fields: readonly DeviceField[]): PersistedHost => {
    const inventory = readInventory(host, names, fields);
    return {
      ...{ args, terminal, dialogue, host, inventory, pending },
      statuses: bindings.map((binding) => bindingStatus(binding, inventory.devices)),
      remarks: remarks(args, names, host, inventory.diagnostics) + noteLines(pending.notes),
    };
  };
  const persisted = read(TRAIT_FIELDS);
  if (restores) {
    // At most boots nothing is left to do, and libvirt waits for it: what only a change needs is read for a change alone.
    const isInForce = persisted.statuses.every(({ state }) => state === 'in-force');
    return restoreBindings(isInForce ? persisted : read(RESTORE_FIELDS));
  }
  const known = bindings.map(({ address }) => address);
  return forgets ? forgetEntries('bindings', known, persisted) : list(persisted);
}

function list({
  args,
  terminal,
  host,
  inventory,
  statuses,
  pending,
  remarks: stderr,
}: PersistedHost): CommandResult {
  const persistence = readPersistence(host, livePorts().user);
  const outdated = outdatedParts(persistence);
  const { boot, isGuess } = persistence;
  // What is recorded is not in a captured host.
  const unrecorded = isGuess
    ? null
    : boundUntilReboot(statuses, inventory.devices, knownValue(readDriverClaims(host)) ?? []);
  const isDrifted = outdated.length > 0 || statuses.some(({ state }) => state !== 'in-force');
  return {
    exitCode: args.check && isDrifted ? EXIT.findings : EXIT.ok,
    stdout: args.json
      ? formatDocument(bindingsDocument(inventory, statuses, outdated, boot, pending.changes, unrecorded))
      : renderBindings(statuses, outdated, boot, unrecorded ?? [], terminal.width, terminal.style),
    stderr,
  };
}

/** What would be made anew if the same were to be persisted now. */
function outdatedParts(persistence: Persistence): readonly string[] {
  return planPersistence(persistence, persistence).flatMap(({ change }) => {
    if (change.kind === 'file') return [change.path];
    return change.kind === 'initramfs' && change.to !== STALE ? ['initial RAM disks'] : [];
  });
}
