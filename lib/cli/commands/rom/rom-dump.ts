import { EXIT, PortalGunError } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { type DumpedRom, dumpRom } from '../../../operations/rom/dump-rom.ts';
import { renderFindings } from '../../../render/change/findings-text.ts';
import { formatDocument } from '../../../render/documents.ts';
import { renderDump, romDumpDocument } from '../../../render/rom/rom-dump.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { type ReadingValues, sessionOf, viewRemarks } from '../../reading-options.ts';
import type { ChangingValues } from '../../tables/changing-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { guardRomReading } from './guard-rom-reading.ts';

interface RomDumpValues extends Pick<ChangingValues, 'dryRun' | 'allow'>, ReadingValues {
  readonly device: string;
  readonly output: string | undefined;
  readonly overwrite: boolean;
}

/** `pci rom dump`: the ROM of a device, written to a file. */
export async function runRomDump(
  args: RomDumpValues,
  { width, style }: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const session = sessionOf(args, ports);
  const asked = { ...args, file: fileOf(args) };
  const show = (dumped: DumpedRom): CommandResult => {
    const { findings, allowed, refusals } = dumped;
    const isRefused = args.dryRun && refusals.some(({ severity }) => severity !== 'unknown');
    const text =
      renderDump(dumped, width) + (args.dryRun ? renderFindings(findings, allowed, width, style) : '');
    return {
      exitCode: isRefused ? EXIT.refused : EXIT.ok,
      stdout: args.json ? formatDocument(romDumpDocument(dumped)) : text,
      stderr: viewRemarks(args, session, dumped, []),
    };
  };
  if (args.dryRun) return show(await dumpRom(session, asked));
  return guardRomReading(dialogue, (signal) => dumpRom(session, { ...asked, signal }), show);
}

function fileOf(args: RomDumpValues): string {
  const path = args.output;
  if (path === undefined || path === '') {
    throw new PortalGunError('BAD_ARGUMENT', 'missing option', {
      subject: '--output',
      hint: 'use a file: -o card.rom',
    });
  }
  if (path === '-') {
    throw new PortalGunError('BAD_ARGUMENT', 'needs a file: a ROM is binary data', { subject: '--output' });
  }
  return path;
}
