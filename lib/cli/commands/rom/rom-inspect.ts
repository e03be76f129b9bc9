import { EXIT, PortalGunError } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import type { UserFiles } from '../../../host/user-files.ts';
import { inspectRom, inspectRomFile, type RomInspection } from '../../../operations/rom/inspect-rom.ts';
import { parsePciAddress } from '../../../pci/address.ts';
import { MAX_ROM_BYTES } from '../../../pci/rom/option-rom.ts';
import { isSound } from '../../../pci/rom/option-rom-verdicts.ts';
import { formatDocument } from '../../../render/documents.ts';
import { renderRom, romDocument } from '../../../render/rom/rom-text.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { type ReadingValues, remarks, sessionOf } from '../../reading-options.ts';
import type { ChangingValues } from '../../tables/changing-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { guardRomReading } from './guard-rom-reading.ts';

interface RomInspectValues extends Pick<ChangingValues, 'allow'>, ReadingValues {
  readonly rom: string;
  readonly for: string | undefined;
}

/** `pci rom inspect`: the contents of an option ROM, and whether it is valid. */
export async function runRomInspect(
  args: RomInspectValues,
  { width, style }: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const session = sessionOf(args, ports);
  const files = await ports.openUserFiles();
  const show = ({ inspected, inventory }: RomInspection): CommandResult => ({
    exitCode: isSound(inspected.verdicts) ? EXIT.ok : EXIT.findings,
    stdout: args.json
      ? formatDocument(romDocument(inventory?.host ?? null, inspected))
      : renderRom(inspected, width, style),
    stderr: inventory === null ? '' : remarks(args, session.names, inventory.host, []),
  });
  if (namesFile(files, args.rom)) {
    refuse(args.allow.length > 0, '--allow', 'applies only to a device, not to a file');
    const bytes = files.read(args.rom, MAX_ROM_BYTES, 'BAD_ARGUMENT');
    return show(inspectRomFile(session, { bytes, path: args.rom, for: args.for }));
  }
  refuse(
    args.for !== undefined,
    '--for',
    'applies only to a file: the ROM of a device is always checked for that device',
  );
  const { allow } = args;
  return guardRomReading(dialogue, (signal) => inspectRom(session, args.rom, { allow, signal }), show);
}

/** Whether a word is a file: an address never is, even if a file has that name. */
function namesFile(files: UserFiles, word: string): boolean {
  if (parsePciAddress(word) !== undefined) return false;
  return word === '-' || word.includes('/') || /\.(rom|bin)$/i.test(word) || files.isFile(word);
}

function refuse(isGiven: boolean, subject: string, message: string): void {
  if (isGiven) throw new PortalGunError('BAD_ARGUMENT', message, { subject });
}
