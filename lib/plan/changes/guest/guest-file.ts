import { createHash } from 'node:crypto';
import { quote } from '../../../base/shell-command.ts';
import { isGuestPath } from '../../../machines/provision/guest-path.ts';
import { type GuestPathState, STATE_FUNCTION } from '../../../machines/provision/guest-scripts.ts';
import { MAX_GUEST_FILE_BYTES } from '../../../machines/provision/guest-state.ts';
import type { ChangeKind } from '../../change-kind.ts';
import { isNullOr } from '../../change-parts.ts';
import { isMachineName, isPathState } from './guest-parts.ts';

const MAX_BASE64 = Math.ceil(MAX_GUEST_FILE_BYTES / 3) * 4;

/** A file, directory or link in the guest of a machine. */
export interface GuestFileChange {
  readonly kind: 'guest-file';
  readonly machine: string;
  /** Absolute, in the guest. */
  readonly path: string;
  readonly from: GuestPathState;
  readonly to: GuestPathState;
  /**
   * The bytes of `to` in base64; `null` if it has none, or those of `from`. The guest keeps those of `from` in
   * `/var/lib/portal/before`.
   */
  readonly content: string | null;
}

export const guestFileKind = {
  hasForm: ({ machine, path, from, to, content }) =>
    isMachineName(machine) &&
    isGuestPath(path) &&
    isPathState(from) &&
    isPathState(to) &&
    isNullOr(content, (bytes) => typeof bytes === 'string' && bytes.length <= MAX_BASE64) &&
    isContentOf(content, from, to),
  words: ({ machine, path, from, to }) => `${machine}: ${wordsOf(path, from, to)}`,
  script: {
    parts: () => ['guests'],
    checks: () => [],
    lines: ({ machine, path, to, content }) => [
      `guest_run ${quote(machine)} ${quote(reachScript(path, to))} ${quote(content ?? '')}`,
    ],
  },
  madeBy: 'guest',
  functions: () => [],
  removesFunctions: false,
  safety: () => ({ asks: 'nothing' }),
  loads: () => null,
  touches: ({ machine, path }) => [`${machine}:${path}`],
  // The guest does not outlive its host, and the next provisioning begins with what it then has.
  endsWithBoot: () => true,
  unlessUndone: 'left',
} satisfies ChangeKind<GuestFileChange>;

/** A script that reaches a state of a path from any other one, with new content on stdin, and prints the state. */
export function reachScript(path: string, goal: GuestPathState): string {
  return `set -eu
umask 077
p=${quote(path)}
before=/var/lib/portal/before
${STATE_FUNCTION}sum_of() { sum=$(sha256sum < "$1") && echo "\${sum%% *}"; }
keep() {
  if [ -f "$p" ] && [ ! -L "$p" ]; then
    old=$(sum_of "$p")
    if [ ! -e "$before/$old" ]; then (umask 022 && mkdir -p /var/lib) && mkdir -p "$before" && cp "$p" "$before/new" && mv "$before/new" "$before/$old"; fi
  fi
}
${reachLines(goal)}
state "$p"
`;
}

function reachLines(goal: GuestPathState): string {
  if (goal === null) {
    return 'keep\nif [ -d "$p" ] && [ ! -L "$p" ]; then rmdir "$p"; else rm -f "$p"; fi';
  }
  if (goal.kind === 'link') return `keep\nrm -f "$p"\nln -s ${quote(goal.target)} "$p"`;
  const { mode, uid, gid } = goal;
  const own = (what: string): string =>
    `chown ${uid}:${gid} "${what}"\nchmod ${mode.toString(8).padStart(4, '0')} "${what}"`;
  if (goal.kind === 'directory') return `[ -d "$p" ] || mkdir "$p"\n${own('$p')}`;
  return `keep
if [ -L "$p" ]; then rm -f "$p"; fi
new="$p.portal-gun-new"
rm -f "$new"
if [ -f "$p" ] && [ "$(sum_of "$p")" = ${goal.sha256} ]; then cp "$p" "$new"
elif [ -e "$before/${goal.sha256}" ]; then cp "$before/${goal.sha256}" "$new"
else cat > "$new"; fi
if [ "$(sum_of "$new")" != ${goal.sha256} ]; then rm -f "$new"; echo 'its content did not arrive' >&2; exit 1; fi
${own('$new')}
sync "$new" 2> /dev/null || :
mv -f "$new" "$p"`;
}

function wordsOf(path: string, from: GuestPathState, to: GuestPathState): string {
  if (to === null) return `remove ${path}`;
  if (to.kind === 'link') return `${path}: link to ${to.target}`;
  const owned = `mode ${to.mode.toString(8).padStart(4, '0')}, owner ${to.uid}:${to.gid}`;
  if (from === null) return `create ${path}${to.kind === 'directory' ? '/' : ''} (${owned})`;
  const isContent = to.kind === 'file' && !(from.kind === 'file' && from.sha256 === to.sha256);
  const isOwner = from.kind === 'link' || from.mode !== to.mode || from.uid !== to.uid || from.gid !== to.gid;
  if (isContent) return `change ${path}${isOwner ? ` (${owned})` : ''}`;
  return `change ${path}: ${owned}`;
}

/** The content has to be that of the new state: root of the guest gets it. */
function isContentOf(content: unknown, from: GuestPathState, to: GuestPathState): boolean {
  if (to?.kind !== 'file') return content === null;
  if (content === null) return from?.kind === 'file' && from.sha256 === to.sha256;
  const bytes = Buffer.from(String(content), 'base64');
  return (
    bytes.toString('base64') === content && createHash('sha256').update(bytes).digest('hex') === to.sha256
  );
}
