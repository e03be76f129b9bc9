import type { TestProject } from 'vitest/node';
import { assertNamespaces } from './libvirtd-namespaces.ts';
import { LabUnavailable, type RootFileSystem, rootFileSystem } from './root-file-system.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** What the lab's tests boot from, and why no libvirtd runs outside of its machines; or why there is no lab here. */
    lab:
      | { readonly root: RootFileSystem; readonly noLibvirtd: string | null }
      | { readonly unavailable: string };
  }
}

/** Makes the root file system before the first test of the lab. Where CI runs, a lab that can't be had is a failure. */
export default async function provideLab(project: TestProject): Promise<void> {
  const say = (text: string) => process.stdout.write(`lab: ${text}\n`);
  const whyUnavailable = (error: unknown) => {
    if (!(error instanceof LabUnavailable) || process.env['CI']) throw error;
    say(`${error.message}. Its tests are skipped.`);
    return error.message;
  };
  try {
    const root = await rootFileSystem(say);
    const noLibvirtd = await assertNamespaces().then(() => null, whyUnavailable);
    project.provide('lab', { root, noLibvirtd });
  } catch (error) {
    project.provide('lab', { unavailable: whyUnavailable(error) });
  }
}
