import { mkdtempSync, rmSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { assertNamespaces } from './libvirtd-namespaces.ts';
import { olderLibvirt } from './older-libvirt.ts';
import { LabUnavailable, type RootFileSystem, rootFileSystem } from './root-file-system.ts';
import { formatVersions } from './versions.ts';

/**
 * What the lab's tests boot from, why no libvirtd runs outside of its machines, and the files of an older libvirt or why
 * there are none; or why there is no lab here, which may be or is a failure.
 */
export type ProvidedLab =
  | {
      readonly root: RootFileSystem;
      readonly noLibvirtd: string | null;
      readonly older: { readonly tree: string } | NoLab;
    }
  | NoLab;

/** Why something cannot be had: its tests are skipped, or fail. */
type NoLab = { readonly unavailable: string } | { readonly failed: string };

declare module 'vitest' {
  interface ProvidedContext {
    /** The file that holds a {@link ProvidedLab} as JSON, once it is known: making it goes on beside the other tests. */
    labFile: string;
  }
}

/** Begins to make the root file system, and gives what ends that. */
export default function provideLab(project: TestProject): () => Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'portal-gun-lab-'));
  const file = join(folder, 'lab.json');
  const ending = new AbortController();
  const provided = makeLab(ending.signal).then(async (lab) => {
    await writeFile(`${file}.draft`, JSON.stringify(lab));
    await rename(`${file}.draft`, file);
  });
  project.provide('labFile', file);
  return async () => {
    ending.abort();
    await provided;
    rmSync(folder, { recursive: true, force: true });
  };
}

async function makeLab(signal: AbortSignal): Promise<ProvidedLab> {
  const say = (text: string) => process.stdout.write(`lab: ${text}\n`);
  // Where CI runs, a lab that can't be had is a failure.
  const withoutLab = (error: unknown): NoLab => {
    if (!(error instanceof LabUnavailable) || process.env['CI'])
      return { failed: error instanceof Error ? error.message : String(error) };
    say(`${error.message}. Its tests are skipped.`);
    return { unavailable: error.message };
  };
  try {
    const root = await rootFileSystem(say, signal);
    say(`${formatVersions(root.versions)}.`);
    const older = await olderLibvirt({ say, signal }).then((tree) => ({ tree }), withoutLab);
    try {
      await assertNamespaces();
      return { root, noLibvirtd: null, older };
    } catch (error) {
      const lab = withoutLab(error);
      return 'failed' in lab ? lab : { root, noLibvirtd: lab.unavailable, older };
    }
  } catch (error) {
    return withoutLab(error);
  }
}
