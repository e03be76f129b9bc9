import { BROKEN, DENIED, isUnknown, type Known, knownValue, UNREAD } from '../../../base/known.ts';
import type { DeviceHolder, LiveUse, OpenNode } from '../../../facts/host-use.ts';
import { type HostReader, isFailure, knownOf, type Reading } from '../../../host/host-reader.ts';
import { processPath, USE_PATHS } from '../../paths.ts';
import { knownAlways, readAttribute } from '../known-reading.ts';
import { decodeOctal } from '../storage/mount-line.ts';
import { isIoUring, mappedFiles, ringFiles } from './held-files.ts';
import { pciFileOf } from './node-names.ts';
import { OpenNodes } from './open-nodes.ts';

// At about 2 µs each, this takes a few seconds.
const MAX_LINKS = 2_000_000;
// Few programs have a separate file table for a thread, and some have thousands of threads: at about 1 µs each, this
// also takes a few seconds.
const MAX_THREAD_FILES = 4_000_000;
// PROC_PID_INIT_INO of include/linux/proc_ns.h: the namespace that shows all processes.
export const INITIAL_PIDS = 'pid:[4026531836]';
// Accessing a file of a server that does not answer would block.
const REMOTE = /^(nfs|cifs|smb|9p|ceph|afs|fuse|virtiofs|lustre|gpfs|glusterfs|ocfs2|autofs)/;

/** The open files of processes. */
export interface OpenFilesUse extends Pick<LiveUse, 'holders' | 'unseen'> {
  /** By the inode of a socket a process that has it open. */
  readonly sockets: ReadonlyMap<number, number>;
  /** By the kernel's name of a network namespace, `net:[4026532501]`, a descriptor that keeps it: `/proc/913/fd/5`. */
  readonly namespaces: ReadonlyMap<string, string>;
}

/**
 * Reads which processes hold device nodes, sockets and network namespaces open, and why these may not be all, or
 * `null`.
 */
export function readOpenFiles(host: HostReader): OpenFilesUse {
  return new OpenFiles(host).read();
}

class OpenFiles {
  readonly #host: HostReader;
  readonly #nodes: OpenNodes;
  readonly #mounts = new Map<string, readonly MountPoint[]>();
  readonly #sockets = new Map<number, number>();
  readonly #namespaces = new Map<string, string>();
  #left = MAX_LINKS;
  #leftOfThreads = MAX_THREAD_FILES;
  #unseen: Known<never> = null;

  constructor(host: HostReader) {
    this.#host = host;
    this.#nodes = new OpenNodes(host);
  }

  read(): OpenFilesUse {
    const kept = { sockets: this.#sockets, namespaces: this.#namespaces };
    const listed = knownAlways(this.#host.list(USE_PATHS.processes));
    if (listed === null || isUnknown(listed)) return { ...kept, holders: [], unseen: listed ?? UNREAD };
    const pids = listed.filter((name) => /^\d{1,10}$/.test(name)).map(Number);
    // With hidepid, only the processes of the reader are visible, and process 1 belongs to root.
    if (!pids.includes(1)) this.#miss(UNREAD);
    this.#lookAtNamespace();
    const holders: DeviceHolder[] = [];
    for (const pid of pids) {
      const nodes = this.#nodesOf(pid);
      if (this.#left < 0) {
        this.#miss(UNREAD);
        break;
      }
      if (nodes.length > 0) holders.push({ pid, ...nameOf(this.#host, pid), nodes });
    }
    return { ...kept, holders, unseen: this.#unseen };
  }

  /** A reason that root would not have is kept only if there is no other. */
  #miss(why: Known<never>): void {
    if (this.#unseen === null || why === DENIED) this.#unseen = why;
  }

  /** Processes of other PID namespaces are not in `/proc`, unless it is that of the first namespace. */
  #lookAtNamespace(): void {
    const namespace = knownOf(this.#host.readLink(`${processPath('self')}/ns/pid`));
    if (isUnknown(namespace)) this.#miss(namespace);
    else if (namespace !== null && namespace !== INITIAL_PIDS) this.#miss(UNREAD);
  }

  #nodesOf(pid: number): readonly OpenNode[] {
    const found = new Map<string, OpenNode>();
    const files = this.#filesOf(pid);
    if (this.#left < 0) return [];
    const nodes = [...files.flatMap((file) => this.#nodesAt(pid, file)), ...this.#mappedBy(pid)];
    for (const node of nodes) found.set(`${node.path} ${node.name}`, node);
    return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /**
   * The open files of a process, as paths below `/proc`: those of its first thread, and those that only other threads
   * have.
   */
  #filesOf(pid: number): readonly string[] {
    const own = `${processPath(pid)}/fd`;
    const listed = this.#host.list(own);
    if (listed === null && this.#host.exists(own)) this.#miss(BROKEN);
    const files = this.#taken(listed) ?? [];
    this.#left -= files.length;
    if (isFailure(listed)) return [];
    return [...files.map((file) => `${own}/${file}`), ...this.#filesOfThreads(pid, new Set(files))];
  }

  #filesOfThreads(pid: number, shared: ReadonlySet<string>): readonly string[] {
    const threads = (this.#taken(this.#host.list(`${processPath(pid)}/task`)) ?? []).filter(
      (thread) => /^\d{1,10}$/.test(thread) && thread !== String(pid),
    );
    return threads.flatMap((thread) => {
      if (this.#leftOfThreads < 0) {
        this.#miss(UNREAD);
        return [];
      }
      const folder = `${processPath(pid)}/task/${thread}/fd`;
      const files = this.#taken(this.#host.list(folder)) ?? [];
      this.#leftOfThreads -= files.length + 1;
      // The same numbers are assumed to be the same table, because reading all links again would double the time on
      // most hosts.
      if (files.length === shared.size && files.every((file) => shared.has(file))) return [];
      this.#left -= files.length;
      return files.map((file) => `${folder}/${file}`);
    });
  }

  #nodesAt(pid: number, file: string): readonly OpenNode[] {
    const path = this.#taken(this.#host.readLink(file));
    if (path === undefined) return [];
    if (isIoUring(path)) return this.#nodesInRing(file);
    if (!path.startsWith('/')) {
      this.#keep(pid, file, path);
      return [];
    }
    const node = this.#nodeOf(pid, path, file);
    return node === null ? [] : [node];
  }

  /** The nodes that a process maps into its memory, which needs no open file. */
  #mappedBy(pid: number): readonly OpenNode[] {
    const table = this.#taken(this.#host.readTable(`${processPath(pid)}/maps`));
    return mappedFiles(table ?? '').flatMap(({ path, range }) => {
      const file = `${processPath(pid)}/map_files/${range}`;
      // Only root can read its number, and a snapshot does not have it: then the name is used.
      const isThere = typeof this.#host.readLink(file) === 'string';
      const node = this.#nodeOf(pid, path, isThere ? file : null);
      return node === null ? [] : [node];
    });
  }

  #nodesInRing(file: string): readonly OpenNode[] {
    const text = this.#taken(this.#host.readText(file.replace(/\/fd\/(?=\d+$)/, '/fdinfo/')));
    return ringFiles(text ?? '').flatMap((path) => {
      const node = path.startsWith('/') ? this.#nodes.node(path, UNREAD) : this.#nodes.named(path);
      return node === null ? [] : [node];
    });
  }

  /** @param file the path for reading its number; `null` if only the name is known */
  #nodeOf(pid: number, path: string, file: string | null): OpenNode | null {
    if (this.#isRemote(pid, path)) return null;
    if (file === null || pciFileOf(path) !== null) return this.#nodes.node(path, UNREAD);
    const device = this.#host.deviceNumber(file);
    if (isFailure(device) && device.unknown === 'unread') return this.#nodes.node(path, UNREAD);
    const known = this.#taken(device);
    return known === undefined ? null : this.#nodes.node(path, known);
  }

  /** Files without a path: sockets, and network namespaces that exist while they are open. */
  #keep(pid: number, file: string, name: string): void {
    const [, kind, digits] = /^(socket|net):\[(\d+)\]$/.exec(name) ?? [];
    if (kind === 'net') this.#namespaces.set(name, file);
    else if (kind === 'socket' && !this.#sockets.has(Number(digits))) this.#sockets.set(Number(digits), pid);
  }

  /** The value that was read; undefined if it no longer exists, or if it cannot be read, which is recorded. */
  #taken<T>(reading: Reading<T>): T | undefined {
    if (reading === null) return undefined;
    if (!isFailure(reading)) return reading;
    if (reading.detail !== 'ESRCH') this.#miss(knownOf<never>(reading));
    return undefined;
  }

  /** Whether a file is on a file system that may not answer: its nodes are not read. */
  #isRemote(pid: number, path: string): boolean {
    if (path.startsWith('/dev/')) return false;
    const namespace = this.#host.readLink(`${processPath(pid)}/ns/mnt`);
    if (typeof namespace !== 'string') return false;
    let points = this.#mounts.get(namespace);
    if (points === undefined) {
      points = mountPoints(this.#host, pid);
      this.#mounts.set(namespace, points);
    }
    const on = points.find(({ point }) => path === point || path.startsWith(`${point}/`));
    return on?.isRemote ?? false;
  }
}

interface MountPoint {
  /** Without a slash at the end: the root is empty. */
  readonly point: string;
  readonly isRemote: boolean;
}

/** The mount points of a process, the longest path first. */
function mountPoints(host: HostReader, pid: number): readonly MountPoint[] {
  const lines = host.readLines(`${processPath(pid)}/mountinfo`, [...'0123456789']);
  if (lines === null || isFailure(lines)) return [];
  const points = lines.map((line) => {
    const [before = '', after = ''] = line.split(' - ', 2);
    const point = decodeOctal(before.split(' ')[4] ?? '').replace(/\/$/, '');
    return { point, isRemote: REMOTE.test(after) };
  });
  return points.sort((a, b) => b.point.length - a.point.length);
}

/** `/proc/PID/comm`; for QEMU the name that libvirt passes with `-name guest=galaxy0,…`. */
function nameOf(host: HostReader, pid: number): Pick<DeviceHolder, 'command' | 'machine'> {
  const command = knownValue(readAttribute(host, `${processPath(pid)}/comm`)) ?? null;
  if (command === null || !/qemu|kvm/.test(command)) return { command, machine: null };
  const words = (knownValue(knownOf(host.readText(`${processPath(pid)}/cmdline`))) ?? '').split('\0');
  const name = words[words.indexOf('-name') + 1] ?? '';
  const isNamed = words.includes('-name') && name !== '';
  return {
    command,
    machine: isNamed ? (/(?:^|,)guest=([^,]*)/.exec(name)?.[1] ?? name.split(',')[0] ?? null) : null,
  };
}
