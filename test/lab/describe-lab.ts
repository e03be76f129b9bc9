import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { whySkipped } from '../support/skipping.ts';
import { type BootOptions, bootMachine, type RunningMachine } from './boot-machine.ts';
import { type LibvirtdOptions, type RunningLibvirtd, startLibvirtd } from './libvirtd.ts';
import type { MachineName } from './machines.ts';
import { OLDER_SUITE } from './older-libvirt.ts';
import type { ProvidedLab } from './provide-lab.ts';
import { SUITE } from './recipe.ts';
import type { RootFileSystem } from './root-file-system.ts';

const LOOK_MS = 250;

const lab = await providedLab(inject('labFile'));

/** Waits until it is known whether there is a lab. */
async function providedLab(file: string): Promise<Exclude<ProvidedLab, { failed: string }>> {
  while (!existsSync(file)) await sleep(LOOK_MS);
  const provided = JSON.parse(readFileSync(file, 'utf8')) as ProvidedLab;
  if ('failed' in provided) throw new Error(provided.failed);
  return provided;
}

/** Tests that need the lab: skipped, with the reason in their title, where there is none. */
export function describeLab(title: string, tests: (root: RootFileSystem) => void): void {
  if ('root' in lab) describe(title, () => tests(lab.root));
  else skipSuite(title, lab.unavailable);
}

/** The same for tests that need a libvirtd of the lab, outside of its machines. */
export function describeLibvirtd(title: string, tests: (root: RootFileSystem) => void): void {
  if ('root' in lab && lab.noLibvirtd !== null) skipSuite(title, lab.noLibvirtd);
  else describeLab(title, tests);
}

/**
 * Tests of the libvirt of two Debian releases: of the lab, and of the one before, whose files are in `tree`.
 *
 * @param describeOne {@link describeLab}, or {@link describeLibvirtd} for those that need a daemon
 */
export function describeReleases(
  title: string,
  describeOne: typeof describeLab,
  tests: (root: RootFileSystem, tree: string) => void,
): void {
  describeOne(`${title} (Debian ${SUITE})`, (root) => tests(root, root.tree));
  const older = `${title} (Debian ${OLDER_SUITE})`;
  if (!('root' in lab)) describeOne(older, (root) => tests(root, root.tree));
  else if ('unavailable' in lab.older) skipSuite(older, lab.older.unavailable);
  else if ('tree' in lab.older) {
    const { tree } = lab.older;
    describeOne(older, (root) => tests(root, tree));
  } else {
    const { failed } = lab.older;
    test(older, () => expect.fail(failed));
  }
}

/** A suite that is skipped, with one test, so that it counts. */
function skipSuite(title: string, why: string): void {
  describe.skip(`${title}${whySkipped(false, why)}`, () => {
    test('all of its tests', () => undefined);
  });
}

/** A machine that is up for the tests beside this call, and gone after them. */
export function useMachine(
  root: RootFileSystem,
  name: MachineName,
  options: BootOptions = {},
): () => RunningMachine {
  let machine: RunningMachine | undefined;
  beforeAll(async () => {
    machine = await bootMachine(root, name, options);
  });
  afterAll(() => machine?.end());
  return () => {
    if (machine === undefined) throw new Error(`the machine ${name} is not up`);
    return machine;
  };
}

/** A libvirtd that answers during the tests beside this call, and is gone after them. */
export function useLibvirtd(root: RootFileSystem, options?: LibvirtdOptions): () => RunningLibvirtd {
  let libvirtd: RunningLibvirtd | undefined;
  beforeAll(async () => {
    libvirtd = await startLibvirtd(root, options);
  });
  afterAll(() => libvirtd?.end());
  return () => {
    if (libvirtd === undefined) throw new Error('libvirtd is not up');
    return libvirtd;
  };
}
