import { knownValue } from '../../../base/known.ts';
import { DeviceNames } from '../../../facts/device-names.ts';
import type { BlockDevice, DeviceName, StorageUse } from '../../../facts/storage-use.ts';
import { resolveLink } from '../../../host/file/resolve-link.ts';
import { type HostReader, isFailure } from '../../../host/host-reader.ts';
import { udevBlockPath } from '../../paths.ts';

// The limit of the kernel.
const MAX_LINKS = 40;
const DEV = '/dev/';

/**
 * The names of block devices that the storage of the host uses, other than the kernel's: by the number of the node,
 * by links of `/dev`, and by those that udev recorded in `/run/udev/data/b8:1`, `S:disk/by-partlabel/data`. A name
 * without a block device is not included.
 */
export function readDeviceNames(
  host: HostReader,
  use: Omit<StorageUse, 'deviceNames'>,
): readonly DeviceName[] {
  const blocks = knownValue(use.blocks) ?? [];
  const known = new DeviceNames(blocks);
  const numbers = new Set(blocks.map(({ number }) => knownValue(number)));
  const mounts = (knownValue(use.mounts) ?? []).flatMap(({ number, source, devices }) => [
    // If the number is that of a block device, no name is needed.
    ...(numbers.has(number) ? [] : source.split(':')),
    ...devices,
  ]);
  const paths = [
    ...mounts,
    ...(knownValue(use.swaps) ?? []).map(({ path }) => path),
    ...blocks.map(({ backingFile }) => knownValue(backingFile) ?? ''),
    ...(knownValue(use.exports) ?? []).map(({ path }) => knownValue(path) ?? ''),
    ...(knownValue(use.automounts) ?? []).map(({ source }) => source ?? ''),
  ];
  return [...new Set(paths)].filter(mayBeNode).flatMap((path) => {
    // A snapshot contains links, and no numbers.
    const named = known.at(path) ?? byLink(host, path, known) ?? byUdev(host, path, blocks);
    const block = byNumber(host, path, blocks) ?? named;
    return block === undefined || block === known.at(path) ? [] : [{ path, block: block.name }];
  });
}

/**
 * Also a node below another root, `/srv/root/dev/sda1`, but no other file, because it may be on a server that does
 * not answer.
 */
function mayBeNode(path: string): boolean {
  return path.startsWith('/') && path.includes(DEV);
}

function byNumber(host: HostReader, path: string, blocks: readonly BlockDevice[]): BlockDevice | undefined {
  const node = host.deviceNumber(path);
  if (node === null || isFailure(node) || node.kind !== 'block') return undefined;
  return blocks.find(({ number }) => number === node.number);
}

function byLink(host: HostReader, path: string, known: DeviceNames): BlockDevice | undefined {
  if (!path.startsWith(DEV)) return undefined;
  let at = path;
  for (let links = 0; links < MAX_LINKS; links += 1) {
    const target = host.readLink(at);
    const next = typeof target === 'string' ? resolveLink(at, target) : null;
    if (next === null || !next.startsWith(DEV)) return undefined;
    const block = known.at(next);
    if (block !== undefined) return block;
    at = next;
  }
  return undefined;
}

function byUdev(host: HostReader, path: string, blocks: readonly BlockDevice[]): BlockDevice | undefined {
  if (!path.startsWith(DEV)) return undefined;
  const link = `S:${path.slice(DEV.length)}`;
  return blocks.find(({ number }) => {
    const known = knownValue(number);
    const lines = known === undefined ? null : host.readLines(udevBlockPath(known), [link]);
    return Array.isArray(lines) && lines.includes(link);
  });
}
