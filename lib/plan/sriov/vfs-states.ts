import { PortalGunError } from '../../base/errors.ts';
import { isUnknown } from '../../base/known.ts';
import type { DeviceWith } from '../../pci/device.ts';
import { stableMac } from '../../pci/sriov/stable-mac.ts';
import { isNoRate, isNoVlan, missingSettings, NO_MAC, type VfSettings } from '../../pci/sriov/vf-settings.ts';
import { isPassthroughDriver } from '../../pci/vfio-state.ts';
import { driverStateOf } from '../binding/binding.ts';
import { DEFAULT_DRIVER, type DriverState, type VfState } from '../change-states.ts';
import type { PfState, VfGoal } from './vf-goal.ts';

/** A PF with what is needed of its VFs. */
type VfsHolder = PfState<DeviceWith<never>, DeviceWith<'driver' | 'driverOverride'>>;

/** VFs as they are, and as they shall be. */
interface VfStates {
  readonly from: readonly VfState[];
  readonly to: readonly VfState[];
}

/** The VFs before and after all of them went: those that stay with what they had. */
export function remadeVfs(state: VfsHolder, goal: VfGoal, after: number): VfStates {
  const from = state.vfs.map((vf, index): VfState => {
    return { index, settings: worthKeeping(settingsOf(state, index)), driver: driverStateOf(vf) };
  });
  const to = Array.from({ length: after }, (_, index): VfState => {
    const kept = from[index];
    return {
      index,
      settings: withWishes(state, goal, index, kept?.settings ?? {}),
      driver: kept === undefined ? ANY : remadeDriver(kept.driver),
    };
  });
  const isPlain = to.every(({ settings, driver }) => Object.keys(settings).length === 0 && driver === ANY);
  return { from, to: isPlain ? [] : to };
}

/**
 * What a VF does not come with by itself. The rest is no setting that was made, and many a driver takes none of the kind; no
 * MAC may by then be one that the VF's driver made up.
 */
function worthKeeping({ mac, vlan, trust, spoofCheck, linkState, rate }: VfSettings): VfSettings {
  return {
    ...(mac === undefined || mac === NO_MAC ? {} : { mac }),
    ...(vlan === undefined || isNoVlan(vlan) ? {} : { vlan }),
    ...(trust === undefined ? {} : { trust }),
    ...(spoofCheck === undefined ? {} : { spoofCheck }),
    ...(linkState === undefined || linkState === 'auto' ? {} : { linkState }),
    ...(rate === undefined || isNoRate(rate) ? {} : { rate }),
  };
}

const ANY: DriverState = { driver: DEFAULT_DRIVER, override: null };

/** What hands a VF to a VM was chosen for it; of another the kernel, and so autoprobe, decides. */
function remadeDriver(state: DriverState): DriverState {
  return state.override !== null || isPassthroughDriver(state.driver ?? '') ? state : ANY;
}

/** Those VFs of which something changes while they stay, with that alone. */
export function changedVfs(state: VfsHolder, goal: VfGoal): VfStates {
  const pairs = state.vfs.flatMap((vf, index) => {
    const actual = settingsOf(state, index);
    const settings = missingSettings(wishedSettings(state, goal, index), actual);
    const keys = Object.keys(settings) as (keyof VfSettings)[];
    if (keys.length === 0) return [];
    const driver = driverStateOf(vf);
    const earlier: VfSettings = Object.fromEntries(
      keys.filter((key) => actual[key] !== undefined).map((key) => [key, actual[key]]),
    );
    return [{ from: { index, settings: earlier, driver }, to: { index, settings, driver } }];
  });
  return { from: pairs.map((pair) => pair.from), to: pairs.map((pair) => pair.to) };
}

/** What a VF is set to, as far as it is known. */
export function settingsOf({ link }: Pick<PfState, 'link'>, index: number): VfSettings {
  return link === null || isUnknown(link.vfs) ? {} : (link.vfs.get(index) ?? {});
}

function wishedSettings(state: VfsHolder, goal: VfGoal, index: number): VfSettings {
  const { mac, ...others } = { ...goal.all, ...goal.each.get(index) };
  if (mac === undefined || mac === 'driver') return others;
  return { mac: mac === 'stable' ? stableMacOf(state, index) : mac, ...others };
}

/** What a VF that is made anew is set to: as it was, but for what is asked. */
function withWishes(state: VfsHolder, goal: VfGoal, index: number, kept: VfSettings): VfSettings {
  const { mac: keptMac, ...others } = kept;
  const { mac: wished } = { ...goal.all, ...goal.each.get(index) };
  const settings = { ...others, ...wishedSettings(state, goal, index) };
  if (wished !== undefined || state.link === null) return settings;
  if (keptMac !== undefined) return { mac: keptMac, ...settings };
  return state.card === null ? settings : { mac: stableMacOf(state, index), ...settings };
}

/** @throws PortalGunError BAD_ARGUMENT where there is nothing to make it of */
export function stableMacOf({ pf, card }: Pick<VfsHolder, 'pf' | 'card'>, index: number): string {
  if (card !== null) return stableMac(card, index);
  throw new PortalGunError('BAD_ARGUMENT', 'has neither a MAC nor a serial number to make stable MACs of', {
    subject: pf.address,
    hint: 'give each VF one: --vf 0:mac=…',
  });
}
