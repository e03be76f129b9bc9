import { knownValue } from '../../base/known.ts';
import { DeviceNames, isNodePath } from '../../facts/device-names.ts';
import type { HostUse, LiveUse } from '../../facts/host-use.ts';
import type { ActiveFileSystem, BlockDevice, Mount, MountNamespace } from '../../facts/storage-use.ts';

/** A mount, and the mount namespace that it is in. */
export interface PlacedMount {
  readonly mount: Mount;
  /** `null` for that of the reader. */
  readonly where: MountNamespace | null;
  /** Whether it shows the same file system as another mount, nearer to the reader. */
  readonly isCopy: boolean;
}

const JOURNALS = 'jbd2';
const JOURNALED: ReadonlySet<string> = new Set(['ext3', 'ext4', 'ocfs2']);
/** Shares of a hypervisor: the kernel calls the source of a root file system `/dev/root`. */
const SHARES: ReadonlySet<string> = new Set(['9p', 'virtiofs']);
/** File systems of flash memory, whose sources are no block devices: `ubi0:root`, `/dev/ubi0_0`, `mtd3`. */
const FLASH: ReadonlySet<string> = new Set(['ubifs', 'jffs2']);
/** A device that the file systems of programs name, and none of storage. */
const FUSE_NODE = '/dev/fuse';

/** What block devices and mounts are made of, by themselves and not yet for one function. */
export class StorageGraph {
  readonly blocks: readonly BlockDevice[];
  /** Those that may need a block device or another host. */
  readonly mounts: readonly PlacedMount[];
  readonly names: DeviceNames;
  /** By a block device: those that are made of it. */
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

  /** The block devices that are made of one. */
  above(name: string): readonly BlockDevice[] {
    return this.#above.get(name) ?? [];
  }

  /** The names of the block devices that one is made of. */
  below(name: string): readonly string[] {
    return this.#below.get(name) ?? [];
  }

  /** The names of the block devices that a mount names itself. */
  blocksOf(place: PlacedMount): ReadonlySet<string> {
    return this.#direct.get(place) ?? new Set();
  }

  /** The mounts that the directories of a mount are below. */
  mountsBelow(place: PlacedMount): readonly PlacedMount[] {
    return place.mount.directories
      .flatMap((path) => this.#mountsAt(path, [null, this.#init, place.where]))
      .filter((below) => below !== place);
  }

  /**
   * The mounts that the file of a loop device or a swap file may be below. The kernel tells its path in the namespace in
   * which it was opened, and not which one that is: it may be any.
   */
  mountsOfFile(path: string): readonly PlacedMount[] {
    return this.#mountsAt(path, null);
  }

  /** The paths of devices that a mount needs and that are no known block device. */
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
      // A volume of ZFS: nothing says of which pool.
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
    // Of several devices the source has all, with colons between.
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

  /** File systems of several devices that a mount shows, or may show if its device goes by another name. */
  #systemsOf({ type, number }: Mount, named: ReadonlySet<string>): readonly ActiveFileSystem[] {
    const systems = this.#systems.filter((system) => system.type === type);
    if (named.size === 0) return number.startsWith('0:') ? systems : [];
    return systems.filter(({ blocks }) => blocks.some((name) => named.has(name)));
  }

  /** The journals on devices of their own that it may have: `jbd2/sda1-8` is one that is inside of `sda1`. */
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

  /** @param spaces where the path may have been given; `null` for any */
  #mountsAt(path: string, spaces: readonly (MountNamespace | null)[] | null): readonly PlacedMount[] {
    const bySpace = new Map<MountNamespace | null, PlacedMount[]>();
    for (const place of this.#placed) {
      const { point } = place.mount;
      if (point !== '/' && path !== point && !path.startsWith(`${point}/`)) continue;
      if (spaces !== null && !spaces.includes(place.where)) continue;
      const before = bySpace.get(place.where) ?? [];
      const longest = before[0]?.mount.point.length ?? -1;
      // Several where one hides another.
      if (point.length > longest) bySpace.set(place.where, [place]);
      else if (point.length === longest) before.push(place);
    }
    return [...bySpace.values()].flat();
  }
}

/** A member without a label may be of any pool. */
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
