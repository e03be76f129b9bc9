import { formatSize } from '../../../base/text.ts';
import type { HostReader } from '../../../host/host-reader.ts';
import { MACHINE_PATHS } from '../../../sysfs/paths.ts';
import type { ProjectMachine } from '../project-machines.ts';
import type { Obstacle } from './obstacle.ts';

const HUGE_PAGE_BYTES = 2 * 2 ** 20;
/** Of 2 MiB, the size that the definitions of machines use. */
const FREE_HUGE_PAGES = `${MACHINE_PATHS.hugePages}/hugepages-2048kB/free_hugepages`;

/** The memory of all machines that start together, and the free memory and huge pages of the host. */
export function memoryObstacles(
  reader: HostReader,
  machines: readonly ProjectMachine[],
): readonly Obstacle[] {
  const [first] = machines;
  if (first === undefined) return [];
  const subject = machines.length === 1 ? first.machine.definition.name : `${machines.length} machines`;
  const isHuge = ({ machine }: ProjectMachine): boolean => machine.definition.memory.hugePages;
  const huge = sizeOf(machines.filter(isHuge));
  const plain = sizeOf(machines.filter((each) => !isHuge(each)));
  const pages = reader.readText(FREE_HUGE_PAGES);
  const freePages = pages === null ? 0 : typeof pages === 'string' ? Number(pages) : Number.NaN;
  const free = freeBytes(reader);
  return [
    ...(free !== null && plain > free
      ? [
          {
            subject,
            message: `needs ${formatSize(plain)} of memory, and the host has ${formatSize(free)} available`,
            hint: 'set a smaller "memory" in the definition, or stop other VMs: portal halt NAME',
          },
        ]
      : []),
    ...(huge > freePages * HUGE_PAGE_BYTES
      ? [
          {
            subject,
            message: `needs ${huge / HUGE_PAGE_BYTES} huge pages of 2 MiB, and ${freePages} are free`,
            hint: `reserve more: sysctl vm.nr_hugepages=${huge / HUGE_PAGE_BYTES}; or set "hugepages" to off`,
          },
        ]
      : []),
  ];
}

function sizeOf(machines: readonly ProjectMachine[]): number {
  return machines.reduce((sum, { machine }) => sum + machine.definition.memory.sizeBytes, 0);
}

function freeBytes(reader: HostReader): number | null {
  const text = reader.readText(MACHINE_PATHS.memory);
  const amount = typeof text === 'string' ? /^MemAvailable:\s+(\d+) kB/m.exec(text)?.[1] : undefined;
  return amount === undefined ? null : Number(amount) * 1024;
}
