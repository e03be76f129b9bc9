import type { Change } from '../plan/change.ts';
import type { Direction } from '../plan/concerned-functions.ts';
import type { Plan } from '../plan/plan.ts';
import type { AskedChangeKind, ChangeKind, Problem } from './change-kind.ts';
import type { ChangeableHost } from './changeable-host.ts';
import { bootLoaderChange } from './changes/boot-loader.ts';
import { driverChange } from './changes/driver.ts';
import { fileChange } from './changes/file.ts';
import { initramfsChange } from './changes/initramfs.ts';
import { linkChange } from './changes/link.ts';
import { moduleChange } from './changes/module.ts';
import { vfsChange } from './changes/vfs.ts';

type KindFor<C extends Change> = ChangeKind<C> | AskedChangeKind<C>;
type KindOf<K extends Change['kind']> = KindFor<Extract<Change, { kind: K }>>;

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
  category: async () => (await import('./changes/category.ts')).categoryChange,
};

/** How a host stands to a change, where it was looked at. What is cheap to read is read anew each time. */
export interface ObservedChange {
  /** Why that is not known; `null` where it is. */
  readonly problem: Problem | null;
  /** Whether the host is as it shall be after the change, or as it was before. */
  isAt(direction: Direction): Promise<boolean>;
  /** Makes the change, or undoes it, and looks whether it took effect. Once at most: the host is another one then. */
  reach(direction: Direction): Promise<Problem | null>;
}

const NO_EFFECT = 'nothing failed, and yet it is not as it should be';

export async function observe(host: ChangeableHost, change: Change): Promise<ObservedChange> {
  const kind = await kindOf(change);
  if ('look' in kind) {
    const look = await kind.look(host, change);
    return {
      problem: look.problem,
      isAt: async (direction) => look.isAt(change[direction]),
      async reach(direction) {
        const after = await look.reach(change[direction]);
        if (typeof after === 'string') return after;
        return after.isAt(change[direction]) ? null : (after.problem ?? NO_EFFECT);
      },
    };
  }
  return {
    problem: null,
    isAt: (direction) => kind.isReached(host, change, change[direction]),
    async reach(direction) {
      const problem = await kind.reach(host, change, change[direction]);
      if (problem !== null || (await kind.isReached(host, change, change[direction]))) return problem;
      return NO_EFFECT;
    },
  };
}

/** Loads all that a plan takes to be made and undone: in the middle of it the disk with the program may be out of reach. */
export async function loadKinds({ steps }: Plan): Promise<void> {
  await Promise.all(steps.map(({ change }) => kindOf(change)));
}

async function kindOf(change: Change): Promise<KindFor<Change>> {
  const kind = CHANGE_KINDS[change.kind];
  // Each kind gets changes of its own alone, by the key that they have in common.
  return (typeof kind === 'function' ? await kind() : kind) as unknown as KindFor<Change>;
}
