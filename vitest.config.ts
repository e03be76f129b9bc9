import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BUNDLE } from './bundle.mjs';
import { LongestFirst } from './test/support/longest-first.ts';
import { SkipReporter } from './test/support/skip-reporter.ts';

const alias = Object.fromEntries(
  Object.entries(BUNDLE.alias ?? {}).map(([name, path]) => [name, join(import.meta.dirname, path)]),
);

export default defineConfig({
  test: {
    coverage: { include: ['lib/**'] },
    reporters: ['default', new SkipReporter()],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'host',
          // Help is laid out with what the built programs measure text with: string-width costs ten times all the rest.
          server: { deps: { inline: [/\/node_modules\/(yargs|cliui|wrap-ansi)\//] } },
          include: ['test/**/*.test.ts'],
          exclude: ['test/lab/**'],
          // All of them: by default one is left for who sits there.
          maxWorkers: availableParallelism(),
          // No module keeps anything of a test; so a worker loads them once, and not for each of its files.
          isolate: false,
          // Only for what hangs: the slowest take seconds, and many times as long where much else runs.
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          globalSetup: 'test/lab/provide-lab.ts',
          // After the rest. A machine keeps one processor busy, but for the time in which it waits for its timers.
          maxWorkers: Math.min(3, availableParallelism() + 1),
          sequence: { groupOrder: 1 },
          testTimeout: 1_200_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
