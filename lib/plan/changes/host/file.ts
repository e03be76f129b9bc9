import { quote } from '../../../base/shell-command.ts';
import type { ChangeKind } from '../../change-kind.ts';
import { isBoolean, isTextOrNull } from '../../change-parts.ts';

/** A file of portal-gun is written, replaced or removed; `null` if there is none. */
export interface FileChange {
  readonly kind: 'file';
  readonly path: string;
  readonly from: string | null;
  readonly to: string | null;
  /** Whether it is executable; false if omitted. */
  readonly executable?: boolean;
}

/** No other user may take the lock in it. */
const RUN_FOLDER = '/run/portal-gun';

export const fileKind = {
  hasForm: ({ path, from, to, executable = false }, { isOwnPath }) =>
    typeof path === 'string' &&
    isOwnPath(path) &&
    isTextOrNull(from) &&
    isTextOrNull(to) &&
    isBoolean(executable),
  words: ({ path, to }, about) => `${to === null ? 'remove' : 'write'} ${path}: ${about}`,
  script: {
    parts: () => [],
    checks: () => [],
    lines({ path, to, executable }) {
      if (to === null) return [`rm -f -- ${quote(path)}`];
      const folder = path.slice(0, path.lastIndexOf('/'));
      return [
        folder === RUN_FOLDER ? `mkdir -p -m 700 -- ${RUN_FOLDER}` : `mkdir -p -- ${quote(folder)}`,
        `printf %s ${quote(to)} > ${quote(path)}`,
        ...(executable === true ? [`chmod 755 -- ${quote(path)}`] : []),
      ];
    },
  },
  madeBy: 'this-machine',
  // The earlier file is restored whatever happened to the devices.
  functions: (_, direction) => (direction === 'to' ? null : []),
  removesFunctions: false,
  safety: () => ({ asks: 'nothing' }),
  loads: () => null,
  touches: ({ path }) => [path],
  endsWithBoot: ({ path }) => path.startsWith('/run/'),
  unlessUndone: 'stuck',
} satisfies ChangeKind<FileChange>;
