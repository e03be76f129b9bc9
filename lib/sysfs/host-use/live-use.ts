import { DENIED, isUnknown, type Known, knownValue, UNREAD } from '../../base/known.ts';
import { type HostReader, knownOf } from '../../host/host-reader.ts';
import type { DeviceHolder, LiveUse } from '../../pci/host-use.ts';
import { processPath, USE_PATHS } from '../paths.ts';
import { knownAlways, readAttribute } from './known-reading.ts';

// As many ancestors as any session has; the kernel's own tree ends at 1.
const MAX_ANCESTORS = 64;
// At some 2 µs each, a few seconds.
const MAX_LINKS = 2_000_000;
// What every process holds, and no device is taken away with.
const COMMON = /^\/dev\/(null|zero|full|u?random|ptmx|pts\/|tty\d*$|shm\/|mqueue|console$)/;

/**
 * Reads which processes hold files below `/dev` open, and from where the login session came. Of the machine itself
 * alone, and all of it as root alone: a snapshot answers UNREAD.
 */
export function readLiveUse(host: HostReader): LiveUse {
  return { ...readHolders(host), sessionAddress: readSessionAddress(host) };
}

function readHolders(host: HostReader): Omit<LiveUse, 'sessionAddress'> {
  const listed = knownAlways(host.list(USE_PATHS.processes));
  if (listed === null || isUnknown(listed)) return { holders: [], unseen: listed ?? UNREAD };
  const pids = listed.filter((name) => /^\d{1,10}$/.test(name)).map(Number);
  if (pids.length === 0) return { holders: [], unseen: UNREAD };
  const holders: DeviceHolder[] = [];
  let unseen: Known<never> = null;
  let left = MAX_LINKS;
  for (const pid of pids) {
    const files = knownOf(host.list(`${processPath(pid)}/fd`));
    if (isUnknown(files)) unseen = unseen === null || files === DENIED ? files : unseen;
    // Absent: it has ended since.
    if (files === null || isUnknown(files)) continue;
    left -= files.length;
    if (left < 0) return { holders, unseen: UNREAD };
    const nodes = nodesOf(host, pid, files);
    if (nodes.length > 0) holders.push({ pid, ...nameOf(host, pid), nodes });
  }
  return { holders, unseen };
}

/** The targets of `/proc/PID/fd/N` that are nodes of devices: `/dev/vfio/12`. */
function nodesOf(host: HostReader, pid: number, files: readonly string[]): readonly string[] {
  const nodes = new Set<string>();
  for (const file of files) {
    const target = host.readLink(`${processPath(pid)}/fd/${file}`);
    if (typeof target === 'string' && target.startsWith('/dev/') && !COMMON.test(target)) nodes.add(target);
  }
  return [...nodes].sort();
}

/** `/proc/PID/comm`, and of QEMU the name that libvirt gives with `-name guest=galaxy0,…`. */
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

/**
 * The address of this host that the login session came to over SSH: the third word of `SSH_CONNECTION`
 * (`192.0.2.7 50122 10.0.0.5 22`) in the environment of this process or the nearest of those above it. sudo keeps it
 * from its children, so that root often finds it only further up. DENIED where one of them may not be looked into
 * and no other has it.
 */
function readSessionAddress(host: HostReader): Known<string> {
  let pid: number | 'self' = 'self';
  let missed: Known<never> = null;
  for (let above = 0; above < MAX_ANCESTORS; above += 1) {
    const environment = knownAlways(host.readText(`${processPath(pid)}/environ`));
    if (isUnknown(environment)) missed ??= environment;
    const address = sessionIn(knownValue(environment) ?? '');
    if (address !== undefined) return address;
    const parent = parentOf(host, pid);
    if (parent === undefined) return missed ?? UNREAD;
    if (parent <= 1) return missed;
    pid = parent;
  }
  return missed;
}

function sessionIn(environment: string): string | undefined {
  const found = environment.split('\0').find((each) => each.startsWith('SSH_CONNECTION='));
  const address = found?.slice('SSH_CONNECTION='.length).split(' ')[2];
  return address === undefined ? undefined : plainAddress(address);
}

function parentOf(host: HostReader, pid: number | 'self'): number | undefined {
  const stat = knownValue(knownOf(host.readText(`${processPath(pid)}/stat`)));
  // The name of a process may hold blanks and brackets: what counts stands behind the last one.
  const digits = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? '';
  return /^\d{1,10}$/.test(digits) ? Number(digits) : undefined;
}

/** Without the zone of a link-local address, and IPv4 as itself where a socket for both took it. */
function plainAddress(rawAddress: string): string {
  return rawAddress
    .replace(/%.*$/s, '')
    .replace(/^::ffff:(?=\d+\.)/i, '')
    .toLowerCase();
}
