import type { Known } from '../../../base/known.ts';
import { mapKnown } from '../../../base/known.ts';
import type { HostThing } from '../../../facts/host-use.ts';
import type { HostReader } from '../../../host/host-reader.ts';
import { SYS_PATHS } from '../../paths.ts';
import { readClass } from '../known-reading.ts';

/**
 * The devices of a bus whose devices are created from functions for VMs: `mdev` or `vdpa`. `null` if the kernel does
 * not have the bus.
 */
export function readMadeDevices(host: HostReader, bus: 'mdev' | 'vdpa'): Known<readonly HostThing[]> {
  return mapKnown(readClass(host, `${SYS_PATHS.buses}/${bus}/devices`), (members) =>
    members.map(({ name, function: on }) => ({ name, function: on })),
  );
}
