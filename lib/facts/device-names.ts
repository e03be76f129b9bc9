import { knownValue } from '../base/known.ts';
import type { BlockDevice, DeviceName } from './storage-use.ts';

const DELETED = / \(deleted\)$/;

/** Finds the block device that a path below `/dev` stands for. */
export class DeviceNames {
  readonly #byName: ReadonlyMap<string, BlockDevice>;
  readonly #byTitle: ReadonlyMap<string, BlockDevice>;
  readonly #others: ReadonlyMap<string, string>;

  /** @param others names that neither the kernel nor LVM gave */
  constructor(blocks: readonly BlockDevice[], others: readonly DeviceName[] = []) {
    this.#byName = new Map(blocks.map((block) => [block.name, block]));
    this.#byTitle = new Map(blocks.map((block) => [knownValue(block.title) ?? '', block]));
    this.#others = new Map(others.map(({ path, block }) => [path, block]));
  }

  named(name: string): BlockDevice | undefined {
    return this.#byName.get(name);
  }

  /** Also for a node that is deleted, or below the `/dev` of another root: `/srv/root/dev/sda1`. */
  at(path: string): BlockDevice | undefined {
    const other = this.#others.get(path);
    if (other !== undefined) return this.#byName.get(other);
    const below = /^.*?\/dev\/(.+)$/.exec(path.replace(DELETED, ''))?.[1];
    const [first = '', second, ...rest] = below?.split('/') ?? [];
    if (below === undefined || rest.length > 0) return undefined;
    if (second === undefined) return this.#byName.get(first);
    if (first === 'mapper') return this.#byTitle.get(second);
    // LVM doubles the hyphens of its names, so a single hyphen separates them.
    const volume = [first, second].map((each) => each.replaceAll('-', '--')).join('-');
    // The name in the kernel has "!" instead of a slash: cciss!c0d0.
    return this.#byName.get(`${first}!${second}`) ?? this.#byTitle.get(volume);
  }
}

/** Whether a path is that of a device node, not of a file: it is below the `/dev` of any root. */
export function isNodePath(path: string): boolean {
  return path.startsWith('/dev/') && !path.startsWith('/dev/shm/');
}
