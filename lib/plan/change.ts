import type { GuestFileChange } from './changes/guest/guest-file.ts';
import type { GuestSettingChange } from './changes/guest/guest-setting.ts';
import type { BootLoaderChange } from './changes/host/boot-loader.ts';
import type { DirectoryChange } from './changes/host/directory.ts';
import type { DriverChange } from './changes/host/driver.ts';
import type { FileChange } from './changes/host/file.ts';
import type { HooksChange } from './changes/host/hooks.ts';
import type { InitramfsChange } from './changes/host/initramfs.ts';
import type { LinkChange } from './changes/host/link.ts';
import type { ModuleChange } from './changes/host/module.ts';
import type { VfsChange } from './changes/host/vfs.ts';
import type { AssignmentChange } from './changes/machine/assignment.ts';
import type { AttachmentChange } from './changes/machine/attachment.ts';
import type { CategoryChange } from './changes/machine/category.ts';
import type { DefinitionChange } from './changes/machine/definition.ts';
import type { ImageChange } from './changes/machine/image.ts';
import type { NetworkChange } from './changes/machine/network.ts';
import type { PowerChange } from './changes/machine/power.ts';

/**
 * A change of one object of a host: its state at the time of the plan, and its new state. An undo reaches `from`
 * again. It is plain data: a plan is printed, and stored in a journal, as JSON.
 */
export type Change =
  | DriverChange
  | ModuleChange
  | FileChange
  | InitramfsChange
  | BootLoaderChange
  | VfsChange
  | LinkChange
  | AssignmentChange
  | AttachmentChange
  | CategoryChange
  | DirectoryChange
  | HooksChange
  | ImageChange
  | NetworkChange
  | DefinitionChange
  | PowerChange
  | GuestFileChange
  | GuestSettingChange;

/** The change of one kind. */
export type ChangeOf<K extends Change['kind']> = Extract<Change, { readonly kind: K }>;

/** The state of the object of a change. */
export type StateOf<C extends Change> = C['from'] | C['to'];
