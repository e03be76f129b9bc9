import type { Change } from '../plan/change.ts';
import type { Plan } from '../plan/plan.ts';
import type { ChangeKind, Problem } from './change-kind.ts';
import type { ChangeableHost } from './changeable-host.ts';
import { bootLoaderChange } from './changes/boot-loader.ts';
import { driverChange } from './changes/driver.ts';
import { fileChange } from './changes/file.ts';
import { initramfsChange } from './changes/initramfs.ts';
import { linkChange } from './changes/link.ts';
import { moduleChange } from './changes/module.ts';
import { vfsChange } from './changes/vfs.ts';

type KindOf<K extends Change['kind']> = ChangeKind<Extract<Change, { kind: K }>>;

const CHANGE_KINDS: { readonly [K in Change['kind']]: KindOf<K> | (() => Promise<KindOf<K>>) } = {
  driver: driverChange,
  module: moduleChange,
  file: fileChange,
  initramfs: initramfsChange,
  'boot-loader': bootLoaderChange,
  vfs: vfsChange,
  link: linkChange,
  // What reads and writes the documents of machines is half of the program, and most plans have none.
  assignment: async () => (await import('./changes/assignment.ts')).assignmentChange,
  attachment: async () => (await import('./changes/attachment.ts')).attachmentChange,
};

/** Which way a change is made. */
export type Direction = 'to' | 'from';

/** Whether the host is as it shall be after a change, or as it was before. */
export async function isReached(
  host: ChangeableHost,
  change: Change,
  direction: Direction,
): Promise<boolean> {
  return (await kindOf(change)).isReached(host, change, change[direction]);
}

/** Makes a change, or undoes it, and looks whether it took effect. */
export async function reach(
  host: ChangeableHost,
  change: Change,
  direction: Direction,
): Promise<Problem | null> {
  const problem = await (await kindOf(change)).reach(host, change, change[direction]);
  if (problem !== null || (await isReached(host, change, direction))) return problem;
  return 'nothing failed, and yet it is not as it should be';
}

/** Loads all that a plan takes to be made and undone: in the middle of it the disk with the program may be out of reach. */
export async function loadKinds({ steps }: Plan): Promise<void> {
  await Promise.all(steps.map(({ change }) => kindOf(change)));
}

async function kindOf(change: Change): Promise<ChangeKind<Change>> {
  const kind = CHANGE_KINDS[change.kind];
  // Each kind gets changes of its own alone, by the key that they have in common.
  return (typeof kind === 'function' ? await kind() : kind) as unknown as ChangeKind<Change>;
}
