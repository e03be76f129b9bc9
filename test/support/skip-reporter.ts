import type { Reporter, TestModule, Vitest } from 'vitest/node';
import { reasonIn } from './skipping.ts';

/** Prints at the end of a run how many tests were skipped, and why; those without a reason in their title by name. */
export class SkipReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    // A user who selects tests by name knows that others are skipped.
    if (this.#vitest?.getGlobalTestNamePattern() !== undefined) return;
    const counts = new Map<string, number>();
    for (const module of modules) {
      for (const test of module.children.allTests('skipped')) {
        const reason =
          reasonIn(test.fullName) ?? `no reason given: ${module.relativeModuleId} > ${test.fullName}`;
        counts.set(reason, (counts.get(reason) ?? 0) + 1);
      }
    }
    const lines = [...counts].map(([reason, count]) => `skipped: ${count} (${reason})\n`);
    process.stdout.write(lines.join(''));
  }
}
