import { Problem } from '../base/problem.ts';
import type { Change, ChangeOf } from '../plan/change.ts';
import type { Direction } from '../plan/change-kind.ts';
import type { Plan } from '../plan/plan.ts';
import type { AskedChangeMaker, ChangeMaker } from './change-maker.ts';
import type { ChangeableHost } from './changeable-host.ts';
import { bootLoaderMaker } from './changes/host/boot-loader.ts';
import { directoryMaker } from './changes/host/directory.ts';
import { driverMaker } from './changes/host/driver.ts';
import { fileMaker } from './changes/host/file.ts';
import { initramfsMaker } from './changes/host/initramfs.ts';
import { linkMaker } from './changes/host/link.ts';
import { moduleMaker } from './changes/host/module.ts';
import { vfsMaker } from './changes/host/vfs.ts';

type MakerFor<C extends Change> = ChangeMaker<C> | AskedChangeMaker<C>;
type MakerOf<K extends Change['kind']> = MakerFor<ChangeOf<K>>;

/** How each kind of change is made. Everything else about a kind is in `lib/plan/change-kinds.ts`. */
const CHANGE_MAKERS: { readonly [K in Change['kind']]: MakerOf<K> | (() => Promise<MakerOf<K>>) } = {
  driver: driverMaker,
  module: moduleMaker,
  file: fileMaker,
  initramfs: initramfsMaker,
  'boot-loader': bootLoaderMaker,
  vfs: vfsMaker,
  link: linkMaker,
  // The code for VM documents is half of the program, and most plans do not need it.
  assignment: async () => (await import('./changes/machine/assignment.ts')).assignmentMaker,
  attachment: async () => (await import('./changes/machine/attachment.ts')).attachmentMaker,
  category: async () => (await import('./changes/machine/category.ts')).categoryMaker,
  directory: directoryMaker,
  hooks: async () => (await import('./changes/host/hooks.ts')).hooksMaker,
  image: async () => (await import('./changes/machine/image.ts')).imageMaker,
  network: async () => (await import('./changes/machine/network.ts')).networkMaker,
  definition: async () => (await import('./changes/machine/definition.ts')).definitionMaker,
  'guest-file': async () => (await import('./changes/guest/guest-file.ts')).guestFileMaker,
  'guest-setting': async () => (await import('./changes/guest/guest-setting.ts')).guestSettingMaker,
  power: async () => (await import('./changes/machine/power.ts')).powerMaker,
};

/** The state of a host in respect to a change. Cheap reads are repeated each time. */
export interface ObservedChange {
  /** Why the state is unknown; `null` if it is known. */
  readonly problem: Problem | null;
  /** Whether the host has the state after the change, or before it. */
  isAt(direction: Direction): Promise<boolean>;
  /** Makes the change, or undoes it, and verifies it. At most once, because the host is different afterwards. */
  reach(direction: Direction): Promise<Problem | null>;
}

const NO_EFFECT = new Problem('NO_EFFECT', 'no step failed, but the result is not as planned');

export async function observe(host: ChangeableHost, change: Change): Promise<ObservedChange> {
  const maker = await makerOf(change);
  if ('look' in maker) {
    const look = await maker.look(host, change);
    return {
      problem: look.problem,
      isAt: async (direction) => look.isAt(change[direction]),
      async reach(direction) {
        const after = await look.reach(change[direction]);
        if (after instanceof Problem) return after;
        return after.isAt(change[direction]) ? null : (after.problem ?? NO_EFFECT);
      },
    };
  }
  return {
    problem: null,
    isAt: (direction) => maker.isReached(host, change, change[direction]),
    async reach(direction) {
      const problem = await maker.reach(host, change, change[direction]);
      if (problem !== null || (await maker.isReached(host, change, change[direction]))) return problem;
      return NO_EFFECT;
    },
  };
}

/**
 * Loads all code for making and undoing a plan, because the disk with the program may be unavailable in the middle of
 * it.
 */
export async function loadMakers({ steps }: Plan): Promise<void> {
  await Promise.all(steps.map(({ change }) => makerOf(change)));
}

async function makerOf(change: Change): Promise<MakerFor<Change>> {
  const maker = CHANGE_MAKERS[change.kind];
  // The common key guarantees that each kind gets only its own changes.
  return (typeof maker === 'function' ? await maker() : maker) as unknown as MakerFor<Change>;
}
