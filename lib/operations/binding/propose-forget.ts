import { PortalGunError } from '../../base/errors.ts';
import { type PciAddress, parsePciAddress } from '../../pci/address.ts';
import type { DeviceField } from '../../pci/device.ts';
import { TRAIT_FIELDS } from '../../pci/device-traits.ts';
import type { PersistedRecords } from '../../plan/persistence/persistence-files.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import { type HostProposal, proposalOf } from '../change/host-proposal.ts';
import { readPendingRecovery } from '../change/pending-recovery.ts';
import type { HostSession } from '../session/host-session.ts';
import { PF_FIELDS } from '../sriov/pf-state.ts';
import { type PersistPart, planPersistPart } from './persist-part.ts';
import { readBindings, readPersistedPfs } from './persistence.ts';

/** The subject of a proposal to remove persisted bindings or VFs from the record. */
export interface ForgetSubject {
  readonly persistence: PersistPart;
}

interface Kind {
  readonly title: string;
  /** The error for an address without a record. */
  readonly unknown: string;
  readonly fields: readonly DeviceField[];
  without(records: PersistedRecords, addresses: readonly PciAddress[]): PersistedRecords;
}

/**
 * Proposes to remove persisted bindings by their recorded addresses, also of devices that no longer exist. The
 * devices do not change until the next boot.
 *
 * @throws PortalGunError DEVICE_NOT_FOUND for another address; BAD_RECORD, CANNOT_PERSIST, PERMISSION_DENIED, and the
 * errors of
 *   opening the host
 */
export async function proposeForgetBindings(
  session: HostSession,
  addresses: readonly string[],
): Promise<HostProposal<ForgetSubject>> {
  return proposeForget(session, addresses, readBindings(session.host), {
    title: 'Remove persisted bindings',
    unknown: 'no persisted binding for this address',
    fields: TRAIT_FIELDS,
    without: (records, forgotten) => ({ ...records, bindings: without(records.bindings, forgotten) }),
  });
}

/**
 * Proposes to remove PFs with persisted VFs, as {@link proposeForgetBindings} does for bindings.
 *
 * @throws PortalGunError as {@link proposeForgetBindings}
 */
export async function proposeForgetVfs(
  session: HostSession,
  addresses: readonly string[],
): Promise<HostProposal<ForgetSubject>> {
  return proposeForget(session, addresses, readPersistedPfs(session.host), {
    title: 'Remove persisted VFs',
    unknown: 'no persisted PF for this address',
    fields: PF_FIELDS,
    without: (records, forgotten) => ({ ...records, pfs: without(records.pfs, forgotten) }),
  });
}

async function proposeForget(
  session: HostSession,
  texts: readonly string[],
  entries: readonly { readonly address: PciAddress }[],
  { title, unknown, fields, without: strike }: Kind,
): Promise<HostProposal<ForgetSubject>> {
  const pending = await readPendingRecovery(session);
  const inventory = readInventory(session.host, session.names, fields);
  const known = entries.map(({ address }) => address);
  const addresses = texts.map((text) => {
    const address = parsePciAddress(text);
    if (address !== undefined && known.includes(address)) return address;
    throw new PortalGunError('DEVICE_NOT_FOUND', unknown, {
      subject: text,
      hint: known.length === 0 ? 'nothing is persisted' : `persisted: ${known.join(', ')}`,
    });
  });
  const persistence = planPersistPart(session, title, (records) => strike(records, addresses));
  return proposalOf({
    plan: persistence.extend({ title, guards: [], steps: [] }),
    findings: [],
    allowed: new Set(),
    subject: { persistence },
    inventory,
    notes: pending.notes,
    diagnostics: inventory.diagnostics,
    scriptObstacle: persistence.scriptObstacle,
  });
}

function without<Entry extends { readonly address: PciAddress }>(
  entries: readonly Entry[],
  addresses: readonly PciAddress[],
): readonly Entry[] {
  return entries.filter(({ address }) => !addresses.includes(address));
}
