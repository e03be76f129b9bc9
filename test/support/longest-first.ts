import { existsSync } from 'node:fs';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The files that take longest, longest first: whatever else runs beside them is then through before they are, and no
 * processor waits for the last of them. How long a file takes cannot be told from its size, which is all that there
 * is to go by on a machine where nothing ran yet.
 */
const LONGEST = [
  'test/lab/persist.test.ts',
  'test/lab/changes.test.ts',
  // It waits for a third of its time, best beside what does not.
  'test/lab/kernel-contract.test.ts',
  'test/lab/assigned-machines.test.ts',
  'test/lab/readers-large.test.ts',
  'test/lab/fixes.test.ts',
  'test/lab/readers-intel.test.ts',
  'test/cli/hostile.test.ts',
  'test/faults/every-fault.test.ts',
  'test/docs/documents.test.ts',
  'test/corpus/hosts.test.ts',
  'test/cli/json-documents.test.ts',
  'test/cli/narrow-terminal.test.ts',
];

const missing = LONGEST.filter((file) => !existsSync(file));
if (missing.length > 0) throw new Error(`test/support/longest-first.ts: no such file: ${missing.join(', ')}`);

/** Starts what takes longest first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = LONGEST.findIndex((file) => moduleId.endsWith(`/${file}`));
      return index < 0 ? LONGEST.length : index;
    };
    const group = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;
    return sorted.sort((a, b) => group(a) - group(b) || rank(a) - rank(b));
  }
}
