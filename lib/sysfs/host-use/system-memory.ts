import { BROKEN, DENIED, isUnknown, type Known, UNREAD } from '../../base/known.ts';
import { type HostReader, knownOf } from '../../host/host-reader.ts';
import { resolveLink } from '../../host/resolve-link.ts';
import { isPciAddress, type PciAddress } from '../../pci/address.ts';
import type { DeviceMemory } from '../../pci/host-use.ts';
import { lastName, SYS_PATHS, USE_PATHS } from '../paths.ts';
import { functionIn, knownAlways, readAttribute, readClass } from './known-reading.ts';

const RANGES = [...'0123456789abcdef '];
const LINE = /^ *([0-9a-f]{1,16})-([0-9a-f]{1,16}) : (.*)$/;
/** Whom memory belongs to that may be a function's, in `/proc/iomem`: a region of CXL, a device of virtio, of DAX, of PCI. */
export const MEMORY_OWNER =
  /^(region\d+|virtio\d+|dax\d+\.\d+|[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])$/;
export const SYSTEM_RAM = /^System RAM\b/;

interface Range {
  readonly start: bigint;
  readonly end: bigint;
  readonly owner: string;
}

/**
 * Memory of functions that the kernel uses as its own: ranges of `/proc/iomem` that are System RAM, within one that
 * belongs to a device. To all but root every address in it is 0: DENIED.
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
  const owned = ranges.filter(
    ({ start, end, owner }) =>
      MEMORY_OWNER.test(owner) && ram.some((used) => used.start <= end && used.end >= start),
  );
  return owned.map(({ owner }) => ({ name: owner, functions: functionsOf(host, owner) }));
}

function functionsOf(host: HostReader, owner: string): Known<readonly PciAddress[]> {
  if (isPciAddress(owner)) return [owner];
  const bus = owner.startsWith('virtio') ? 'virtio' : owner.startsWith('dax') ? 'dax' : 'cxl';
  const link = `${SYS_PATHS.buses}/${bus}/devices/${owner}`;
  const target = knownOf(host.readLink(link));
  if (isUnknown(target)) return target;
  const directory = target === null ? null : resolveLink(link, target);
  if (directory === null) return UNREAD;
  const on = functionIn(directory);
  if (on !== null) return [on];
  const region = /^(.*\/region\d+)(\/|$)/.exec(directory)?.[1];
  return region === undefined ? UNREAD : regionFunctions(host, region);
}

/**
 * What a region of CXL is made of: `target0` names a decoder, which is below an endpoint, whose `uport` leads to the
 * memory device of a function.
 */
function regionFunctions(host: HostReader, region: string): Known<readonly PciAddress[]> {
  const decoders = readClass(host, `${SYS_PATHS.buses}/cxl/devices`);
  if (decoders === null) return UNREAD;
  if (isUnknown(decoders)) return decoders;
  const functions = new Set<PciAddress>();
  for (let index = 0; ; index += 1) {
    const decoder = readAttribute(host, `${region}/target${index}`);
    if (isUnknown(decoder)) return decoder;
    if (decoder === null || decoder === '') return functions.size === 0 ? UNREAD : [...functions];
    const at = decoders.find(({ name }) => name === decoder)?.directory;
    if (at === undefined) return UNREAD;
    const endpoint = at.slice(0, -lastName(at).length - 1);
    const port = knownOf(host.readLink(`${endpoint}/uport`));
    if (isUnknown(port)) return port;
    const on = port === null ? null : functionIn(port);
    if (on === null) return UNREAD;
    functions.add(on);
  }
}
