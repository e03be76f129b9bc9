import { BROKEN, DENIED, isUnknown, type Known, UNREAD } from '../../../base/known.ts';
import type { DeviceMemory } from '../../../facts/host-use.ts';
import { resolveLink } from '../../../host/file/resolve-link.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import { isPciAddress, type PciAddress } from '../../../pci/address.ts';
import { SYS_PATHS, USE_PATHS } from '../../paths.ts';
import { functionIn, knownAlways } from '../known-reading.ts';
import { regionFunctions } from './cxl-memory.ts';

const RANGES = [...'0123456789abcdef '];
const LINE = /^ *([0-9a-f]{1,16})-([0-9a-f]{1,16}) : (.*)$/;
/** Owners in `/proc/iomem` whose memory may be that of a function: a CXL region, a device of virtio, of DAX, of PCI. */
export const MEMORY_OWNER =
  /^(CXL Window \d+|region\d+|virtio\d+|dax\d+\.\d+|[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])$/;
export const SYSTEM_RAM = /^System RAM\b/;

/** Addresses that the host bridges of CXL decode, whether there is memory or not. */
const WINDOW = /^CXL Window /;

interface Range {
  readonly start: bigint;
  readonly end: bigint;
  readonly owner: string;
}

/**
 * Memory of functions that the kernel uses as RAM: ranges of `/proc/iomem` that are System RAM, within the range of a
 * device. For users other than root, every address in it is 0: DENIED.
 */
export function readSystemMemory(host: HostReader): Known<readonly DeviceMemory[]> {
  const lines = knownAlways(host.readLines(USE_PATHS.memory, RANGES));
  if (lines === null) return UNREAD;
  if (isUnknown(lines)) return lines;
  const ranges: Range[] = [];
  for (const line of lines) {
    const [whole, start, end, owner = ''] = LINE.exec(line) ?? [];
    if (whole === undefined) return BROKEN;
    ranges.push({ start: BigInt(`0x${start}`), end: BigInt(`0x${end}`), owner });
  }
  if (ranges.length > 0 && ranges.every(({ end }) => end === 0n)) return DENIED;
  const ram = ranges.filter(({ owner }) => SYSTEM_RAM.test(owner));
  const owners = ranges.filter(({ owner }) => MEMORY_OWNER.test(owner));
  const exact = owners.filter(({ owner }) => !WINDOW.test(owner));
  // Firmware may set up CXL memory itself. Then no region shows its devices.
  const loose = ram.filter((used) => !exact.some((each) => overlaps(each, used)));
  return owners
    .filter((each) => (WINDOW.test(each.owner) ? loose : ram).some((used) => overlaps(each, used)))
    .map(({ owner }) => ({ name: owner, functions: functionsOf(host, owner) }));
}

function overlaps(one: Range, other: Range): boolean {
  return one.start <= other.end && one.end >= other.start;
}

function functionsOf(host: HostReader, owner: string): Known<readonly PciAddress[]> {
  if (isPciAddress(owner)) return [owner];
  if (WINDOW.test(owner)) return UNREAD;
  const bus = owner.startsWith('virtio') ? 'virtio' : owner.startsWith('dax') ? 'dax' : 'cxl';
  const link = `${SYS_PATHS.buses}/${bus}/devices/${owner}`;
  const target = knownOf(host.readLink(link));
  if (isUnknown(target)) return target;
  const directory = target === null ? null : resolveLink(link, target);
  if (directory === null) return UNREAD;
  const on = functionIn(directory);
  return on === null ? regionFunctions(host, directory) : [on];
}
