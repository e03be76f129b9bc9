import { isUnknown, knownValue } from '../base/known.ts';
import type { PciAddress } from '../pci/address.ts';
import type { PciDevice } from '../pci/device.ts';
import type { BlockDevice, HostUse, Mount } from '../pci/host-use.ts';

/** A block device that is on a function, with those between: `nvme0n1 > nvme0n1p3 > vg0-root`. */
export interface StackedBlock {
  readonly block: BlockDevice;
  readonly path: string;
}

/** A mount that needs a function, and the block device through which. */
export interface StackedMount {
  readonly mount: Mount;
  readonly block: StackedBlock;
}

/** All that stands on the disks of one function. */
export interface StorageStack {
  readonly blocks: ReadonlyMap<string, StackedBlock>;
  readonly mounts: readonly StackedMount[];
}

/** What a block device is called. */
export function blockTitle({ name, title }: BlockDevice): string {
  return knownValue(title) ?? name;
}

/** Where a mount stands, a line: `/dev/vda2 is mounted on /home (ext4): vda > vda2`. */
export function mountEvidence({ mount, block }: StackedMount): string {
  return `${mount.source} is mounted on ${mount.point} (${mount.type}): ${block.path}`;
}

/** Whether a function has disks, or may have. */
export function mayHaveDisks({ blockDevices }: PciDevice): boolean {
  return isUnknown(blockDevices) || (blockDevices !== null && blockDevices.length > 0);
}

/** Follows partitions, holders, mounts, loop devices and overlays from disks upwards. */
export class StorageView {
  readonly #blocks: readonly BlockDevice[];
  readonly #mounts: readonly Mount[];
  /** The names of the block devices that each mount names itself. */
  readonly #direct = new Map<Mount, ReadonlySet<string>>();
  readonly #stacks = new Map<PciAddress, StorageStack>();

  constructor(use: HostUse) {
    this.#blocks = knownValue(use.blocks) ?? [];
    this.#mounts = knownValue(use.mounts) ?? [];
    const btrfs = (knownValue(use.fileSystems) ?? []).filter(({ type }) => type === 'btrfs');
    for (const mount of this.#mounts) {
      const named = this.#namedBy(mount);
      const members = btrfs.filter(
        ({ blocks }) => named.size === 0 || blocks.some((name) => named.has(name)),
      );
      // A btrfs whose device goes by another name may be any of them.
      const others = mount.type === 'btrfs' ? members.flatMap(({ blocks }) => blocks) : [];
      this.#direct.set(mount, new Set([...named, ...others]));
    }
  }

  stackOn(address: PciAddress): StorageStack {
    const known = this.#stacks.get(address);
    if (known !== undefined) return known;
    const stack = this.#follow(address);
    this.#stacks.set(address, stack);
    return stack;
  }

  /** The mounts that a path is below; several where one hides another. */
  mountsOf(path: string): readonly Mount[] {
    const above = this.#mounts.filter(
      ({ point }) => point === '/' || path === point || path.startsWith(`${point}/`),
    );
    const longest = Math.max(0, ...above.map(({ point }) => point.length));
    return above.filter(({ point }) => point.length === longest);
  }

  /** The block device that a path below `/dev` stands for, by the names that the kernel and LVM give. */
  blockAt(path: string): BlockDevice | undefined {
    const [, first = '', second] = /^\/dev\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
    // Where a name of the kernel's has a slash, sysfs has another sign: cciss!c0d0.
    const named = second === undefined ? first : `${first}!${second}`;
    // LVM doubles the hyphens of its names, so that the one between them is known.
    const volume = [first, second ?? ''].map((each) => each.replaceAll('-', '--')).join('-');
    const title = first === 'mapper' ? second : volume;
    return this.#blocks.find(
      (block) => block.name === named || (second !== undefined && knownValue(block.title) === title),
    );
  }

  #namedBy({ number, source, type }: Mount): ReadonlySet<string> {
    const named = this.#blocks.filter(
      (block) => knownValue(block.number) === number && !number.startsWith('0:'),
    );
    // Of several devices the source has all, with colons between.
    const sources = source.startsWith('/dev/') ? source.split(':').map((path) => this.blockAt(path)) : [];
    const pool = type === 'zfs' ? source.split('/')[0] : undefined;
    const members = this.#blocks.filter(
      ({ signature, label }) => pool !== undefined && signature === 'zfs_member' && label === pool,
    );
    return new Set(
      [...named, ...sources.filter((block) => block !== undefined), ...members].map(({ name }) => name),
    );
  }

  #follow(address: PciAddress): StorageStack {
    const blocks = new Map<string, StackedBlock>();
    const mounts = new Map<Mount, StackedMount>();
    for (const block of this.#blocks) {
      if (block.functions.includes(address) && block.partitionOf === null) this.#climb(block, [], blocks);
    }
    // A loop device stands on a mount, and a mount on a loop device: until nothing new is found.
    for (let before = -1; before !== blocks.size + mounts.size; ) {
      before = blocks.size + mounts.size;
      for (const mount of this.#mounts) {
        const block = mounts.has(mount) ? undefined : this.#carrierOf(mount, blocks, mounts);
        if (block !== undefined) mounts.set(mount, { mount, block });
      }
      this.#climbLoops(blocks, mounts);
    }
    return { blocks, mounts: this.#mounts.flatMap((mount) => mounts.get(mount) ?? []) };
  }

  #climb(block: BlockDevice, path: readonly string[], found: Map<string, StackedBlock>): void {
    if (found.has(block.name)) return;
    const here = [...path, blockTitle(block)];
    found.set(block.name, { block, path: here.join(' > ') });
    const holders = knownValue(block.holders) ?? [];
    for (const above of this.#blocks) {
      if (above.partitionOf === block.name || holders.includes(above.name)) this.#climb(above, here, found);
    }
  }

  #carrierOf(
    mount: Mount,
    blocks: ReadonlyMap<string, StackedBlock>,
    mounts: ReadonlyMap<Mount, StackedMount>,
  ): StackedBlock | undefined {
    for (const name of this.#direct.get(mount) ?? []) {
      const block = blocks.get(name);
      if (block !== undefined) return block;
    }
    return mount.directories
      .flatMap((path) => this.mountsOf(path))
      .flatMap((below) => (below === mount ? [] : (mounts.get(below) ?? [])))[0]?.block;
  }

  #climbLoops(blocks: Map<string, StackedBlock>, mounts: ReadonlyMap<Mount, StackedMount>): void {
    for (const block of this.#blocks) {
      const file = knownValue(block.backingFile);
      if (file === undefined || blocks.has(block.name)) continue;
      const carrier = this.mountsOf(file).flatMap((mount) => mounts.get(mount) ?? [])[0];
      if (carrier !== undefined) this.#climb(block, [carrier.block.path], blocks);
    }
  }
}
