import type { AssignmentChange } from './changes/assignment.ts';
import type { AttachmentChange } from './changes/attachment.ts';
import type { BootLoaderChange } from './changes/boot-loader.ts';
import type { CategoryChange } from './changes/category.ts';
import type { DefinitionChange } from './changes/definition.ts';
import type { DirectoryChange } from './changes/directory.ts';
import type { DriverChange } from './changes/driver.ts';
import type { FileChange } from './changes/file.ts';
import type { ImageChange } from './changes/image.ts';
import type { InitramfsChange } from './changes/initramfs.ts';
import type { LinkChange } from './changes/link.ts';
import type { ModuleChange } from './changes/module.ts';
import type { NetworkChange } from './changes/network.ts';
import type { PowerChange } from './changes/power.ts';
import type { VfsChange } from './changes/vfs.ts';

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
  | ImageChange
  | NetworkChange
  | DefinitionChange
  | PowerChange;

/** The change of one kind. */
export type ChangeOf<K extends Change['kind']> = Extract<Change, { readonly kind: K }>;

/** The state of the object of a change. */
export type StateOf<C extends Change> = C['from'] | C['to'];
