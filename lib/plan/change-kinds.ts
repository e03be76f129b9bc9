import type { Change, ChangeOf } from './change.ts';
import type { ChangeKind } from './change-kind.ts';
import { assignmentKind } from './changes/assignment.ts';
import { attachmentKind } from './changes/attachment.ts';
import { bootLoaderKind } from './changes/boot-loader.ts';
import { categoryKind } from './changes/category.ts';
import { definitionKind } from './changes/definition.ts';
import { directoryKind } from './changes/directory.ts';
import { driverKind } from './changes/driver.ts';
import { fileKind } from './changes/file.ts';
import { imageKind } from './changes/image.ts';
import { initramfsKind } from './changes/initramfs.ts';
import { linkKind } from './changes/link.ts';
import { moduleKind } from './changes/module.ts';
import { networkKind } from './changes/network.ts';
import { powerKind } from './changes/power.ts';
import { vfsKind } from './changes/vfs.ts';

/** All kinds of change, except how each is made, which is in `lib/apply/change-makers.ts`. */
export const CHANGE_KINDS: { readonly [K in Change['kind']]: ChangeKind<ChangeOf<K>> } = {
  driver: driverKind,
  module: moduleKind,
  file: fileKind,
  initramfs: initramfsKind,
  'boot-loader': bootLoaderKind,
  vfs: vfsKind,
  link: linkKind,
  assignment: assignmentKind,
  attachment: attachmentKind,
  category: categoryKind,
  directory: directoryKind,
  image: imageKind,
  network: networkKind,
  definition: definitionKind,
  power: powerKind,
};

export function kindOf(change: Change): ChangeKind<Change> {
  // The common key guarantees that each kind gets only its own changes.
  return CHANGE_KINDS[change.kind] as unknown as ChangeKind<Change>;
}
