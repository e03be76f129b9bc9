import type { Change } from '../plan/change.ts';
import type { ChangeKind, Problem } from './change-kind.ts';
import type { ChangeableHost } from './changeable-host.ts';
import { assignmentChange } from './changes/assignment.ts';
import { attachmentChange } from './changes/attachment.ts';
import { bootLoaderChange } from './changes/boot-loader.ts';
import { driverChange } from './changes/driver.ts';
import { fileChange } from './changes/file.ts';
import { initramfsChange } from './changes/initramfs.ts';
import { linkChange } from './changes/link.ts';
import { moduleChange } from './changes/module.ts';
import { vfsChange } from './changes/vfs.ts';

const CHANGE_KINDS: { readonly [K in Change['kind']]: ChangeKind<Extract<Change, { kind: K }>> } = {
  driver: driverChange,
  module: moduleChange,
  file: fileChange,
  initramfs: initramfsChange,
  'boot-loader': bootLoaderChange,
  vfs: vfsChange,
  link: linkChange,
  assignment: assignmentChange,
  attachment: attachmentChange,
};

/** Which way a change is made. */
export type Direction = 'to' | 'from';

/** Whether the host is as it shall be after a change, or as it was before. */
export function isReached(host: ChangeableHost, change: Change, direction: Direction): Promise<boolean> {
  return kindOf(change).isReached(host, change, change[direction]);
}

/** Makes a change, or undoes it, and looks whether it took effect. */
export async function reach(
  host: ChangeableHost,
  change: Change,
  direction: Direction,
): Promise<Problem | null> {
  const problem = await kindOf(change).reach(host, change, change[direction]);
  if (problem !== null || (await isReached(host, change, direction))) return problem;
  return 'nothing failed, and yet it is not as it should be';
}

function kindOf(change: Change): ChangeKind<Change> {
  // Each kind gets changes of its own alone, by the key that they have in common.
  return CHANGE_KINDS[change.kind] as unknown as ChangeKind<Change>;
}
