import { PortalGunError } from '../base/errors.ts';
import { suggest } from '../base/text.ts';
import { MAX_VFS, type SetVfsOptions } from '../operations/sriov/propose-vfs.ts';
import type { VfWishes } from '../plan/sriov/vf-goal.ts';
import { badValue, VF_SETTING_KEYS, VF_SETTING_TEXTS } from '../plan/sriov/vf-setting-texts.ts';
import type { VfSettingValues } from './tables/vf-setting-options.ts';

/** The values for the number of VFs of a PF, and their settings. */
export interface VfValues extends VfSettingValues {
  readonly vf: readonly string[];
  readonly vfs: string | undefined;
  readonly autoprobe: boolean | undefined;
  readonly up: boolean | undefined;
}

/**
 * The requested state of a PF.
 *
 * @throws PortalGunError BAD_ARGUMENT
 */
export function vfOptionsOf(
  args: VfValues,
): Pick<SetVfsOptions, 'vfs' | 'autoprobe' | 'all' | 'each' | 'up'> {
  let all: VfWishes = {};
  for (const key of VF_SETTING_KEYS) {
    const text = args[key === 'spoof-check' ? 'spoofCheck' : key];
    if (text !== undefined) all = { ...all, ...VF_SETTING_TEXTS[key](text, `--${key}`) };
  }
  const each = new Map<number, VfWishes>();
  for (const text of args.vf) {
    const [index, wishes] = parseVf(text);
    each.set(index, { ...each.get(index), ...wishes });
  }
  const { vfs, autoprobe, up } = args;
  return {
    vfs: vfs === undefined ? undefined : wholeNumber(vfs, MAX_VFS, '--vfs', 'a number of VFs: 4; 0 for none'),
    autoprobe,
    all,
    each,
    up,
  };
}

/** `3:mac=02:00:00:00:00:03,vlan=100`. */
function parseVf(text: string): readonly [index: number, wishes: VfWishes] {
  const [, index, settings] = /^(\d{1,5}):(.+)$/s.exec(text) ?? [];
  if (index === undefined || settings === undefined) {
    throw badValue('--vf', text, 'a VF number and its settings: 3:vlan=100,trust=on');
  }
  let wishes: VfWishes = {};
  for (const part of settings.split(',')) {
    const at = part.indexOf('=');
    const key = at < 0 ? part : part.slice(0, at);
    const known = VF_SETTING_KEYS.find((each) => each === key);
    if (known === undefined || at < 0) {
      const meant = known === undefined ? suggest(key, VF_SETTING_KEYS) : undefined;
      throw new PortalGunError('BAD_ARGUMENT', `"${part}" is not a setting of a VF`, {
        subject: '--vf',
        hint:
          meant === undefined
            ? `the settings are ${VF_SETTING_KEYS.join('=, ')}=`
            : `did you mean ${meant}=?`,
      });
    }
    wishes = { ...wishes, ...VF_SETTING_TEXTS[known](part.slice(at + 1), `--vf ${index}:${key}`) };
  }
  return [wholeNumber(index, MAX_VFS, '--vf', 'a VF number'), wishes];
}

function wholeNumber(text: string, most: number, subject: string, expected: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= most) return value;
  throw badValue(subject, text, expected);
}
