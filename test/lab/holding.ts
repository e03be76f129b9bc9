import type { RunningMachine } from './boot-machine.ts';

/** The file by which vfio gives out the group that a device is in. */
export async function vfioFile(machine: RunningMachine, address: string): Promise<string> {
  const group = await machine.output(['readlink', `/sys/bus/pci/devices/${address}/iommu_group`]);
  return `/dev/vfio/${group.trim().split('/').at(-1)}`;
}

/** Does something while another process has a file open, for reading and writing, as a machine has a device's. */
export async function holding<T>(machine: RunningMachine, path: string, use: () => Promise<T>): Promise<T> {
  const script = 'exec sleep 1000 3<> "$1"';
  const holder = machine.run(['sh', '-c', script, 'sh', path]);
  const isHeld = 'until find /proc/[0-9]*/fd -lname "$1" 2> /dev/null | grep -q .; do sleep 0.5; done';
  await machine.output(['sh', '-c', isHeld, 'sh', path]);
  try {
    return await use();
  } finally {
    await machine.output(['pkill', '-xf', 'sleep 1000']);
    await holder;
  }
}
