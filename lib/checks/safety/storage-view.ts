import { isUnknown, knownValue } from '../../base/known.ts';
import { shellCommand } from '../../base/shell-command.ts';
import { isNodePath } from '../../facts/device-names.ts';
import type { HostUse, LiveUse } from '../../facts/host-use.ts';
import type { BlockDevice } from '../../facts/storage-use.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { SafetyDevice } from './safety-fields.ts';
import { type PlacedMount, StorageGraph } from './storage-graph.ts';
import { SYSTEM_POINTS } from './system-points.ts';

/** A block device on a function, with those between: `nvme0n1 > nvme0n1p3 > vg0-root`. */
export interface StackedBlock {
  readonly block: BlockDevice;
  readonly path: string;
  /** Whether it is in a file of a mounted file system. */
  readonly isInFile: boolean;
}

/** A mount that needs a function, and the block device between them. */
export interface StackedMount extends PlacedMount {
  readonly block: StackedBlock;
}

/** A holder of a block device that is not a block device in the list of the kernel. */
export interface Stranger {
  readonly name: string;
  readonly path: string;
}

/** Everything on the disks of one function. */
export interface StorageStack {
  readonly blocks: ReadonlyMap<string, StackedBlock>;
  readonly mounts: readonly StackedMount[];
  readonly strangers: readonly Stranger[];
}

/** The name of a block device. */
export function blockTitle({ name, title }: BlockDevice): string {
  return knownValue(title) ?? name;
}

/** `sda1 on /srv`, with a process of its mount namespace if that is another one. */
export function mountTitle({ mount, where, block }: StackedMount): string {
  return `${blockTitle(block.block)} on ${mount.point}${spaceOf(where)}`;
}

function spaceOf(where: PlacedMount['where']): string {
  return where === null ? '' : ` (mount namespace of ${where.command ?? 'a process'}, pid ${where.pid})`;
}

/** The source of a mount, one line: `/dev/vda2 is mounted on /home (ext4): vda > vda2`. */
export function mountEvidence({ mount, where, block }: StackedMount): string {
  return `${mount.source} is mounted on ${mount.point} (${mount.type})${spaceOf(where)}: ${block.path}`;
}

/** The command that unmounts it: `umount /srv`. */
export function unmountCommand({ mount, where }: PlacedMount): string {
  const enter = where === null ? [] : ['nsenter', '--target', `${where.pid}`, '--mount'];
  return shellCommand(...enter, 'umount', mount.point);
}

/** Whether the host runs from a mount: one in its own namespace, or in that of process 1. */
export function isSystemMount({ mount, where }: PlacedMount): boolean {
  return SYSTEM_POINTS.has(mount.point) && (where === null || where.isOfInit);
}

/** Whether a function has disks, or may have. */
export function mayHaveDisks({ blockDevices }: Pick<SafetyDevice, 'blockDevices'>): boolean {
  return isUnknown(blockDevices) || (blockDevices !== null && blockDevices.length > 0);
}

/** Follows partitions, holders, mounts, loop devices and overlays from disks upwards. */
export class StorageView {
  readonly graph: StorageGraph;
  readonly #stacks = new Map<PciAddress, StorageStack>();

  constructor(use: HostUse, live: LiveUse) {
    this.graph = new StorageGraph(use, live);
  }

  stackOn(address: PciAddress): StorageStack {
    const known = this.#stacks.get(address);
    if (known !== undefined) return known;
    const stack = new Climb(this.graph).from(address);
    this.#stacks.set(address, stack);
    return stack;
  }

  /** The block device of a path below `/dev`, by the names of the kernel, LVM and links. */
  blockAt(path: string): BlockDevice | undefined {
    return this.graph.names.at(path);
  }

  /** Whether a file is on a file system that needs a function. */
  isFileOn(path: string, { mounts }: StorageStack): boolean {
    const around = this.graph.mountsOfFile(path);
    return mounts.some((mount) => around.some((place) => isSame(place, mount)));
  }
}

function isSame(one: PlacedMount, other: PlacedMount): boolean {
  return one.mount === other.mount && one.where === other.where;
}

/** Follows everything on the disks of one function upwards. */
class Climb {
  readonly #graph: StorageGraph;
  readonly #blocks = new Map<string, StackedBlock>();
  readonly #mounts = new Map<PlacedMount, StackedMount>();
  readonly #strangers = new Map<string, Stranger>();

  constructor(graph: StorageGraph) {
    this.#graph = graph;
  }

  from(address: PciAddress): StorageStack {
    const { blocks, mounts } = this.#graph;
    for (const block of blocks) {
      if (block.functions.includes(address) && block.partitionOf === null) this.#climb(block, [], false);
    }
    // A loop device can be on a mount, and a mount on a loop device, so this repeats until nothing new is found.
    for (let before = -1; before !== this.#blocks.size + this.#mounts.size; ) {
      before = this.#blocks.size + this.#mounts.size;
      if (before === 0) break;
      for (const place of mounts) {
        const block = this.#mounts.has(place) ? undefined : this.#carrierOf(place);
        if (block !== undefined) this.#mounts.set(place, { ...place, block });
      }
      this.#climbFiles();
    }
    return {
      blocks: this.#blocks,
      mounts: mounts.flatMap((place) => this.#mounts.get(place) ?? []),
      strangers: [...this.#strangers.values()],
    };
  }

  #climb(block: BlockDevice, path: readonly string[], isInFile: boolean): void {
    if (this.#blocks.has(block.name)) return;
    const here = [...path, blockTitle(block)];
    this.#blocks.set(block.name, { block, path: here.join(' > '), isInFile });
    for (const above of this.#graph.above(block.name)) this.#climb(above, here, isInFile);
    for (const name of knownValue(block.holders) ?? []) {
      if (this.#graph.names.named(name) === undefined) {
        this.#strangers.set(name, { name, path: [...here, name].join(' > ') });
      }
    }
  }

  #carrierOf(place: PlacedMount): StackedBlock | undefined {
    for (const name of this.#graph.blocksOf(place)) {
      const block = this.#blocks.get(name);
      if (block !== undefined) return block;
    }
    return this.#graph.mountsBelow(place).flatMap((below) => this.#mounts.get(below) ?? [])[0]?.block;
  }

  #climbFiles(): void {
    for (const block of this.#graph.blocks) {
      const file = knownValue(block.backingFile);
      if (file === undefined || this.#blocks.has(block.name) || isNodePath(file)) continue;
      const carrier = this.#graph.mountsOfFile(file).flatMap((place) => this.#mounts.get(place) ?? [])[0];
      if (carrier !== undefined) this.#climb(block, [carrier.block.path], true);
    }
  }
}
