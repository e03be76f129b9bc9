import { BROKEN, type Known, mapKnown } from '../../base/known.ts';
import type { HostFacts, HugePagePool } from '../../facts/host-facts.ts';
import { type HostReader, isFailure, knownOf } from '../../host/host-reader.ts';
import { CPU_INFO_PATH, MACHINE_PATHS } from '../paths.ts';
import { alwaysThere } from './present-files.ts';

const KIB = 1024;

/**
 * Two lines of `/proc/cpuinfo`, of the first processor: `flags : fpu vme … vmx …`, and `address sizes : 39 bits
 * physical, 48 bits virtual`. Absent on architectures without these lines.
 */
export function readCpu(host: HostReader): HostFacts['cpu'] {
  const lineOf = (name: string): Known<string> =>
    mapKnown(
      alwaysThere(host.readLines(CPU_INFO_PATH, [name])),
      ([line]) => line?.split(':')[1]?.trim() ?? null,
    );
  return {
    flags: mapKnown(lineOf('flags'), (words) => new Set(words.split(/\s+/))),
    physicalBits: mapKnown(lineOf('address sizes'), (text) => {
      const bits = /^(\d{1,2}) bits physical/.exec(text)?.[1];
      return bits === undefined ? BROKEN : Number(bits);
    }),
  };
}

/** The line `MemTotal:        2021188 kB` of `/proc/meminfo`. */
export function readMemory(host: HostReader): Known<number> {
  return mapKnown(alwaysThere(host.readLines(MACHINE_PATHS.memory, ['MemTotal:'])), ([line = '']) => {
    const amount = /^MemTotal:\s+(\d{1,12}) kB$/.exec(line)?.[1];
    return amount === undefined ? BROKEN : Number(amount) * KIB;
  });
}

/** The pools in `/sys/kernel/mm/hugepages`: `hugepages-2048kB/nr_hugepages` and `free_hugepages`. */
export function readHugePages(host: HostReader): Known<readonly HugePagePool[]> {
  const names = host.list(MACHINE_PATHS.hugePages);
  if (names === null || isFailure(names)) return knownOf<never>(names);
  const pools = names.flatMap((name): readonly HugePagePool[] => {
    const size = /^hugepages-(\d{1,10})kB$/.exec(name)?.[1];
    const [total, free] = ['nr_hugepages', 'free_hugepages'].map((file) => {
      const text = host.readText(`${MACHINE_PATHS.hugePages}/${name}/${file}`);
      return typeof text === 'string' && /^\d{1,12}\s*$/.test(text) ? Number(text) : undefined;
    });
    if (size === undefined || total === undefined || free === undefined) return [];
    return [{ sizeBytes: Number(size) * KIB, total, free }];
  });
  return pools.length < names.length ? BROKEN : pools;
}
