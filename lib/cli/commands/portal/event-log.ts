import { EXIT } from '../../../base/errors.ts';
import { listEvents } from '../../../operations/events/list-events.ts';
import type { HostSession } from '../../../operations/session/host-session.ts';
import { formatDocument } from '../../../render/documents.ts';
import { eventsDocument, renderEvents } from '../../../render/project/events-text.ts';
import type { CommandResult } from '../../grammar/command.ts';

interface EventLogValues {
  readonly machine: string;
  readonly lines: number | undefined;
  readonly json: boolean;
}

/** `portal log --events`: the events of a machine for which scripts ran, with their results. */
export async function showEvents(
  session: HostSession,
  { machine, lines, json }: EventLogValues,
): Promise<CommandResult> {
  const list = await listEvents(session, machine, lines);
  const isEmpty = list.events.length === 0 && !json;
  return {
    exitCode: EXIT.ok,
    stdout: json ? formatDocument(eventsDocument(list)) : renderEvents(list),
    stderr: isEmpty ? `portal: ${machine}: no script ran on an event yet\n` : '',
  };
}
