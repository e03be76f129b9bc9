import { PortalGunError } from '../../base/errors.ts';
import { BROKEN, DENIED, type Known, knownValue, UNREAD } from '../../base/known.ts';
import { count } from '../../base/text.ts';
import { type HostReader, isFailure } from '../../host/host-reader.ts';
import type { DeviceWith } from '../../pci/device.ts';
import {
  areOfOneKind,
  type DeviceKind,
  TRAIT_FIELDS,
  type TraitField,
  traitsOf,
} from '../../pci/device-traits.ts';
import { type DeviceMatch, findPersisted, persistedFor } from '../../pci/persisted/find-persisted.ts';
import { withPersistedVfs } from '../../plan/persistence/persisted-changes.ts';
import { type PersistedPf, persistedPfOf, VFS_PATH } from '../../plan/sriov/persisted-vfs.ts';
import type { VfsProposal } from '../../plan/sriov/plan-vfs.ts';
import type { PfState, VfGoal } from '../../plan/sriov/vf-goal.ts';
import { type VfsStatus, vfsStatus } from '../../plan/sriov/vfs-status.ts';
import { PROBING_FIELDS, readFunction } from '../../sysfs/device/read-inventory.ts';
import { readPersistedPfs } from '../binding/persistence.ts';

type TraitedProposal = VfsProposal<DeviceWith<TraitField>, DeviceWith<never>>;

/** An entry of the record, and the place of its PF. */
export interface FoundPf {
  readonly entry: PersistedPf;
  readonly whereabouts: DeviceMatch<DeviceWith<TraitField>>;
}

/**
 * The place of the PF of each entry, with only the facts that find it again. Only PFs are compared, because reading
 * marks takes long.
 */
export function findPfs(
  host: HostReader,
  entries: readonly PersistedPf[],
  devices: readonly DeviceWith<'sriov'>[],
): readonly FoundPf[] {
  if (entries.length === 0) return [];
  const pfs = pfsWithTraits(host, devices, entries);
  return entries.map((entry) => ({ entry, whereabouts: findPersisted(entry, pfs) }));
}

/** The PFs of a host. Marks are read only of PFs of the recorded kinds, because only these can match. */
export function pfsWithTraits(
  host: HostReader,
  devices: readonly DeviceWith<'sriov'>[],
  kinds: readonly DeviceKind[],
): readonly DeviceWith<TraitField>[] {
  return devices.flatMap(({ address, sriov }) => {
    if (knownValue(sriov)?.role !== 'pf') return [];
    const told = readFunction(host, address, TOLD_TRAITS);
    if (told === null) return [];
    const isOfKind = kinds.some((kind) => areOfOneKind(kind, traitsOf(told)));
    return isOfKind ? (readFunction(host, address, TRAIT_FIELDS) ?? []) : told;
  });
}

const TOLD_TRAITS = TRAIT_FIELDS.filter((field) => !PROBING_FIELDS.has(field));

/**
 * The record after a proposal is applied, if its state is persisted.
 *
 * @throws PortalGunError CANNOT_PERSIST
 */
export function persistVfs(
  host: HostReader,
  devices: readonly DeviceWith<'sriov'>[],
  proposal: TraitedProposal,
  goal: VfGoal,
  kept: readonly PersistedPf[],
): readonly PersistedPf[] {
  const { pf } = proposal.state;
  const { path } = traitsOf(pf);
  const atPlace = kept.filter((entry) => entry.path === path);
  const pfs = pfsWithTraits(host, devices, [traitsOf(pf), ...atPlace]);
  return withPersistedVfs(withTraits(proposal, pfs), goal, kept, pfs);
}

function withTraits(proposal: TraitedProposal, pfs: readonly DeviceWith<TraitField>[]): TraitedProposal {
  const { state } = proposal;
  const pf = pfs.find(({ address }) => address === state.pf.address) ?? state.pf;
  return { ...proposal, state: { ...state, pf } };
}

/** The entries of the record, or why it cannot be read: a damaged record must not prevent listing or setting VFs. */
function entriesOrProblem(host: HostReader): readonly PersistedPf[] | PortalGunError {
  try {
    return readPersistedPfs(host);
  } catch (error) {
    if (error instanceof PortalGunError) return error;
    throw error;
  }
}

/** The notes that the next boot restores another state of a PF than the proposed one. */
export function persistedVfsNotes(
  host: HostReader,
  devices: readonly DeviceWith<'sriov'>[],
  proposal: TraitedProposal,
  goal: VfGoal,
): readonly string[] {
  const entries = entriesOrProblem(host);
  if (entries instanceof PortalGunError || entries.length === 0) return [];
  const pfs = pfsWithTraits(host, devices, [traitsOf(proposal.state.pf)]);
  const traited = withTraits(proposal, pfs);
  const { pf } = traited.state;
  const entry = persistedFor(pf, entries, pfs);
  if (entry === null || isSame(entry, persistedPfOf(traited, goal, entry, pfs))) return [];
  return [
    `${pf.address} has ${count(entry.count, 'VF')} at the next boot, as persisted; to persist this change instead: --persist`,
  ];
}

function isSame(a: PersistedPf, b: PersistedPf): boolean {
  const [one, other] = [a, b].map(({ count: vfs, autoprobe, isUp, vfs: each }) =>
    JSON.stringify([vfs, autoprobe, isUp, each]),
  );
  return one === other;
}

/** The status of each PF against its record. */
export interface VfsStatuses {
  readonly of: (state: PfState) => Known<VfsStatus>;
  /** Whether a recorded PF was not found with certainty, or the record cannot be read. */
  readonly isLost: boolean;
  /** Why a status is unknown. */
  readonly notes: readonly string[];
}

/** Reads the record. */
export function readVfsStatuses(host: HostReader, devices: readonly DeviceWith<'sriov'>[]): VfsStatuses {
  const reading = host.readText(VFS_PATH);
  if (isFailure(reading) && reading.unknown === 'unread')
    return { of: () => UNREAD, isLost: false, notes: [] };
  const entries = entriesOrProblem(host);
  if (entries instanceof PortalGunError) {
    const unknown = entries.code === 'PERMISSION_DENIED' ? DENIED : BROKEN;
    return { of: () => unknown, isLost: true, notes: [`${entries.subject}: ${entries.message}`] };
  }
  const found = findPfs(host, entries, devices);
  const of = (state: PfState): Known<VfsStatus> => {
    const about = found.filter(({ whereabouts }) => whereabouts.device?.address === state.pf.address);
    const mine = about.find(({ whereabouts: { kind } }) => kind === 'here' || kind === 'moved');
    if (mine !== undefined) return vfsStatus(mine.entry, state);
    return about.some(({ whereabouts: { kind } }) => kind === 'unknown') ? DENIED : null;
  };
  const isLost = found.some(({ whereabouts: { kind } }) => kind !== 'here' && kind !== 'moved');
  return { of, isLost, notes: [] };
}
