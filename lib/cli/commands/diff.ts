import { EXIT } from '../../base/errors.ts';
import { count } from '../../base/text.ts';
import type { HostReader } from '../../host/host-reader.ts';
import { openHost, openLiveHost } from '../../host/open-host.ts';
import { SnapshotHost } from '../../host/snapshot/snapshot-host.ts';
import { compareInventories, DIFFERENCE_FIELDS } from '../../pci/difference.ts';
import { diffDocument, formatDocument } from '../../render/documents.ts';
import { renderDifferences } from '../../render/inventory/difference-list.ts';
import { captureHost } from '../../sysfs/capture.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import { replaceIdentifiers } from '../../sysfs/redaction/replace-identifiers.ts';
import type { CommandResult } from '../grammar/command.ts';
import type { ReadingValues } from '../reading-options.ts';
import { namesOf, remarks } from '../reading-options.ts';
import type { Terminal } from '../terminal/terminal.ts';

interface DiffValues extends Pick<ReadingValues, 'pciIds' | 'json' | 'verbose'> {
  readonly before: string;
  readonly after: string | undefined;
}

/** The word for this machine, where a path of a host may stand. */
const THIS_MACHINE = 'host';

/** `pci diff`: what came, went, moved or changed between two hosts; exit 1 on a difference. */
export function runDiff(args: DiffValues, terminal: Terminal): CommandResult {
  const first = open(args.before);
  const second = open(args.after ?? THIS_MACHINE);
  const names = namesOf(args);
  // Stand-ins compare with stand-ins alone.
  const replaced = isRedacted(first) || isRedacted(second);
  const before = readInventory(replaced ? redacted(first) : first, names, DIFFERENCE_FIELDS);
  const after = readInventory(replaced ? redacted(second) : second, names, DIFFERENCE_FIELDS);
  const differences = compareInventories(before, after);
  const exitCode = differences.length === 0 ? EXIT.ok : EXIT.findings;
  const stderr = remarks(args, names, second, [...before.diagnostics, ...after.diagnostics]);
  if (args.json) {
    return { exitCode, stdout: formatDocument(diffDocument(before, after, differences)), stderr };
  }
  const conclusion =
    differences.length === 0
      ? `No difference: ${count(after.devices.length, 'device')}.\n`
      : `${count(differences.length, 'difference')}.\n`;
  const listed = renderDifferences(differences, terminal.width, terminal.style);
  return { exitCode, stdout: listed + conclusion, stderr };
}

function open(path: string): HostReader {
  return path === THIS_MACHINE ? openLiveHost() : openHost(path);
}

function isRedacted(host: HostReader): boolean {
  return host instanceof SnapshotHost && host.snapshot.identifiers === 'replaced';
}

function redacted(host: HostReader): HostReader {
  return isRedacted(host) ? host : new SnapshotHost(replaceIdentifiers(captureHost(host)));
}
