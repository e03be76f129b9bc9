import { EARLY_PROGRAM_PATH, tokenOf } from '../binding/early-bindings.ts';
import { STALE } from '../change-states.ts';
import { type FileChange, fileKind } from '../changes/host/file.ts';
import { type InitramfsChange, initramfsKind } from '../changes/host/initramfs.ts';
import type { Step } from '../plan.ts';
import {
  type BootState,
  type PersistedRecords,
  type PersistenceFile,
  persistenceFiles,
} from './persistence-files.ts';

/** The facts of a host that decide how bindings and VFs are persisted there. */
export interface PersistenceState {
  readonly boot: BootState;
  /** The text of a file, `null` if there is none. */
  readonly textOf: (path: string) => string | null;
  /** The bindings in the initramfs: see `InitramfsChange`. */
  readonly initramfs: string | null;
}

/** The steps that make exactly these records apply after a boot: the files that differ, and the initramfs. */
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
    ...(initramfs === STALE ? [] : [initramfsStep(initramfs, STALE)]),
    ...steps,
    initramfsStep(STALE, token),
  ];
}

function initramfsStep(from: string | null, to: string | null): Step {
  const change: InitramfsChange = { kind: 'initramfs', from, to };
  return { words: initramfsKind.words(change), change };
}

function fileStep(
  { path, text, executable, purpose }: PersistenceFile,
  from: string | null,
): readonly Step[] {
  if (text === from) return [];
  const change: FileChange = { kind: 'file', path, from, to: text, ...(executable ? { executable } : {}) };
  return [{ words: fileKind.words(change, purpose), change }];
}
