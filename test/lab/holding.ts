import type { RunningMachine } from './boot-machine.ts';

/** What a script for {@link whileRunning} ends with: it says that it is so far, and stays. */
const STAYS = 'echo so far; exec sleep 1000';

/** The file by which vfio gives out the group that a device is in. */
export async function vfioFile(machine: RunningMachine, address: string): Promise<string> {
  const group = await machine.output(['readlink', `/sys/bus/pci/devices/${address}/iommu_group`]);
  return `/dev/vfio/${group.trim().split('/').at(-1)}`;
}

/** Does something while another process has a file open, for reading and writing, as a machine has a device's. */
export function holding<T>(machine: RunningMachine, path: string, use: () => Promise<T>): Promise<T> {
  return whileRunning(machine, 'exec 3<> "$1"', [path], use);
}

/**
 * Does something while a process is there that has run a script, with what that opened.
 *
 * It says itself when it has: to look for it again and again takes seconds under emulation.
 */
export async function whileRunning<T>(
  machine: RunningMachine,
  script: string,
  args: readonly string[],
  use: () => Promise<T>,
): Promise<T> {
  const words = ['sh', '-ec', `${script}; ${STAYS}`, 'sh', ...args];
  let ended: Promise<unknown> | undefined;
  await new Promise<void>((resolve, reject) => {
    ended = machine.run(words, { onOutput: (stream) => (stream === 'stdout' ? resolve() : undefined) });
    ended.then((result) => reject(new Error(`${script}: ${JSON.stringify(result)}`)), reject);
  });
  try {
    return await use();
  } finally {
    await machine.output(['pkill', '-xf', 'sleep 1000']);
    await ended;
  }
}
