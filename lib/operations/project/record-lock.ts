import type { OpenedMachines } from './project-machines.ts';

/** Records in the lock file what machines were given: it must stay the same from then on. */
export function recordLock({ project, lock, seed, machines }: OpenedMachines): void {
  const known = machines.map(({ machine, locked }) => [machine.definition.name, locked] as const);
  const after = { seed, machines: { ...lock.machines, ...Object.fromEntries(known) } };
  if (JSON.stringify(after) !== JSON.stringify(lock)) project.writeLock(after);
}
