import { isUnknown, type Known, knownValue, mapKnown } from '../../base/known.ts';
import type { HostFacts } from '../../facts/host-facts.ts';
import { type HostReader, knownOf } from '../../host/host-reader.ts';
import { MACHINE_PATHS } from '../paths.ts';
import { firstReading } from './present-files.ts';

/**
 * The cgroup controllers. For version 2, those in `/sys/fs/cgroup/cgroup.controllers` (`cpuset cpu io memory …`):
 * `io` replaces `blkio`, `cpuacct` is part of `cpu`, and access to devices is limited by BPF programs, which is a
 * kernel option (Documentation/admin-guide/cgroup-v2.rst). For version 1, those that are mounted: they have a
 * hierarchy number in `/proc/cgroups`, as in `memory  9       120     1`.
 */
export function readCgroups(host: HostReader, options: HostFacts['kernel']['options']): HostFacts['cgroups'] {
  const unified = knownOf(firstReading(MACHINE_PATHS.unifiedControllers, (path) => host.readText(path)));
  const old = mapKnown(knownOf(host.readText(MACHINE_PATHS.controllers)), mountedControllers);
  const mounted = knownValue(old) ?? [];
  // Some hosts have both versions: a controller belongs to the one that mounted it first.
  if (mounted.length > 0) {
    const more = knownValue(unified) ?? '';
    return { version: 1, controllers: [...mounted, ...namesOf(more, [])] };
  }
  if (isUnknown(unified)) return unified;
  if (unified === null) return isUnknown(old) ? old : null;
  const bpf = isUnknown(options) || options === null ? null : options.get('CGROUP_BPF') === 'y';
  return { version: 2, controllers: namesOf(unified, bpf === true ? ['devices'] : []) };
}

function namesOf(text: string, more: readonly string[]): readonly string[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  return [
    ...words.flatMap((word) => (word === 'cpu' ? ['cpu', 'cpuacct'] : word === 'io' ? ['blkio'] : [word])),
    ...more,
  ];
}

function mountedControllers(text: string): Known<readonly string[]> {
  return text.split('\n').flatMap((line) => {
    const [name = '', hierarchy = '0'] = line.split('\t');
    return name.startsWith('#') || !/^[1-9]\d*$/.test(hierarchy) ? [] : [name];
  });
}
