import type { ChangeableHost } from '../../lib/apply/changeable-host.ts';
import type { Run } from '../../lib/host/runner.ts';
import { SnapshotHost } from '../../lib/host/snapshot/snapshot-host.ts';
import { LocalGuests } from './local-guest.ts';
import { MemoryFiles } from './memory-files.ts';

/** A host with only files, on which every program has the same result and effect on the files. */
export function hostWithProgram(
  run: (files: Map<string, string>) => Run,
): ChangeableHost & { readonly files: MemoryFiles } {
  const files = new MemoryFiles();
  const reader = new SnapshotHost({ label: 'a', identifiers: 'raw', entries: new Map() });
  return {
    reader,
    writer: { write: async () => ({ failed: 'EIO' }) },
    runner: { run: async () => run(files.files) },
    files,
    guests: new LocalGuests(),
  };
}

/** A program that ran to its end. */
export function exited(exitCode: number, stderr = ''): Run {
  return { kind: 'exited', exitCode, stdout: '', stderr };
}
