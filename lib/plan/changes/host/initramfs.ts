import { quote } from '../../../base/shell-command.ts';
import type { ChangeKind } from '../../change-kind.ts';
import { isTextOrNull } from '../../change-parts.ts';
import { INITRAMFS_STATE_PATH, STALE } from '../../change-states.ts';

/**
 * The initramfs is generated again, so that it contains the persisted bindings of a token, or none (`null`). It reads
 * them from files. So a plan has two such changes: to {@link STALE} before its files change, and from it after they
 * changed. An undo in reverse order then generates it again after the files are restored.
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
    /** The hook of portal-gun leaves its token; without the hook, the token is removed here. */
    lines({ to }) {
      // Only an undo needs to know that it has started.
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
  // The earlier file is restored whatever happened to the devices.
  functions: (_, direction) => (direction === 'to' ? null : []),
  removesFunctions: false,
  safety: () => ({ asks: 'nothing' }),
  loads: () => null,
  touches: ({ kind }) => [kind],
  endsWithBoot: () => false,
  unlessUndone: 'stuck',
} satisfies ChangeKind<InitramfsChange>;
