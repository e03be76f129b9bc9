import { afterAll, beforeAll, describe, inject } from 'vitest';
import { type BootOptions, bootMachine, type RunningMachine } from './boot-machine.ts';
import type { MachineName } from './machines.ts';
import type { RootFileSystem } from './root-file-system.ts';

/** Tests that need the lab: skipped, with the reason in their title, where there is none. */
export function describeLab(title: string, tests: (root: RootFileSystem) => void): void {
  const lab = inject('lab');
  if ('root' in lab) describe(title, () => tests(lab.root));
  else describe.skip(`${title} (${lab.unavailable})`);
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
