import { createHash } from 'node:crypto';
import { withEdit } from '../../machines/provision/file-edits.ts';
import { foldersAbove } from '../../machines/provision/guest-path.ts';
import type { AskedSetting, GuestFileState, GuestPathState } from '../../machines/provision/guest-scripts.ts';
import { type GuestSettingName, STALE } from '../../machines/provision/guest-settings.ts';
import type {
  DesiredDirectory,
  DesiredEdit,
  DesiredFile,
  DesiredPart,
  DesiredRestart,
  DesiredSetting,
  GuestInit,
  Owner,
} from '../../machines/provision/guest-state.ts';
import { type GuestFileChange, guestFileKind } from '../changes/guest/guest-file.ts';
import { type GuestSettingChange, guestSettingKind } from '../changes/guest/guest-setting.ts';
import type { Step } from '../plan.ts';
import { GROUP, type GuestReading, PASSWD, settingKey } from './asked-of-guest.ts';

const NEW_DIRECTORY = { mode: 0o755, uid: 0, gid: 0 };
const NEW_FILE_MODE = 0o644;

/** Why a part of a guest cannot be changed. */
interface GuestObstacle {
  /** The path or setting. */
  readonly what: string;
  readonly message: string;
}

/** The steps that lead a guest to its desired state, and everything that is in their way. */
export interface GuestPlan {
  readonly steps: readonly Step[];
  readonly obstacles: readonly GuestObstacle[];
}

/** The machine whose guest is planned. */
export interface PlannedGuest {
  readonly machine: string;
  readonly init: GuestInit;
  readonly reading: GuestReading;
}

/**
 * Plans the changes of a guest. What is unknown is an obstacle, and never overwritten; what is as desired has no step.
 *
 * @param all the parts that are desired in the end, for the names of users; `parts` are those that are planned
 */
export function planGuest(
  guest: PlannedGuest,
  parts: readonly DesiredPart[],
  all: readonly DesiredPart[] = parts,
): GuestPlan {
  return new GuestPlanner(guest, all).plan(parts);
}

class GuestPlanner {
  readonly #guest: PlannedGuest;
  /** The states of paths, with the planned steps made. */
  readonly #states = new Map<string, GuestPathState>();
  readonly #edits: ReadonlyMap<string, readonly DesiredEdit[]>;
  readonly #users: ReadonlyMap<string, number>;
  readonly #groups: ReadonlyMap<string, number>;
  readonly #steps: Step[] = [];
  readonly #obstacles = new Map<string, GuestObstacle>();

  constructor(guest: PlannedGuest, all: readonly DesiredPart[]) {
    this.#guest = guest;
    for (const [path, reading] of guest.reading.paths) {
      if ('state' in reading) this.#states.set(path, reading.state);
    }
    const edits = all.filter((part) => part.kind === 'edit');
    this.#edits = new Map(edits.map(({ path }) => [path, edits.filter((each) => each.path === path)]));
    this.#users = idsIn(this.#textOf(PASSWD) ?? '');
    this.#groups = idsIn(this.#textOf(GROUP) ?? '');
  }

  plan(parts: readonly DesiredPart[]): GuestPlan {
    const restarts = parts.filter((part) => part.kind === 'restart');
    const places = new Map<DesiredRestart, number>();
    for (const part of parts) {
      if (part.kind === 'restart') places.set(part, this.#steps.length);
      else this.#make(part);
    }
    const changed = restarts.filter((part) => this.#lastFileStep(part) >= 0);
    const stale = changed.flatMap((part) => this.#staleStep(part));
    for (const part of restarts.toReversed()) this.#restart(part, places.get(part) ?? 0);
    return { steps: [...stale, ...this.#steps], obstacles: [...this.#obstacles.values()] };
  }

  #make(part: Exclude<DesiredPart, DesiredRestart>): undefined {
    switch (part.kind) {
      case 'file':
        return this.#file(part);
      case 'edit':
        return this.#edit(part);
      case 'directory':
        return this.#directory(part);
      case 'absent':
        return this.#absent(part.path);
      case 'setting':
        return this.#setting(part);
    }
  }

  #file({ path, content, mode, user, group }: DesiredFile): undefined {
    const owner = this.#ownerOf(path, user, group);
    const state = this.#stateOf(path);
    if (owner === null || state === undefined) return;
    if (state?.kind === 'directory') return this.#fail(path, 'is a directory in the guest, not a file');
    this.#folders(path);
    this.#change(path, { kind: 'file', sha256: sha256Of(content), mode, ...owner }, content);
  }

  /** All edits of a file are one step, at the place of the first. */
  #edit({ path, newMode = NEW_FILE_MODE }: DesiredEdit): undefined {
    const state = this.#stateOf(path);
    if (state === undefined) return;
    if (state !== null && state.kind !== 'file') {
      return this.#fail(
        path,
        `is a ${state.kind === 'link' ? 'symbolic link' : 'directory'} in the guest, not a file`,
      );
    }
    const before = this.#guest.reading.contents.get(path);
    if (state !== null && (before === undefined || sha256Of(before) !== state.sha256)) {
      return this.#fail(path, 'cannot be read, or changed while it was read');
    }
    const text = this.#textOf(path);
    if (text === null) return this.#fail(path, 'is not UTF-8, so no part of it can be changed');
    if (text === '' && state === null) return;
    this.#folders(path);
    const content = new TextEncoder().encode(text);
    const { mode, uid, gid } = state ?? { mode: newMode, uid: 0, gid: 0 };
    this.#change(path, { kind: 'file', sha256: sha256Of(content), mode, uid, gid }, content);
  }

  #directory({ path, mode, user, group }: DesiredDirectory): undefined {
    const state = this.#stateOf(path);
    const isSet = mode !== null || user !== null;
    const owner = this.#ownerOf(path, user ?? 0, group ?? user ?? 0);
    if (owner === null || state === undefined) return;
    if (state?.kind === 'file' || (state?.kind === 'link' && (isSet || !this.#leadsToDirectory(path)))) {
      return this.#fail(
        path,
        `is a ${state.kind === 'file' ? 'file' : 'symbolic link'} in the guest, not a directory`,
      );
    }
    if (state !== null && !isSet) return;
    this.#folders(path);
    const now = state?.kind === 'directory' ? state : NEW_DIRECTORY;
    const owned = user === null ? { uid: now.uid, gid: now.gid } : owner;
    this.#change(path, { kind: 'directory', mode: mode ?? now.mode, ...owned }, null);
  }

  #absent(path: string): undefined {
    const state = this.#stateOf(path);
    if (state === undefined || state === null) return;
    if (state.kind === 'directory')
      return this.#fail(path, 'is a directory in the guest: only files are removed');
    this.#change(path, null, null);
  }

  #setting(part: DesiredSetting): undefined {
    const asked = { setting: part.setting as GuestSettingName, of: part.of };
    const from = this.#settingNow(asked);
    if (from === null || from === part.value) return;
    this.#steps.push(settingStep({ ...this.#settingChange(asked), from, to: part.value }));
  }

  /** The current value; `null` if it is unknown, which is an obstacle. */
  #settingNow(asked: AskedSetting): string | null {
    const value = this.#guest.reading.settings.get(settingKey(asked)) ?? null;
    if (value === null) this.#fail(settingKey(asked), 'cannot be read in the guest');
    return value;
  }

  /** Before its files change, so that an undo starts the service again after they were put back. */
  #staleStep({ service }: DesiredRestart): readonly Step[] {
    const asked = { setting: 'restart', of: service } as const;
    const from = this.#settingNow(asked);
    if (from === null || from === STALE) return [];
    return [settingStep({ ...this.#settingChange(asked), from, to: STALE })];
  }

  /** After the last of its files. */
  #restart(part: DesiredRestart, place: number): undefined {
    const asked = { setting: 'restart', of: part.service } as const;
    const last = this.#lastFileStep(part);
    const from = last >= 0 ? STALE : this.#settingNow(asked);
    const to = this.#markOf(part);
    if (from === null || from === to) return;
    const step = settingStep({ ...this.#settingChange(asked), from, to });
    this.#steps.splice(Math.max(place, last + 1), 0, step);
  }

  /** The index of the last step that changes one of its files; -1 if there is none. */
  #lastFileStep({ paths }: DesiredRestart): number {
    return this.#steps.findLastIndex(
      ({ change }) => 'content' in change && paths.some((path) => isBelow(change.path, path)),
    );
  }

  #settingChange(asked: Pick<GuestSettingChange, 'setting' | 'of'>): Omit<GuestSettingChange, 'from' | 'to'> {
    const { machine, init } = this.#guest;
    return { kind: 'guest-setting', machine, init, ...asked };
  }

  /** A mark of the files that a service is started with, as far as they are known. */
  #markOf({ paths }: DesiredRestart): string {
    const known = [...this.#states]
      .filter(([path, state]) => state?.kind === 'file' && paths.some((each) => isBelow(path, each)))
      .map((entry) => JSON.stringify(entry));
    return createHash('sha256').update(known.sort().join('\n')).digest('hex').slice(0, 16);
  }

  /** Directories above a path that are missing. */
  #folders(path: string): undefined {
    for (const folder of foldersAbove(path)) {
      const state = this.#stateOf(folder);
      if (state === undefined) return;
      if (state === null) this.#change(folder, { kind: 'directory', ...NEW_DIRECTORY }, null);
      else if (state.kind === 'file' || (state.kind === 'link' && !this.#leadsToDirectory(folder))) {
        return this.#fail(folder, 'is no directory in the guest');
      }
    }
  }

  #change(path: string, to: GuestPathState, bytes: Uint8Array | null): undefined {
    const from = this.#states.get(path) ?? null;
    if (JSON.stringify(sorted(from)) === JSON.stringify(sorted(to))) return;
    const isNew = to?.kind === 'file' && !(from?.kind === 'file' && from.sha256 === to.sha256);
    const content = isNew && bytes !== null ? Buffer.from(bytes).toString('base64') : null;
    this.#states.set(path, to);
    this.#steps.push(fileStep({ kind: 'guest-file', machine: this.#guest.machine, path, from, to, content }));
  }

  #stateOf(path: string): GuestPathState | undefined {
    const state = this.#states.get(path);
    if (state !== undefined) return state;
    const reading = this.#guest.reading.paths.get(path);
    this.#fail(path, reading !== undefined && 'unknown' in reading ? reading.unknown : 'was not read');
    return undefined;
  }

  #leadsToDirectory(path: string): boolean {
    const reading = this.#guest.reading.paths.get(path);
    return reading !== undefined && 'state' in reading && reading.leadsToDirectory === true;
  }

  /** The text of a file with all its edits made; `null` if it is not UTF-8. */
  #textOf(path: string): string | null {
    const bytes = this.#guest.reading.contents.get(path) ?? new Uint8Array();
    const text = Buffer.from(bytes).toString('utf8');
    if (!Buffer.from(text).equals(bytes)) return null;
    return (this.#edits.get(path) ?? []).reduce((sum, { edit }) => withEdit(sum, edit), text);
  }

  #ownerOf(path: string, user: Owner, group: Owner): Pick<GuestFileState, 'uid' | 'gid'> | null {
    const uid = typeof user === 'number' ? user : this.#users.get(user);
    const gid = typeof group === 'number' ? group : this.#groups.get(group);
    if (uid === undefined) this.#fail(path, `belongs to user ${user}, whom the guest does not have`);
    else if (gid === undefined) this.#fail(path, `belongs to group ${group}, which the guest does not have`);
    return uid === undefined || gid === undefined ? null : { uid, gid };
  }

  #fail(what: string, message: string): undefined {
    this.#obstacles.set(what, { what, message });
  }
}

function fileStep(change: GuestFileChange): Step {
  return { words: guestFileKind.words(change), change };
}

function settingStep(change: GuestSettingChange): Step {
  return { words: guestSettingKind.words(change), change };
}

/** The numbers of users or groups by name, as `/etc/passwd` and `/etc/group` have them. */
function idsIn(text: string): ReadonlyMap<string, number> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [name = '', , id = ''] = line.split(':');
      return /^\d{1,10}$/.test(id) ? [[name, Number(id)] as const] : [];
    }),
  );
}

function isBelow(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}/`);
}

function sorted(state: GuestPathState): readonly unknown[] | null {
  return state === null ? null : Object.entries(state).sort(([a], [b]) => a.localeCompare(b));
}

function sha256Of(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
