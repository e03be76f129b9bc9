import { PortalGunError } from '../../base/errors.ts';
import { parseStationMac } from '../../pci/sriov/mac-address.ts';
import {
  NO_VLAN,
  VF_LINK_STATES,
  type VfLinkState,
  type VfRate,
  type VfVlan,
} from '../../pci/sriov/vf-settings.ts';
import type { VfWishes } from './vf-goal.ts';

const MAX_RATE = 0xffffffff;

/**
 * The names of the settings of a VF, as an option, as a key of `--vf` and in a policy, with their parsers. `subject`
 * is the subject of an error.
 *
 * @throws PortalGunError BAD_ARGUMENT
 */
export const VF_SETTING_TEXTS = {
  mac: (text, subject) => ({ mac: macOf(text, subject) }),
  vlan: (text, subject) => ({ vlan: vlanOf(text, subject) }),
  trust: (text, subject) => ({ trust: onOff(text, subject) }),
  'spoof-check': (text, subject) => ({ spoofCheck: onOff(text, subject) }),
  link: (text, subject) => ({ linkState: linkStateOf(text, subject) }),
  rate: (text, subject) => ({ rate: rateOf(text, subject) }),
} as const satisfies Record<string, (text: string, subject: string) => VfWishes>;

export type VfSettingKey = keyof typeof VF_SETTING_TEXTS;

/** The keys of {@link VF_SETTING_TEXTS}. */
export const VF_SETTING_KEYS = Object.keys(VF_SETTING_TEXTS) as readonly VfSettingKey[];

function macOf(text: string, subject: string): string {
  if (text === 'stable' || text === 'driver') return text;
  const read = parseStationMac(text);
  if ('mac' in read) return read.mac;
  throw badValue(subject, text, 'stable, driver, or the MAC of one station: 02:00:00:00:00:03');
}

/** `100`, `100/5` with a priority, `100/0/802.1ad` with a protocol; `none`. */
function vlanOf(text: string, subject: string): VfVlan {
  if (text === 'none' || text === '0') return NO_VLAN;
  const [, id, qos = '0', protocol = '802.1Q'] =
    /^(\d{1,4})(?:\/([0-7])(?:\/(802\.1(?:Q|ad)))?)?$/.exec(text) ?? [];
  if (id !== undefined && Number(id) >= 1 && Number(id) <= 4094) {
    return { id: Number(id), qos: Number(qos), protocol: protocol === '802.1ad' ? '802.1ad' : '802.1Q' };
  }
  throw badValue(subject, text, 'none, a VLAN from 1 to 4094, or one with a priority from 0 to 7: 100/5');
}

function onOff(text: string, subject: string): boolean {
  if (text === 'on' || text === 'off') return text === 'on';
  throw badValue(subject, text, 'on or off');
}

function linkStateOf(text: string, subject: string): VfLinkState {
  const state = VF_LINK_STATES.find((each) => each === text);
  if (state !== undefined) return state;
  throw badValue(subject, text, 'auto, enable or disable');
}

/** In Mbit/s: `1000`, `100-1000`, `none`. */
function rateOf(text: string, subject: string): VfRate {
  if (text === 'none') return { min: 0, max: 0 };
  const [, first = '', second] = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(text) ?? [];
  const [min, max] = second === undefined ? [0, Number(first)] : [Number(first), Number(second)];
  if (first !== '' && max <= MAX_RATE && min <= max) return { min, max };
  throw badValue(subject, text, 'none, the most in Mbit/s, or the least and the most: 100-1000');
}

/** An error that shows the given value and the accepted values. */
export function badValue(subject: string, given: string, expected: string): PortalGunError {
  return new PortalGunError('BAD_ARGUMENT', `invalid value "${given}"`, {
    subject,
    hint: `use ${expected}`,
  });
}
