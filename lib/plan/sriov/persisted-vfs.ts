import * as z from 'zod/mini';
import type { DeviceWith } from '../../pci/device.ts';
import type { TraitField } from '../../pci/device-traits.ts';
import { persistedDeviceForm, persistedDeviceOf } from '../../pci/persisted/persisted-device.ts';
import { isNoRate, isNoVlan, NO_MAC, VF_SETTINGS, type VfSettings } from '../../pci/sriov/vf-settings.ts';
import { parseRecord, type RecordForm, serializeRecord } from '../persistence/record.ts';
import type { VfsProposal } from './plan-vfs.ts';
import { wishesForm } from './setting-forms.ts';
import type { VfGoal, VfWishes } from './vf-goal.ts';
import { settingsOf } from './vfs-states.ts';

/** The path of the record of PFs that get VFs at each boot. */
export const VFS_PATH = '/etc/portal-gun/virtual-functions.json';

const pfForm = z
  .extend(persistedDeviceForm, {
    /** The number of VFs, at least one. */
    count: z.int().check(z.minimum(1), z.maximum(0xffff)),
    /** Whether the kernel probes for drivers for them; `null` if it has no such switch. */
    autoprobe: z.nullable(z.boolean()),
    /** Whether its interface must be up. */
    isUp: z.boolean(),
    /**
     * The settings of each VF, by its index; a MAC is an address, or `driver`. Empty for other cards than network
     * cards.
     */
    vfs: z.readonly(z.array(wishesForm)),
  })
  .check(z.refine(({ count, vfs }) => vfs.length <= count, { path: ['vfs'] }));

/** A PF that gets VFs at each boot. */
export type PersistedPf = Readonly<z.infer<typeof pfForm>>;

/** The requested state of a PF at each boot. */
export function goalOf({ count, autoprobe, isUp, vfs }: PersistedPf): VfGoal {
  return { count, autoprobe, isUp, all: {}, each: new Map(vfs.entries()) };
}

/**
 * The record of a PF, as it is after a proposal is applied.
 *
 * @param goal the request
 * @param kept its earlier record
 * @throws PortalGunError CANNOT_PERSIST if it could not be found again
 */
export function persistedPfOf(
  { state, to }: Pick<VfsProposal<DeviceWith<TraitField>, DeviceWith<never>>, 'state' | 'to'>,
  goal: VfGoal,
  kept: PersistedPf | null,
  devices: readonly DeviceWith<TraitField>[],
): PersistedPf {
  const known = Array.from({ length: state.link === null ? 0 : to.count }, (_, index): VfWishes => {
    const asked: VfWishes = { ...goal.all, ...goal.each.get(index) };
    const planned = to.vfs.find((vf) => vf.index === index)?.settings ?? {};
    const now = index < state.vfs.length ? { ...settingsOf(state, index), ...planned } : planned;
    return wishesOf(asked, now, kept?.vfs[index] ?? null);
  });
  return {
    ...persistedDeviceOf(state.pf, kept, devices),
    count: to.count,
    autoprobe: to.autoprobe,
    isUp: goal.isUp,
    vfs: known,
  };
}

/**
 * The settings of one VF at each boot: the requested ones, the recorded ones, and those that were set. Default values
 * are omitted, because many drivers refuse to set them.
 */
function wishesOf(asked: VfWishes, now: VfSettings, kept: VfWishes | null): VfWishes {
  const { mac: _, ...others } = asked;
  const wishes: VfWishes = { ...kept, ...now, ...others };
  const keys = VF_SETTINGS.filter(
    (key) => key !== 'mac' && (key in asked || (kept !== null && key in kept) || isMade(key, now)),
  );
  const mac = macOf(asked, now, kept);
  return {
    ...(mac === undefined ? {} : { mac }),
    ...Object.fromEntries(keys.map((key) => [key, wishes[key]])),
  };
}

function macOf({ mac: asked }: VfWishes, { mac }: VfSettings, kept: VfWishes | null): string | undefined {
  if (asked === 'driver' || (asked === undefined && kept?.mac === 'driver')) return 'driver';
  return mac === undefined || mac === NO_MAC ? kept?.mac : mac;
}

/** Whether a setting differs from the default of VFs. */
function isMade(key: (typeof VF_SETTINGS)[number], settings: VfSettings): boolean {
  const { vlan, trust, spoofCheck, linkState, rate } = settings;
  switch (key) {
    case 'vlan':
      return vlan !== undefined && !isNoVlan(vlan);
    case 'trust':
      return trust === true;
    case 'spoofCheck':
      return spoofCheck === false;
    case 'linkState':
      return linkState !== undefined && linkState !== 'auto';
    case 'rate':
      return rate !== undefined && !isNoRate(rate);
    default:
      return false;
  }
}

const FORM: RecordForm<PersistedPf> = {
  path: VFS_PATH,
  schema: 'portal-gun/virtual-functions/v1',
  entry: pfForm,
};

/**
 * The record, ordered by address; `null` if it is empty.
 *
 * @throws PortalGunError CANNOT_PERSIST if it would be too large to be read again
 */
export function serializeVfs(pfs: readonly PersistedPf[]): string | null {
  return serializeRecord(FORM, pfs);
}

/**
 * Parses the record; `null` is an empty one.
 *
 * @throws PortalGunError BAD_RECORD
 */
export function parseVfs(text: string | null): readonly PersistedPf[] {
  return parseRecord(FORM, text);
}
