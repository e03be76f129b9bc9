import { EARLY_PROGRAM_PATH, tokenOf } from '../binding/early-bindings.ts';
import { type FileChange, STALE } from '../change.ts';
import type { Step } from '../plan.ts';
import {
  type BootState,
  type PersistedRecords,
  type PersistenceFile,
  persistenceFiles,
} from './persistence-files.ts';

/** What of a host decides how bindings and VFs are made to outlive a boot there. */
export interface PersistenceState {
  readonly boot: BootState;
  /** What is in a file, `null` where there is none. */
  readonly textOf: (path: string) => string | null;
  /** What the initial RAM disks hold: see `InitramfsChange`. */
  readonly initramfs: string | null;
}

/** The steps after which just this outlives a boot: the files that are not as they shall be, and the initial RAM disks. */
export function planPersistence(
  records: PersistedRecords,
  { boot, textOf, initramfs }: PersistenceState,
): readonly Step[] {
  const files = persistenceFiles(records, boot);
  const steps = files.flatMap((file) => fileStep(file, textOf(file.path)));
  const program = files.find(({ path }) => path === EARLY_PROGRAM_PATH)?.text ?? null;
  const token = tokenOf(program);
  const isStale =
    initramfs !== token || files.some((file) => file.isEarly && file.text !== textOf(file.path));
  if (!isStale || boot.initramfs !== 'initramfs-tools') return steps;
  return [
    ...(initramfs === STALE
      ? []
      : [
          {
            words: 'the initial RAM disks: to be made anew',
            change: { kind: 'initramfs', from: initramfs, to: STALE } as const,
          },
        ]),
    ...steps,
    {
      words: `the initial RAM disks: make them anew, ${token === null ? 'without' : 'with'} what binds early`,
      change: { kind: 'initramfs', from: STALE, to: token } as const,
    },
  ];
}

function fileStep(
  { path, text, executable, purpose }: PersistenceFile,
  from: string | null,
): readonly Step[] {
  if (text === from) return [];
  const change: FileChange = { kind: 'file', path, from, to: text, ...(executable ? { executable } : {}) };
  return [{ words: `${text === null ? 'remove' : 'write'} ${path}: ${purpose}`, change }];
}
