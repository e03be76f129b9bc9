import { PortalGunError } from '../base/errors.ts';
import { suggest } from '../base/text.ts';
import { NO_VLAN, VF_LINK_STATES, type VfLinkState, type VfRate, type VfVlan } from '../pci/vf-settings.ts';
import type { VfGoal, VfWishes } from '../plan/vf-goal.ts';
import { type Arguments, stringOf, stringsOf, switchOf } from './command.ts';

const MAX_VFS = 65535;
const MAX_RATE = 0xffffffff;

/** What a setting is called on the command line, as an option and as a key of `--vf`, and how its value is read. */
const SETTINGS: Readonly<Record<string, (text: string, subject: string) => VfWishes>> = {
  mac: (text, subject) => ({ mac: macOf(text, subject) }),
  vlan: (text, subject) => ({ vlan: vlanOf(text, subject) }),
  trust: (text, subject) => ({ trust: onOff(text, subject) }),
  'spoof-check': (text, subject) => ({ spoofCheck: onOff(text, subject) }),
  link: (text, subject) => ({ linkState: linkStateOf(text, subject) }),
  rate: (text, subject) => ({ rate: rateOf(text, subject) }),
};

/**
 * What the arguments ask of a PF.
 *
 * @throws PortalGunError BAD_ARGUMENT
 */
export function vfGoalOf(args: Arguments): VfGoal {
  let all: VfWishes = {};
  for (const [name, read] of Object.entries(SETTINGS)) {
    const text = stringOf(args, name);
    if (text !== undefined) all = { ...all, ...read(text, `--${name}`) };
  }
  const each = new Map<number, VfWishes>();
  for (const text of stringsOf(args, 'vf')) {
    const [index, wishes] = parseVf(text);
    each.set(index, { ...each.get(index), ...wishes });
  }
  const count = stringOf(args, 'vfs');
  const goal = {
    count:
      count === undefined ? null : wholeNumber(count, MAX_VFS, '--vfs', 'a number of VFs: 4; 0 for none'),
    autoprobe: switchOf(args, 'autoprobe') ?? null,
    all,
    each,
    isUp: switchOf(args, 'up') ?? true,
  };
  if (count === undefined && goal.autoprobe === null && each.size === 0 && Object.keys(all).length === 0) {
    throw new PortalGunError('BAD_ARGUMENT', 'says nothing of what is to be set', {
      hint: 'give --vfs NUMBER, or a setting; see pci sriov set --help',
    });
  }
  return goal;
}

/** `3:mac=02:00:00:00:00:03,vlan=100`. */
function parseVf(text: string): readonly [index: number, wishes: VfWishes] {
  const [, index, settings] = /^(\d{1,5}):(.+)$/s.exec(text) ?? [];
  if (index === undefined || settings === undefined) {
    throw bad('--vf', text, 'the number of a VF and what it is set to: 3:vlan=100,trust=on');
  }
  let wishes: VfWishes = {};
  for (const part of settings.split(',')) {
    const at = part.indexOf('=');
    const key = at < 0 ? part : part.slice(0, at);
    const read = Object.hasOwn(SETTINGS, key) ? SETTINGS[key] : undefined;
    if (read === undefined || at < 0) {
      const meant = read === undefined ? suggest(key, Object.keys(SETTINGS)) : undefined;
      throw new PortalGunError('BAD_ARGUMENT', `"${part}" is no setting of a VF`, {
        subject: '--vf',
        hint:
          meant === undefined ? `they are ${Object.keys(SETTINGS).join('=, ')}=` : `did you mean ${meant}=?`,
      });
    }
    wishes = { ...wishes, ...read(part.slice(at + 1), `--vf ${index}:${key}`) };
  }
  return [wholeNumber(index, MAX_VFS, '--vf', 'a number of a VF'), wishes];
}

function macOf(text: string, subject: string): string {
  if (text === 'stable' || text === 'driver') return text;
  const mac = text.toLowerCase();
  const first = Number.parseInt(mac.slice(0, 2), 16);
  const isMac = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac);
  // The lowest bit of the first byte means many stations.
  if (isMac && (first & 1) === 0 && !/^[0:]+$/.test(mac)) return mac;
  throw bad(subject, text, 'stable, driver, or the MAC of one station: 02:00:00:00:00:03');
}

/** `100`, `100/5` with a priority, `100/0/802.1ad` with a protocol; `none`. */
function vlanOf(text: string, subject: string): VfVlan {
  if (text === 'none' || text === '0') return NO_VLAN;
  const [, id, qos = '0', protocol = '802.1Q'] =
    /^(\d{1,4})(?:\/([0-7])(?:\/(802\.1(?:Q|ad)))?)?$/.exec(text) ?? [];
  if (id !== undefined && Number(id) >= 1 && Number(id) <= 4094) {
    return { id: Number(id), qos: Number(qos), protocol: protocol === '802.1ad' ? '802.1ad' : '802.1Q' };
  }
  throw bad(subject, text, 'none, a VLAN from 1 to 4094, or one with a priority from 0 to 7: 100/5');
}

function onOff(text: string, subject: string): boolean {
  if (text === 'on' || text === 'off') return text === 'on';
  throw bad(subject, text, 'on or off');
}

function linkStateOf(text: string, subject: string): VfLinkState {
  const state = VF_LINK_STATES.find((each) => each === text);
  if (state !== undefined) return state;
  throw bad(subject, text, 'auto, enable or disable');
}

/** In Mbit/s: `1000`, `100-1000`, `none`. */
function rateOf(text: string, subject: string): VfRate {
  if (text === 'none') return { min: 0, max: 0 };
  const [, first = '', second] = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(text) ?? [];
  const [min, max] = second === undefined ? [0, Number(first)] : [Number(first), Number(second)];
  if (first !== '' && max <= MAX_RATE && min <= max) return { min, max };
  throw bad(subject, text, 'none, the most in Mbit/s, or the least and the most: 100-1000');
}

function wholeNumber(text: string, most: number, subject: string, expected: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= most) return value;
  throw bad(subject, text, expected);
}

function bad(subject: string, given: string, expected: string): PortalGunError {
  return new PortalGunError('BAD_ARGUMENT', `does not take "${given}"`, {
    subject,
    hint: `it takes ${expected}`,
  });
}
