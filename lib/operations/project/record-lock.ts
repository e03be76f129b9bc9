import type { UpSubject } from './propose-up.ts';

/** Records the devices and addresses of machines in the lock file: they stay the same from then on. */
export function recordLock({ opened, devices }: Pick<UpSubject, 'opened' | 'devices'>): void {
  const { project, lock, seed, machines } = opened;
  const known = machines.map(({ machine: { definition }, locked }) => {
    const { name } = definition;
    return [name, { ...locked, devices: devices.get(name) ?? {} }] as const;
  });
  const after = { seed, machines: { ...lock.machines, ...Object.fromEntries(known) } };
  if (JSON.stringify(after) !== JSON.stringify(lock)) project.writeLock(after);
}
