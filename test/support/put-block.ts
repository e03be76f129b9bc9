import type { HostTree } from './host-tree.ts';

/** A block device with its number, its entry in the class, and its holders. */
export function putBlock(tree: HostTree, path: string, number: string, ...holders: readonly string[]): void {
  const name = path.slice(path.lastIndexOf('/') + 1);
  tree.attribute(`${path}/dev`, number);
  tree.directory(`${path}/holders`);
  for (const holder of holders)
    tree.linkTo(`${path}/holders/${holder}`, `/sys/devices/virtual/block/${holder}`);
  tree.linkTo(`/sys/class/block/${name}`, path);
}
