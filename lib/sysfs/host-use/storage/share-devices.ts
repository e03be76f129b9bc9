import { isUnknown, type Known, knownValue, mapKnown } from '../../../base/known.ts';
import type { ShareDevice } from '../../../facts/storage-use.ts';
import { resolveLink } from '../../../host/file/resolve-link.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import type { PciAddress } from '../../../pci/address.ts';
import { lastName, SYS_PATHS } from '../../paths.ts';
import { functionIn, readAttribute } from '../known-reading.ts';

const DRIVERS: Readonly<Record<string, ShareDevice['type']>> = { '9pnet_virtio': '9p', virtiofs: 'virtiofs' };
/** The ids of virtio for a 9p transport and for virtiofs, in `virtioN/device`. */
const IDS: Readonly<Record<string, ShareDevice['type']>> = { '0x0009': '9p', '0x001a': 'virtiofs' };

/**
 * The virtio functions of 9p and virtiofs, with their tags: `virtio0/mount_tag` for 9p, and `/sys/fs/virtiofs/N/tag`
 * with a link `device` to the function (Linux 6.9 and newer). Found by their driver, and below every function of
 * virtio-pci. `null` if there are none.
 *
 * @param functions those of the PCI bus that may have one below them
 */
export function readShares(host: HostReader): Known<readonly ShareDevice[]> {
  const places = readPlaces(host);
  if (places === null || isUnknown(places)) return places;
  const found: ShareDevice[] = [];
  const tags = places.some(({ type }) => type === 'virtiofs') ? readTags(host) : null;
  for (const { directory, type, function: on } of places) {
    found.push({ function: on, type, tag: tagOf(host, directory, type, tags) });
  }
  return found.length === 0 ? null : found;
}

interface Place {
  readonly function: PciAddress;
  readonly type: ShareDevice['type'];
  readonly directory: string;
}

function readPlaces(host: HostReader): Known<readonly Place[]> {
  const places = new Map<string, Place>();
  for (const [driver, type] of Object.entries(DRIVERS)) {
    const names = knownOf(host.list(`${SYS_PATHS.virtioDrivers}/${driver}`));
    if (isUnknown(names)) return names;
    for (const name of (names ?? []).filter((each) => /^virtio\d+$/.test(each))) {
      const at = `${SYS_PATHS.virtioDrivers}/${driver}/${name}`;
      const target = knownOf(host.readLink(at));
      if (isUnknown(target)) return target;
      const directory = target === null ? null : resolveLink(at, target);
      const on = directory === null ? null : functionIn(directory);
      if (directory !== null && on !== null) places.set(directory, { function: on, type, directory });
    }
  }
  const below = readBelowPci(host);
  if (isUnknown(below)) return below;
  for (const place of below ?? []) places.set(place.directory, place);
  return [...places.values()];
}

/** Below each function on a virtio driver: `0000:01:00.0/virtio0`. */
function readBelowPci(host: HostReader): Known<readonly Place[]> {
  const drivers = `${SYS_PATHS.pciDrivers}/virtio-pci`;
  const names = knownOf(host.list(drivers));
  if (names === null || isUnknown(names)) return names;
  const places: Place[] = [];
  for (const name of names) {
    const target = knownOf(host.readLink(`${drivers}/${name}`));
    if (isUnknown(target)) return target;
    const directory = target === null ? null : resolveLink(`${drivers}/${name}`, target);
    const on = directory === null ? null : functionIn(directory);
    if (directory === null || on === null) continue;
    const below = knownOf(host.list(directory));
    if (isUnknown(below)) return below;
    for (const device of (below ?? []).filter((each) => /^virtio\d+$/.test(each))) {
      const type = typeOf(host, `${directory}/${device}`);
      if (isUnknown(type)) return type;
      if (type !== null) places.push({ function: on, type, directory: `${directory}/${device}` });
    }
  }
  return places;
}

function typeOf(host: HostReader, directory: string): Known<ShareDevice['type']> {
  const names = knownOf(host.list(directory));
  if (names === null || isUnknown(names)) return names;
  if (names.includes('mount_tag')) return '9p';
  if (names.includes('tag')) return 'virtiofs';
  return mapKnown(readAttribute(host, `${directory}/device`), (id) => IDS[id] ?? null);
}

/** The tags of virtiofs by the directory of their device; `null` if the link is missing. */
type Tags = Known<readonly { readonly tag: string; readonly device: string | null }[]>;

function readTags(host: HostReader): Tags {
  const names = knownOf(host.list(SYS_PATHS.virtiofs));
  if (names === null || isUnknown(names)) return names;
  return names.flatMap((name) => {
    const at = `${SYS_PATHS.virtiofs}/${name}`;
    const tag = knownValue(readAttribute(host, `${at}/tag`));
    const target = host.readLink(`${at}/device`);
    const device = typeof target === 'string' ? lastName(target) : null;
    return tag === undefined ? [] : [{ tag, device }];
  });
}

function tagOf(host: HostReader, directory: string, type: ShareDevice['type'], tags: Tags): Known<string> {
  const own = readAttribute(host, `${directory}/${type === '9p' ? 'mount_tag' : 'tag'}`);
  if (own !== null) return mapKnown(own, (text) => text.replaceAll('\0', ''));
  if (tags === null || isUnknown(tags)) return tags;
  return tags.find(({ device }) => device === lastName(directory))?.tag ?? null;
}
