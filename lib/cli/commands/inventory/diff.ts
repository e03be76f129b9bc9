import { EXIT } from '../../../base/errors.ts';
import { count } from '../../../base/text.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { compareHosts } from '../../../operations/inventory/compare-hosts.ts';
import type { HostSession } from '../../../operations/session/host-session.ts';
import { diffDocument } from '../../../render/documents.ts';
import { differenceRows, renderDifferences } from '../../../render/inventory/difference-list.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { type ReadingValues, remarks, sessionOf } from '../../reading-options.ts';
import { type FormatValues, formatOf, formatRows } from '../../row-format.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

interface DiffValues extends Pick<ReadingValues, 'pciIds' | 'verbose'>, FormatValues {
  readonly before: string;
  readonly after: string | undefined;
}

/** The word for this machine, as an alternative to the path of a host. */
const THIS_MACHINE = 'host';

/**
 * `pci diff`: the devices that came, disappeared, moved or changed between two hosts; exit 1 if there is a
 * difference.
 */
export function runDiff(
  values: DiffValues,
  terminal: Terminal,
  _: Dialogue,
  ports: HostPorts,
): CommandResult {
  const format = formatOf(values);
  const args = { ...values, json: format === 'json' };
  const session = (path: string): HostSession =>
    sessionOf({ pciIds: args.pciIds, host: path === THIS_MACHINE ? undefined : path }, ports);
  const second = session(args.after ?? THIS_MACHINE);
  const { before, after, differences } = compareHosts(session(args.before), second);
  const exitCode = differences.length === 0 ? EXIT.ok : EXIT.findings;
  const stderr = remarks(args, second.names, second.host, [...before.diagnostics, ...after.diagnostics]);
  const conclusion =
    differences.length === 0
      ? `No difference: ${count(after.devices.length, 'device')}.\n`
      : `${count(differences.length, 'difference')}.\n`;
  const stdout = formatRows(format, {
    document: () => diffDocument(before, after, differences),
    listKey: 'differences',
    csv: () => differenceRows(differences),
    table: () => renderDifferences(differences, terminal.width, terminal.style) + conclusion,
  });
  return { exitCode, stdout, stderr };
}
