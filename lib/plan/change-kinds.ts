import type { Change, ChangeOf } from './change.ts';
import type { ChangeKind } from './change-kind.ts';
import { assignmentKind } from './changes/assignment.ts';
import { attachmentKind } from './changes/attachment.ts';
import { bootLoaderKind } from './changes/boot-loader.ts';
import { categoryKind } from './changes/category.ts';
import { driverKind } from './changes/driver.ts';
import { fileKind } from './changes/file.ts';
import { initramfsKind } from './changes/initramfs.ts';
import { linkKind } from './changes/link.ts';
import { moduleKind } from './changes/module.ts';
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
};

export function kindOf(change: Change): ChangeKind<Change> {
  // The common key guarantees that each kind gets only its own changes.
  return CHANGE_KINDS[change.kind] as unknown as ChangeKind<Change>;
}
