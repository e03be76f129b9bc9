import { quote } from '../../../base/shell-command.ts';
import type { ChangeKind } from '../../change-kind.ts';
import { isBoolean } from '../../change-parts.ts';
import { isStatePath } from '../../machine-paths.ts';

/** A directory for files of a machine is made or removed. */
export interface DirectoryChange {
  readonly kind: 'directory';
  /** Below the directories of portal-gun. */
  readonly path: string;
  /** Whether it is there. */
  readonly from: boolean;
  readonly to: boolean;
  /** Whether it is removed with everything in it, which no undo restores; by default only if it is empty. */
  readonly withContent?: boolean;
}

export const directoryKind = {
  hasForm: ({ path, from, to, withContent = false }) =>
    isStatePath(path) && isBoolean(from) && isBoolean(to) && isBoolean(withContent),
  words: ({ path, to }) => `${to ? 'create' : 'remove'} ${path}/`,
  script: {
    parts: () => [],
    checks: () => [],
    lines({ path, to, withContent = false }) {
      if (to) return [`mkdir -p -- ${quote(path)}`];
      return [
        withContent ? `rm -rf -- ${quote(path)}` : `[ ! -d ${quote(path)} ] || rmdir -- ${quote(path)}`,
      ];
    },
  },
  madeBy: 'this-machine',
  functions: () => [],
  removesFunctions: false,
  safety: () => ({ asks: 'nothing' }),
  loads: () => null,
  touches: ({ path }) => [path],
  endsWithBoot: ({ path }) => path.startsWith('/run/'),
  // An empty directory harms nothing.
  unlessUndone: 'left',
} satisfies ChangeKind<DirectoryChange>;
