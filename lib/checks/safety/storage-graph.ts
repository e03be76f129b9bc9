import { knownValue } from '../../base/known.ts';
import { DeviceNames, isNodePath } from '../../facts/device-names.ts';
import type { HostUse, LiveUse } from '../../facts/host-use.ts';
import type { ActiveFileSystem, BlockDevice, Mount, MountNamespace } from '../../facts/storage-use.ts';

/** A mount, and its mount namespace. */
export interface PlacedMount {
  readonly mount: Mount;
  /** `null` for the namespace of the reader. */
  readonly where: MountNamespace | null;
  /** Whether another mount, closer to the reader, shows the same file system. */
  readonly isCopy: boolean;
}

const JOURNALS = 'jbd2';
const JOURNALED: ReadonlySet<string> = new Set(['ext3', 'ext4', 'ocfs2']);
/** Shares of a hypervisor: the kernel names the source of a root file system `/dev/root`. */
const SHARES: ReadonlySet<string> = new Set(['9p', 'virtiofs']);
/** File systems of flash memory, whose sources are not block devices: `ubi0:root`, `/dev/ubi0_0`, `mtd3`. */
const FLASH: ReadonlySet<string> = new Set(['ubifs', 'jffs2']);
/** The source of FUSE file systems, which is not storage. */
const FUSE_NODE = '/dev/fuse';

/** The relations of block devices and mounts, for the whole host. */
export class StorageGraph {
  readonly blocks: readonly BlockDevice[];
  /** The mounts that may need a block device or another host. */
  readonly mounts: readonly PlacedMount[];
  readonly names: DeviceNames;
  /** By a block device: the devices that are built on it. */
  readonly #above = new Map<string, BlockDevice[]>();
  readonly #below = new Map<string, string[]>();
  readonly #direct = new Map<PlacedMount, ReadonlySet<string>>();
  readonly #placed: readonly PlacedMount[];
  readonly #numbers: ReadonlyMap<string, BlockDevice>;
  readonly #systems: readonly ActiveFileSystem[];
  readonly #init: MountNamespace | null;

  constructor(use: HostUse, live: LiveUse) {
    this.blocks = knownValue(use.blocks) ?? [];
    this.names = new DeviceNames(this.blocks, use.deviceNames);
    this.#numbers = new Map(this.blocks.map((block) => [knownValue(block.number) ?? '', block]));
    this.#systems = knownValue(use.fileSystems) ?? [];
    this.#init = live.mountNamespaces.find(({ isOfInit }) => isOfInit) ?? null;
    this.#placed = placeMounts(knownValue(use.mounts) ?? [], live.mountNamespaces);
    this.#linkBlocks(knownValue(use.pools) ?? []);
    for (const place of this.#placed) this.#direct.set(place, this.#namedBy(place.mount));
    this.mounts = this.#placed.filter(
      (place) =>
        this.blocksOf(place).size > 0 ||
        place.mount.directories.length > 0 ||
        place.mount.remote !== null ||
        this.unresolvedOf(place).length > 0,
    );
  }

  /** The block devices that are built on one. */
  above(name: string): readonly BlockDevice[] {
    return this.#above.get(name) ?? [];
  }

  /** The names of the block devices that one is built on. */
  below(name: string): readonly string[] {
    return this.#below.get(name) ?? [];
  }

  /** The names of the block devices that a mount names directly. */
  blocksOf(place: PlacedMount): ReadonlySet<string> {
    return this.#direct.get(place) ?? new Set();
  }

  /** The mounts that contain the directories of a mount. */
  mountsBelow(place: PlacedMount): readonly PlacedMount[] {
    return place.mount.directories
      .flatMap((path) => this.#mountsAt(path, [null, this.#init, place.where]))
      .filter((below) => below !== place);
  }

  /**
   * The mounts that may contain the file of a loop device or a swap file. The kernel reports its path in the
   * namespace in which it was opened, but not which namespace: it may be any.
   */
  mountsOfFile(path: string): readonly PlacedMount[] {
    return this.#mountsAt(path, null);
  }

  /** The paths of devices that a mount needs and that are not known block devices. */
  unresolvedOf({ mount }: PlacedMount): readonly string[] {
    const isNumbered = this.#numbers.has(mount.number) || !mount.number.startsWith('0:');
    const needed =
      isNumbered || mount.remote !== null || SHARES.has(mount.type) || FLASH.has(mount.type)
        ? []
        : mount.source.split(':');
    const isFound = this.#systemsOf(mount, new Set()).length > 0;
    return [...(isFound ? [] : needed), ...mount.devices].filter(
      (path) => isNodePath(path) && path !== FUSE_NODE && this.names.at(path) === undefined,
    );
  }

  #linkBlocks(pools: readonly string[]): void {
    for (const block of this.blocks) {
      if (block.partitionOf !== null) this.#link(block.partitionOf, block);
      for (const name of knownValue(block.holders) ?? []) {
        const holder = this.names.named(name);
        if (holder !== undefined) this.#link(block.name, holder);
      }
      const backing = this.names.at(knownValue(block.backingFile) ?? '');
      if (backing !== undefined) this.#link(backing.name, block);
      // A ZFS volume: its pool is unknown.
      if (!/^zd\d/.test(block.name)) continue;
      for (const member of this.blocks) if (isPoolMember(member, pools)) this.#link(member.name, block);
    }
  }

  #link(below: string, above: BlockDevice): void {
    this.#above.set(below, [...(this.#above.get(below) ?? []), above]);
    this.#below.set(above.name, [...(this.#below.get(above.name) ?? []), below]);
  }

  #namedBy(mount: Mount): ReadonlySet<string> {
    const { number, source, type } = mount;
    const numbered = number.startsWith('0:') ? undefined : this.#numbers.get(number);
    // For several devices, the source contains all of them, separated by colons.
    const sources = source.startsWith('/dev/') ? source.split(':') : [];
    const pool = type === 'zfs' ? source.split('/')[0] : undefined;
    const members = pool === undefined ? [] : this.blocks.filter((block) => isPoolMember(block, [pool]));
    const found = [
      numbered,
      ...[...sources, ...mount.devices].map((path) => this.names.at(path)),
      ...members,
      FLASH.has(type) ? this.names.named(/(ubi|mtd)\d+/.exec(source)?.[0] ?? '') : undefined,
    ];
    const named = new Set(found.flatMap((block) => (block === undefined ? [] : [block.name])));
    for (const { blocks } of this.#systemsOf(mount, named)) for (const name of blocks) named.add(name);
    for (const name of this.#journalsOf(type, named)) named.add(name);
    return named;
  }

  /** File systems of several devices that a mount shows, or may show if its device has another name. */
  #systemsOf({ type, number }: Mount, named: ReadonlySet<string>): readonly ActiveFileSystem[] {
    const systems = this.#systems.filter((system) => system.type === type);
    if (named.size === 0) return number.startsWith('0:') ? systems : [];
    return systems.filter(({ blocks }) => blocks.some((name) => named.has(name)));
  }

  /** Its possible journals on separate devices: `jbd2/sda1-8` is inside `sda1`. */
  #journalsOf(type: string, named: ReadonlySet<string>): readonly string[] {
    if (!JOURNALED.has(type)) return [];
    const journals = this.#systems
      .filter((system) => system.type === JOURNALS)
      .flatMap(({ blocks }) => blocks);
    const isInside = journals.some(
      (journal) => named.has(journal.replace(/-\d+$/, '')) && !named.has(journal),
    );
    return isInside ? [] : journals.filter((journal) => this.names.named(journal) !== undefined);
  }

  /** @param spaces the namespaces of the path; `null` for any */
  #mountsAt(path: string, spaces: readonly (MountNamespace | null)[] | null): readonly PlacedMount[] {
    const bySpace = new Map<MountNamespace | null, PlacedMount[]>();
    for (const place of this.#placed) {
      const { point } = place.mount;
      if (point !== '/' && path !== point && !path.startsWith(`${point}/`)) continue;
      if (spaces !== null && !spaces.includes(place.where)) continue;
      const before = bySpace.get(place.where) ?? [];
      const longest = before[0]?.mount.point.length ?? -1;
      // Several mounts if one hides another.
      if (point.length > longest) bySpace.set(place.where, [place]);
      else if (point.length === longest) before.push(place);
    }
    return [...bySpace.values()].flat();
  }
}

/** A member without a label may belong to any pool. */
function isPoolMember({ signature, label }: BlockDevice, pools: readonly string[]): boolean {
  const pool = knownValue(label);
  return signature === 'zfs_member' && (pool === undefined || pools.includes(pool));
}

function placeMounts(own: readonly Mount[], spaces: readonly MountNamespace[]): readonly PlacedMount[] {
  const seen = new Set<string>();
  const placed: PlacedMount[] = own.map((mount) => ({ mount, where: null, isCopy: false }));
  for (const { mount } of placed) seen.add(keyOf(mount));
  for (const where of [...spaces].sort((a, b) => Number(b.isOfInit) - Number(a.isOfInit))) {
    for (const mount of where.mounts) placed.push({ mount, where, isCopy: seen.has(keyOf(mount)) });
    for (const mount of where.mounts) seen.add(keyOf(mount));
  }
  return placed;
}

function keyOf({ number, type, source }: Mount): string {
  return [number, type, source].join(' ');
}
