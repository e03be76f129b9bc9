import { BROKEN, type Known, mapKnown } from '../../../base/known.ts';
import type { Watchdog } from '../../../facts/host-use.ts';
import type { HostReader } from '../../../host/host-reader.ts';
import { SYS_PATHS } from '../../paths.ts';
import { readAttribute, readClass } from '../known-reading.ts';

/**
 * The watchdogs of `/sys/class/watchdog`; `null` if the kernel has none. `state` is `active` or `inactive`; kernels
 * without it do not report it, and then an open node counts.
 */
export function readWatchdogs(host: HostReader): Known<readonly Watchdog[]> {
  return mapKnown(readClass(host, SYS_PATHS.watchdogClass), (members) =>
    members.map(({ name, directory, function: on }) => ({
      name,
      function: on,
      identity: readAttribute(host, `${directory}/identity`),
      isArmed: mapKnown(readAttribute(host, `${directory}/state`), (state) =>
        state === 'active' ? true : state === 'inactive' ? false : BROKEN,
      ),
    })),
  );
}
