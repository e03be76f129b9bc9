import { BROKEN, isUnknown, type Known, knownValue, mapKnown, UNREAD } from '../../base/known.ts';
import { type HostReader, isFailure, knownOf } from '../../host/host-reader.ts';
import type { ElsewhereInterface, ElsewhereUse } from '../../pci/network-use.ts';
import { processPath, USE_PATHS } from '../paths.ts';
import { FALLBACK_NAMES } from './interface-kinds.ts';
import { knownAlways } from './known-reading.ts';
import { decodeOctal } from './mount-line.ts';
import { namespaceByKernel, namespaceBySysfs, readOwnLinks } from './namespace-interfaces.ts';
import { processTitle } from './packet-sockets.ts';

const LINES = [...'0123456789'];
const SELF = 'self';
// A process may have another's sysfs, as a service without a network has the host's: then another of its namespace is asked.
const MAX_TRIED = 8;

/**
 * The interfaces of all network namespaces but the reader's: of those that have a process (`/proc/PID/ns/net`), and of
 * those that are mounted (`ip netns`). Names are in `/proc/PID/net/dev`; what an interface is made of is in the sysfs
 * that the process has, or told by the kernel itself. Denied to all but root.
 */
export function readElsewhere(host: HostReader): ElsewhereUse {
  const nothing = (missed: Known<never>): ElsewhereUse => ({ interfaces: [], unseen: [], missed });
  const listed = knownAlways(host.list(USE_PATHS.processes));
  if (listed === null || isUnknown(listed)) return nothing(listed ?? UNREAD);
  const pids = listed.filter((name) => /^\d{1,10}$/.test(name)).map(Number);
  if (pids.length === 0) return nothing(UNREAD);
  const own = knownOf(host.readLink(namespacePath(SELF)));
  if (isUnknown(own)) return nothing(own);
  const { places, missed } = placesOf(host, pids);
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
  readonly pids: number[];
  /** Where it is mounted. */
  readonly path: string | null;
}

/** The namespaces by the kernel's name for them: `net:[4026532501]`; and why that may not be all. */
function placesOf(
  host: HostReader,
  pids: readonly number[],
): { readonly places: Map<string, Place>; readonly missed: Known<never> } {
  const places = new Map<string, Place>();
  const mounted = mountedNamespaces(host);
  for (const [name, path] of knownValue(mounted) ?? []) places.set(name, { pids: [], path });
  let missed: Known<never> = isUnknown(mounted) ? mounted : null;
  for (const pid of pids) {
    const reading = host.readLink(namespacePath(pid));
    if (typeof reading === 'string') {
      const known = places.get(reading);
      if (known === undefined) places.set(reading, { pids: [pid], path: null });
      else known.pids.push(pid);
    } else if (isFailure(reading) && !hasEnded(reading.detail)) missed ??= knownOf<never>(reading);
  }
  return { places, missed };
}

function hasEnded(code: string): boolean {
  return code === 'ESRCH';
}

/** `1234 25 0:4 net:[4026532501] /run/netns/blue rw - nsfs nsfs rw` in the table of mounts. */
function mountedNamespaces(host: HostReader): Known<readonly (readonly [string, string])[]> {
  return mapKnown(knownAlways(host.readLines(USE_PATHS.mounts, LINES)), (lines) =>
    lines.flatMap((line) => {
      const [, , , root = '', point = ''] = line.split(' ');
      return /^net:\[\d+\]$/.test(root) ? [[root, decodeOctal(point)] as const] : [];
    }),
  );
}

/** `null` where it has interfaces and it cannot be read what they are made of. */
function readNamespace(
  host: HostReader,
  place: Place,
  ownLinks: ReadonlyMap<number, number>,
): readonly ElsewhereInterface[] | null {
  const where = whereOf(host, place);
  let found: readonly ElsewhereInterface[] | null = null;
  for (const pid of place.pids.slice(0, MAX_TRIED)) {
    const table = knownOf(host.readTable(`${processPath(pid)}/net/dev`));
    if (table === null || isUnknown(table)) continue;
    const names = namesIn(table);
    if (names.length === 0) return [];
    found = namespaceBySysfs(host, pid, names, ownLinks)?.map((each) => ({ ...each, where })) ?? null;
    if (found !== null) break;
  }
  if (found !== null && !found.some((each) => isDoubtful(each, ownLinks))) return found;
  const [pid] = place.pids;
  const path = pid === undefined ? place.path : namespacePath(pid);
  const told = path === null ? null : namespaceByKernel(host, path);
  return told?.map((each) => ({ ...each, where })) ?? found;
}

/** Whether sysfs does not tell if it is made of an interface of ours, and the kernel itself may. */
function isDoubtful({ kind, madeOf }: ElsewhereInterface, ownLinks: ReadonlyMap<number, number>): boolean {
  return kind === 'other' && madeOf !== null && ownLinks.has(madeOf);
}

function whereOf(host: HostReader, { pids, path }: Place): string {
  const [pid] = pids;
  return pid === undefined ? (path ?? 'another network namespace') : processTitle(host, pid);
}

/** The interfaces in `/proc/PID/net/dev` that are not in every namespace: `  eth0: 123456 …`. */
function namesIn(table: string): readonly string[] {
  return table
    .split('\n')
    .slice(2)
    .flatMap((line) => /^\s*(\S+):/.exec(line)?.[1] ?? [])
    .filter((name) => !FALLBACK_NAMES.has(name));
}
