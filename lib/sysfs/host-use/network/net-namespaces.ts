import { BROKEN, isUnknown, type Known, knownValue, UNREAD } from '../../../base/known.ts';
import type { ElsewhereInterface, ElsewhereUse } from '../../../facts/network-use.ts';
import { type HostReader, isFailure, knownOf } from '../../../host/host-reader.ts';
import { processPath, USE_PATHS } from '../../paths.ts';
import { knownAlways } from '../known-reading.ts';
import { FALLBACK_NAMES } from './interface-kinds.ts';
import { namespaceByKernel, namespaceBySysfs, readOwnLinks } from './namespace-interfaces.ts';
import { processTitle } from './packet-sockets.ts';

const SELF = 'self';
// A process may see the sysfs of another namespace, as a service without a network does: then another process of its
// namespace is tried.
const MAX_TRIED = 8;

/** Namespaces that need no process: by the kernel's name of each, a path to it. */
export interface KeptNamespaces {
  readonly paths: ReadonlyMap<string, string>;
  /** Why there may be more; `null` if these are all. */
  readonly missed: Known<never>;
}

/**
 * The interfaces of all network namespaces except the reader's: namespaces with a process (`/proc/PID/ns/net`)
 * or a thread (`/proc/PID/task/TID/ns/net`), and those that are mounted (`ip netns`) or kept by a descriptor. Names
 * are in `/proc/PID/net/dev`; lower interfaces are in the sysfs of the process, or come from the kernel itself.
 * DENIED for users other than root.
 */
export function readElsewhere(host: HostReader, kept: KeptNamespaces): ElsewhereUse {
  const nothing = (missed: Known<never>): ElsewhereUse => ({ interfaces: [], unseen: [], missed });
  const listed = knownAlways(host.list(USE_PATHS.processes));
  if (listed === null || isUnknown(listed)) return nothing(listed ?? UNREAD);
  const pids = listed.filter((name) => /^\d{1,10}$/.test(name)).map(Number);
  if (pids.length === 0) return nothing(UNREAD);
  const own = knownOf(host.readLink(namespacePath(SELF)));
  if (isUnknown(own)) return nothing(own);
  const { places, missed } = placesOf(host, pids, kept);
  // A kernel without network namespaces has no such links.
  if (own === null) return nothing(places.size === 0 ? missed : BROKEN);
  places.delete(own);
  const interfaces: ElsewhereInterface[] = [];
  const unseen: string[] = [];
  const links = places.size === 0 ? new Map<number, number>() : readOwnLinks(host);
  for (const place of places.values()) {
    const found = readNamespace(host, place, links);
    if (found === null) unseen.push(whereOf(host, place));
    else interfaces.push(...found);
  }
  return { interfaces, unseen, missed };
}

function namespacePath(pid: number | typeof SELF): string {
  return `${processPath(pid)}/ns/net`;
}

interface Place {
  /** Processes and threads in it: `/proc/913`, `/proc/913/task/914`. */
  readonly tasks: string[];
  /** A path that keeps the namespace. */
  readonly path: string | null;
}

/** The namespaces by the kernel's name: `net:[4026532501]`, and the reason if these may not be all. */
function placesOf(
  host: HostReader,
  pids: readonly number[],
  kept: KeptNamespaces,
): { readonly places: Map<string, Place>; readonly missed: Known<never> } {
  const places = new Map<string, Place>();
  for (const [name, path] of kept.paths) places.set(name, { tasks: [], path });
  let { missed } = kept;
  const look = (task: string): void => {
    const reading = host.readLink(`${task}/ns/net`);
    if (typeof reading === 'string') {
      const known = places.get(reading);
      if (known === undefined) places.set(reading, { tasks: [task], path: null });
      else if (known.tasks.length < MAX_TRIED) known.tasks.push(task);
    } else if (isFailure(reading) && !hasEnded(reading.detail)) missed ??= knownOf<never>(reading);
  };
  for (const pid of pids) {
    const path = processPath(pid);
    look(path);
    const threads = knownOf(host.list(`${path}/task`));
    if (isUnknown(threads)) missed ??= threads;
    for (const thread of knownValue(threads) ?? []) {
      if (/^\d{1,10}$/.test(thread) && thread !== String(pid)) look(`${path}/task/${thread}`);
    }
  }
  return { places, missed };
}

function hasEnded(code: string): boolean {
  return code === 'ESRCH';
}

/** `null` if it has interfaces whose lower interfaces cannot be read. */
function readNamespace(
  host: HostReader,
  place: Place,
  ownLinks: ReadonlyMap<number, number>,
): readonly ElsewhereInterface[] | null {
  const where = whereOf(host, place);
  let found: readonly ElsewhereInterface[] | null = null;
  for (const task of place.tasks) {
    const table = knownOf(host.readTable(`${task}/net/dev`));
    if (table === null || isUnknown(table)) continue;
    const names = namesIn(table);
    if (names.length === 0) return [];
    found = namespaceBySysfs(host, task, names, ownLinks)?.map((each) => ({ ...each, where })) ?? null;
    if (found !== null) break;
  }
  if (found !== null && !found.some((each) => isDoubtful(each, ownLinks))) return found;
  const [task] = place.tasks;
  const path = task === undefined ? place.path : `${task}/ns/net`;
  const told = path === null ? null : namespaceByKernel(host, path);
  return told?.map((each) => ({ ...each, where })) ?? found;
}

/** Whether sysfs does not show if it is on top of an interface here, but the kernel may. */
function isDoubtful({ kind, madeOf }: ElsewhereInterface, ownLinks: ReadonlyMap<number, number>): boolean {
  return kind === 'other' && madeOf !== null && ownLinks.has(madeOf);
}

function whereOf(host: HostReader, { tasks: [task], path }: Place): string {
  const at = task ?? path ?? '';
  // A mount point in another mount namespace is named by its path, a task or descriptor by its process.
  const [, pid, below = ''] = /^\/proc\/(\d+)(\/.*)?$/.exec(at) ?? [];
  if (pid === undefined) return at;
  const title = processTitle(host, Number(pid));
  return below.startsWith('/root/')
    ? `${below.slice('/root'.length)}, in the mount namespace of ${title}`
    : title;
}

/** The interfaces in `/proc/PID/net/dev` that are not in every namespace: `  eth0: 123456 …`. */
function namesIn(table: string): readonly string[] {
  return table
    .split('\n')
    .slice(2)
    .flatMap((line) => /^\s*(\S+):/.exec(line)?.[1] ?? [])
    .filter((name) => !FALLBACK_NAMES.has(name));
}
