import {
  DENIED,
  isUnknown,
  type Known,
  knownValue,
  mapKnown,
  UNREAD,
  type Unknown,
} from '../../../base/known.ts';
import type { LiveUse } from '../../../facts/host-use.ts';
import type { MountNamespace } from '../../../facts/storage-use.ts';
import { type HostReader, isFailure, knownOf, type Reading } from '../../../host/host-reader.ts';
import { processPath, USE_PATHS } from '../../paths.ts';
import { knownAlways, readAttribute } from '../known-reading.ts';
import { decodeOctal } from './mount-line.ts';
import { MOUNT_LINES, parseMounts } from './mounts.ts';

const INIT = 1;

/** The mounts in other mount namespaces, and paths that keep network namespaces. */
export interface MountNamespacesUse extends Pick<LiveUse, 'mountNamespaces' | 'unseenMounts'> {
  /**
   * By the kernel's name of a network namespace, `net:[4026532501]`, its mount point:
   * `/proc/913/root/run/netns/blue`.
   */
  readonly namespaces: ReadonlyMap<string, string>;
}

/**
 * The mounts in other mount namespaces: `/proc/PID/mountinfo` of one process of each, distinguished by the link
 * `/proc/PID/ns/mnt -> mnt:[4026532241]`. If a link cannot be read, by the mounts themselves.
 */
export function readMountNamespaces(host: HostReader): MountNamespacesUse {
  const nothing = { mountNamespaces: [], namespaces: new Map<string, string>() };
  const listed = knownAlways(host.list(USE_PATHS.processes));
  if (listed === null || isUnknown(listed)) return { ...nothing, unseenMounts: listed ?? UNREAD };
  const pids = listed.filter((name) => /^\d{1,10}$/.test(name)).map(Number);
  if (pids.length === 0) return { ...nothing, unseenMounts: UNREAD };
  const reader = new NamespaceReader(host);
  for (const pid of pids.sort((a, b) => a - b)) reader.look(pid);
  return {
    mountNamespaces: reader.namespaces,
    unseenMounts: reader.unseen,
    namespaces: reader.networkNamespaces,
  };
}

class NamespaceReader {
  readonly namespaces: MountNamespace[] = [];
  readonly networkNamespaces = new Map<string, string>();
  unseen: Known<never> = null;
  readonly #host: HostReader;
  readonly #links = new Set<string>();
  readonly #tables = new Set<string>();

  constructor(host: HostReader) {
    this.#host = host;
    // Mounts of this namespace are read elsewhere, but not the namespaces that it keeps.
    const own = this.#read(processPath('self'));
    if (own === null || own === 'ended') this.#miss(UNREAD);
    else if (isUnknown(own)) this.#miss(own);
  }

  look(pid: number): void {
    const path = processPath(pid);
    const lines = this.#read(path);
    if (lines !== 'ended') this.#keep(pid, lines);
    else for (const thread of this.#threadsOf(pid)) this.#lookAtThread(pid, `${path}/task/${thread}`);
  }

  #lookAtThread(pid: number, path: string): void {
    const lines = this.#read(path);
    if (lines !== 'ended') this.#keep(pid, lines);
  }

  /** The threads that continue after the first thread of their process has ended. */
  #threadsOf(pid: number): readonly string[] {
    const tasks = knownOf(this.#host.list(`${processPath(pid)}/task`));
    if (isUnknown(tasks)) this.#miss(tasks);
    return (knownValue(tasks) ?? []).filter((task) => /^\d{1,10}$/.test(task) && task !== `${pid}`);
  }

  /** A reason that root would not have is kept only if there is no other. */
  #miss(why: Unknown): void {
    if (this.unseen === null || why === DENIED) this.unseen = why;
  }

  #keep(pid: number, lines: Known<readonly string[]>): void {
    const mounts = mapKnown(lines, parseMounts);
    if (isUnknown(mounts)) this.#miss(mounts);
    const known = knownValue(mounts);
    if (known === undefined) return;
    const command = knownValue(readAttribute(this.#host, `${processPath(pid)}/comm`)) ?? null;
    this.namespaces.push({ pid, command, isOfInit: pid === INIT, mounts: known });
  }

  /** The lines of a namespace on its first read; `null` for later reads. */
  #read(path: string): Known<readonly string[]> | 'ended' {
    const link = this.#host.readLink(`${path}/ns/mnt`);
    if (typeof link === 'string' && this.#links.has(link)) return null;
    const reading = this.#host.readLines(`${path}/mountinfo`, MOUNT_LINES);
    if (hasEnded(reading)) return 'ended';
    const lines = knownOf(reading);
    if (lines === null || isUnknown(lines)) return lines;
    if (typeof link === 'string') this.#links.add(link);
    const table = lines.map(withoutIds).sort().join('\n');
    if (this.#tables.has(table)) return null;
    this.#tables.add(table);
    for (const line of lines) this.#keepNetwork(path, line);
    return lines;
  }

  /** `1234 25 0:4 net:[4026532501] /run/netns/blue rw - nsfs nsfs rw`; deleted mount points end in `//deleted`. */
  #keepNetwork(path: string, line: string): void {
    const [, , , root = '', point = ''] = line.split(' ');
    if (!/^net:\[\d+\]$/.test(root) || this.networkNamespaces.has(root)) return;
    const isOwn = path === processPath('self');
    this.networkNamespaces.set(root, `${isOwn ? '' : `${path}/root`}${decodeOctal(point)}`);
  }
}

/** A zombie process has no namespace: EINVAL. */
function hasEnded(reading: Reading<unknown>): boolean {
  return isFailure(reading) && (reading.detail === 'EINVAL' || reading.detail === 'ESRCH');
}

/** Without the numbers that the kernel gives each copy of a mount. */
function withoutIds(line: string): string {
  return line.replace(/^\d+ \d+ /, '').replace(/ (shared|master|propagate_from):\d+/g, '');
}
