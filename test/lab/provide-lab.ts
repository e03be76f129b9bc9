import type { TestProject } from 'vitest/node';
import { LabUnavailable, type RootFileSystem, rootFileSystem } from './root-file-system.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** What the lab's tests boot from, or why there is no lab here. */
    lab: { readonly root: RootFileSystem } | { readonly unavailable: string };
  }
}

/** Makes the root file system before the first test of the lab. Where CI runs, a lab that can't be had is a failure. */
export default async function provideLab(project: TestProject): Promise<void> {
  const say = (text: string) => process.stdout.write(`lab: ${text}\n`);
  try {
    project.provide('lab', { root: await rootFileSystem(say) });
  } catch (error) {
    if (!(error instanceof LabUnavailable) || process.env['CI']) throw error;
    say(`${error.message}. Its tests are skipped.`);
    project.provide('lab', { unavailable: error.message });
  }
}
