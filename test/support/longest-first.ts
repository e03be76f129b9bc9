import { existsSync } from 'node:fs';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The slowest files, slowest first, so that no processor waits for the last of them at the end. The size of a file,
 * the only criterion on a new machine, does not predict its time.
 */
const LONGEST = [
  'test/lab/persist.test.ts',
  'test/lab/changes.test.ts',
  'test/lab/machine-devices.test.ts',
  // It waits for a third of its time, so it runs best together with files that do not.
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

/** Starts the slowest files first. */
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
