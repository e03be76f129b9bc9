import { foldersAbove } from '../../machines/provision/guest-path.ts';
import type { AskedSetting, GuestPathReading } from '../../machines/provision/guest-scripts.ts';
import type { GuestSettingName } from '../../machines/provision/guest-settings.ts';
import type { DesiredPart } from '../../machines/provision/guest-state.ts';

/** The files that give the numbers of users and groups. */
export const PASSWD = '/etc/passwd';
export const GROUP = '/etc/group';

/** What has to be read of a guest before its changes can be planned. */
export interface AskedOfGuest {
  readonly paths: readonly string[];
  /** The paths whose content is needed, if they are files. */
  readonly contents: readonly string[];
  readonly settings: readonly AskedSetting[];
}

/** What was read of a guest. */
export interface GuestReading {
  readonly paths: ReadonlyMap<string, GuestPathReading>;
  readonly contents: ReadonlyMap<string, Uint8Array>;
  /** By {@link settingKey}; `null` for one that is unknown. */
  readonly settings: ReadonlyMap<string, string | null>;
}

export function settingKey({ setting, of }: AskedSetting): string {
  return `${setting} ${of}`;
}

/** What has to be read for these parts. */
export function askedOfGuest(parts: readonly DesiredPart[]): AskedOfGuest {
  const named = parts.flatMap((part) => ('path' in part ? [part.path] : []));
  const edited = parts.flatMap((part) => (part.kind === 'edit' ? [part.path] : []));
  const settings = parts.flatMap((part) => askedSetting(part) ?? []);
  return {
    paths: unique([PASSWD, GROUP, ...named.flatMap((path) => [...foldersAbove(path), path])]),
    contents: unique([PASSWD, GROUP, ...edited]),
    settings: [...new Map(settings.map((each) => [settingKey(each), each])).values()],
  };
}

/** The setting that a part is about; `null` for a file. */
function askedSetting(part: DesiredPart): AskedSetting | null {
  if (part.kind === 'restart') return { setting: 'restart', of: part.service };
  return part.kind === 'setting' ? { setting: part.setting as GuestSettingName, of: part.of } : null;
}

function unique(words: readonly string[]): readonly string[] {
  return [...new Set(words)];
}
