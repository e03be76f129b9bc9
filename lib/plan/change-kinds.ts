import type { Change, ChangeOf } from './change.ts';
import type { ChangeKind } from './change-kind.ts';
import { guestFileKind } from './changes/guest/guest-file.ts';
import { guestSettingKind } from './changes/guest/guest-setting.ts';
import { bootLoaderKind } from './changes/host/boot-loader.ts';
import { directoryKind } from './changes/host/directory.ts';
import { driverKind } from './changes/host/driver.ts';
import { fileKind } from './changes/host/file.ts';
import { hooksKind } from './changes/host/hooks.ts';
import { initramfsKind } from './changes/host/initramfs.ts';
import { linkKind } from './changes/host/link.ts';
import { moduleKind } from './changes/host/module.ts';
import { vfsKind } from './changes/host/vfs.ts';
import { assignmentKind } from './changes/machine/assignment.ts';
import { attachmentKind } from './changes/machine/attachment.ts';
import { categoryKind } from './changes/machine/category.ts';
import { definitionKind } from './changes/machine/definition.ts';
import { imageKind } from './changes/machine/image.ts';
import { networkKind } from './changes/machine/network.ts';
import { powerKind } from './changes/machine/power.ts';

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
  hooks: hooksKind,
  image: imageKind,
  network: networkKind,
  definition: definitionKind,
  power: powerKind,
  'guest-file': guestFileKind,
  'guest-setting': guestSettingKind,
};

export function kindOf(change: Change): ChangeKind<Change> {
  // The common key guarantees that each kind gets only its own changes.
  return CHANGE_KINDS[change.kind] as unknown as ChangeKind<Change>;
}
