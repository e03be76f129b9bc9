import { quote } from '../../base/shell-command.ts';
import type { ChangeKind } from '../change-kind.ts';
import { isTextOrNull } from '../change-parts.ts';
import { INITRAMFS_STATE_PATH, STALE } from '../change-states.ts';

/**
 * The initial RAM disks are made anew, so that they hold the bindings that outlive a boot: those of a token, or none
 * (`null`). They take what they hold from files. So a plan has two such changes, to {@link STALE} before its files are
 * changed and from there when they are; then undoing it in reverse makes them anew once the files are back.
 */
export interface InitramfsChange {
  readonly kind: 'initramfs';
  readonly from: string | null;
  readonly to: string | null;
}

export const initramfsKind = {
  hasForm: ({ from, to }) => isTextOrNull(from) && isTextOrNull(to),
  words({ to }) {
    if (to === STALE) return 'mark the initramfs as stale';
    return `rebuild the initramfs ${to === null ? 'without' : 'with'} early binding`;
  },
  script: {
    parts: () => [],
    checks: () => [],
    /** The hook of ours leaves its token; where there is none any more, the token is taken away by us. */
    lines({ to }) {
      // Only who undoes needs to know that it has begun.
      if (to === STALE) return [':'];
      const update = 'update-initramfs -u -k all';
      if (to === null) {
        return [`if [ -e ${INITRAMFS_STATE_PATH} ]; then ${update}; rm -f -- ${INITRAMFS_STATE_PATH}; fi`];
      }
      const isMade = `[ "$(cat ${INITRAMFS_STATE_PATH} 2> /dev/null)" = ${quote(to)} ]`;
      return [`${isMade} || ${update}`, `${isMade} || fail 'the initramfs was not rebuilt'`];
    },
  },
  madeBy: 'this-machine',
  // What was there before is put back whatever became of the devices.
  functions: (_, direction) => (direction === 'to' ? null : []),
  removesFunctions: false,
  safety: () => ({ asks: 'nothing' }),
  loads: () => null,
  touches: ({ kind }) => [kind],
  endsWithBoot: () => false,
  unlessUndone: 'stuck',
} satisfies ChangeKind<InitramfsChange>;
