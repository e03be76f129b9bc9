import { quote } from '../../base/shell-command.ts';
import { type GuestSettingName, guestSetting } from './guest-settings.ts';
import type { GuestInit } from './guest-state.ts';

/*
 * Scripts for the shell of a guest that read what it has, and the parsers of what they print. The guest is not trusted:
 * every line must have its form, and there must be as many as were asked for.
 */

/** What is at a path of a guest; `null` if nothing is. */
export type GuestPathState = GuestFileState | GuestDirectoryState | GuestLinkState | null;

export interface GuestFileState {
  readonly kind: 'file';
  readonly sha256: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

interface GuestDirectoryState {
  readonly kind: 'directory';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A symbolic link. */
interface GuestLinkState {
  readonly kind: 'link';
  readonly target: string;
}

/** A reading of a path: its state, or why it is unknown. Whether a link leads to a directory is no part of its state. */
export type GuestPathReading =
  | { readonly state: GuestPathState; readonly leadsToDirectory?: boolean }
  | { readonly unknown: string };

/** The characters of link targets that are understood. */
export const LINK_TARGET = /^[A-Za-z0-9._/@+=:,-]{1,500}$/;

/** Prints the state of the path in `$1`. */
export const STATE_FUNCTION = `state() {
  if [ -L "$1" ]; then
    to=$(readlink "$1") || to=
    case $to in
      '' | *[!A-Za-z0-9._/@+=:,-]*) echo 'other a link' ;;
      *) if [ -d "$1" ]; then echo "link-directory $to"; else echo "link $to"; fi ;;
    esac
  elif [ -f "$1" ]; then
    if what=$(stat -c '%a %u %g' "$1") && sum=$(sha256sum < "$1"); then echo "file $what \${sum%% *}"; else echo unreadable; fi
  elif [ -d "$1" ]; then
    if what=$(stat -c '%a %u %g' "$1"); then echo "directory $what"; else echo unreadable; fi
  elif [ -e "$1" ]; then echo 'other no file'
  else echo absent; fi
}
`;

/** A script that prints the states of paths, a line for each. */
export function statesScript(paths: readonly string[]): string {
  return `${STATE_FUNCTION}${paths.map((path) => `state ${quote(path)}\n`).join('')}`;
}

/** The states that {@link statesScript} printed, in the order of the paths; `null` if it printed anything else. */
export function parseStates(output: string, amount: number): readonly GuestPathReading[] | null {
  const lines = output.split('\n');
  if (lines.pop() !== '' || lines.length !== amount) return null;
  const readings = lines.map(parseState);
  return readings.every((each): each is GuestPathReading => each !== null) ? readings : null;
}

function parseState(line: string): GuestPathReading | null {
  if (line === 'absent') return { state: null };
  if (line === 'unreadable') return { unknown: 'cannot be read' };
  if (line === 'other a link') return { unknown: 'is a symbolic link with an unusual target' };
  if (line === 'other no file') return { unknown: 'is neither a file nor a directory' };
  const link = /^link(-directory)? (.+)$/.exec(line);
  if (link !== null) {
    const target = link[2] ?? '';
    if (!LINK_TARGET.test(target)) return null;
    return { state: { kind: 'link', target }, leadsToDirectory: link[1] !== undefined };
  }
  const file = /^(file|directory) ([0-7]{1,4}) (\d{1,10}) (\d{1,10})(?: ([0-9a-f]{64}))?$/.exec(line);
  if (file === null) return null;
  const [, kind, mode = '', uid, gid, sha256] = file;
  const owned = { mode: Number.parseInt(mode, 8), uid: Number(uid), gid: Number(gid) };
  if (kind === 'directory') return sha256 === undefined ? { state: { kind, ...owned } } : null;
  return sha256 === undefined ? null : { state: { kind: 'file', sha256, ...owned } };
}

/** A setting of a guest that is read. */
export interface AskedSetting {
  readonly setting: GuestSettingName;
  readonly of: string;
}

/** A script that prints the values of settings, a line for each: `=VALUE`, or `!` if it is unknown. */
export function settingsScript(settings: readonly AskedSetting[], init: GuestInit): string {
  return settings
    .map(
      ({ setting, of }) =>
        `if value=$(\n${guestSetting(setting).read(of, init)}\n) 2> /dev/null; then printf '=%s\\n' "$value"; else echo '!'; fi\n`,
    )
    .join('');
}

/** The values that {@link settingsScript} printed; `null` for one that is unknown; nothing if it printed anything else. */
export function parseSettings(
  output: string,
  asked: readonly AskedSetting[],
): readonly (string | null)[] | null {
  const lines = output.split('\n');
  if (lines.pop() !== '' || lines.length !== asked.length) return null;
  if (!lines.every((line) => line === '!' || line.startsWith('='))) return null;
  return lines.map((line, index) => {
    const { setting } = asked[index] as AskedSetting;
    const value = line.slice(1).trim();
    return line !== '!' && guestSetting(setting).isValue(value) ? value : null;
  });
}

/** Data of a guest that decide how modules are rendered for it. */
export interface GuestFacts {
  readonly init: GuestInit;
  /** The name of each network interface, by its MAC address. */
  readonly interfaceNames: ReadonlyMap<string, string>;
}

/** A script that prints the facts of a guest. */
export const FACTS_SCRIPT = `if [ -d /run/systemd/system ]; then echo init systemd
elif [ -e /run/openrc/softlevel ] || [ -x /sbin/openrc-run ]; then echo init openrc
else echo init none; fi
for at in /sys/class/net/*; do
  # A bridge has the address of a card of it.
  if [ -e "$at/device" ] && mac=$(cat "$at/address"); then echo "interface \${at##*/} $mac"; fi
done
`;

/** The facts that {@link FACTS_SCRIPT} printed; `null` if it printed anything else. */
export function parseFacts(output: string): GuestFacts | null {
  const [first = '', ...rest] = output.split('\n');
  const init = /^init (systemd|openrc|none)$/.exec(first)?.[1];
  if (init === undefined) return null;
  // An interface with another name, or without a MAC address, cannot be configured.
  const interfaces = rest.flatMap((line) => {
    const [, name, mac] =
      /^interface ([A-Za-z0-9._-]{1,15}) ((?:[0-9a-f]{2}:){5}[0-9a-f]{2})$/.exec(line) ?? [];
    return name === undefined || mac === undefined ? [] : [[mac, name] as const];
  });
  return { init: init as GuestInit, interfaceNames: new Map(interfaces) };
}
