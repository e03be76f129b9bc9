import { PortalGunError } from '../../base/errors.ts';
import { type EventRecord, parseEventRecords } from '../../machines/events/event-record.ts';
import { demandMachineName } from '../project/open-project.ts';
import type { HostSession } from '../session/host-session.ts';
import { eventLog } from './event-log.ts';

/** The events of a machine for which scripts ran. */
export interface EventList {
  readonly machine: string;
  /** The oldest first. */
  readonly events: readonly EventRecord[];
}

/**
 * Lists the events of a machine for which scripts ran, from the record on this host.
 *
 * @param last only so many of the latest
 * @throws PortalGunError BAD_ARGUMENT, PERMISSION_DENIED, NOT_FOUND if the record cannot be read
 */
export async function listEvents(
  { ports }: HostSession,
  machine: string,
  last: number | undefined,
): Promise<EventList> {
  demandMachineName(machine);
  const files = await ports.openFiles();
  const { path, earlier } = eventLog(machine);
  const events: EventRecord[] = [];
  for (const each of [earlier, path]) {
    const text = await files.read(each);
    if (text === null) continue;
    if (typeof text !== 'string') {
      const isDenied = text.failed === 'EACCES' || text.failed === 'EPERM';
      throw new PortalGunError(
        isDenied ? 'PERMISSION_DENIED' : 'NOT_FOUND',
        `cannot be read: ${text.failed}`,
        {
          subject: each,
          ...(isDenied ? { hint: `sudo portal log ${machine} --events` } : {}),
        },
      );
    }
    events.push(...parseEventRecords(text));
  }
  return { machine, events: last === undefined ? events : events.slice(Math.max(0, events.length - last)) };
}
