import { findRomSafety } from '../../apply/safety-reading.ts';
import { EXIT, PortalGunError } from '../../base/errors.ts';
import { refusalsAmong } from '../../checks/finding.ts';
import { absolutePath } from '../../host/file/files.ts';
import { demandPlace, PUBLIC_MODE, putFile } from '../../host/file/output-folder.ts';
import { isSound } from '../../pci/rom/option-rom-verdicts.ts';
import { selectOne } from '../../pci/selector/selector.ts';
import { parseSelector } from '../../pci/selector/selector-parser.ts';
import { renderFindings } from '../../render/change/findings-text.ts';
import { formatDocument } from '../../render/documents.ts';
import { type DumpedRom, renderDump, romDumpDocument } from '../../render/rom/rom-dump.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import type { CommandResult } from '../grammar/command.ts';
import { bytesOf, demandRom, romOfDevice } from '../inspected-rom.ts';
import type { ReadingValues } from '../reading-options.ts';
import { hostOf, namesOf, remarks } from '../reading-options.ts';
import {
  BAD_ROM,
  interruptedResult,
  ROM_FIELDS,
  readingRoms,
  refuseCapturedRom,
  romAllowedOf,
} from '../rom-reading.ts';
import type { ChangingValues } from '../tables/changing-options.ts';
import type { Dialogue } from '../terminal/dialogue.ts';
import type { Terminal } from '../terminal/terminal.ts';

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
): Promise<CommandResult> {
  const isTrial = args.dryRun;
  const allowed = romAllowedOf(args, true);
  if (!isTrial) refuseCapturedRom(args);
  const file = fileOf(args);
  const word = args.device;
  const host = hostOf(args);
  const names = namesOf(args);
  const fields = new Set([...ROM_FIELDS, 'sriov' as const, ...parseSelector(word).fields]);
  const inventory = readInventory(host, names, [...fields]);
  const device = selectOne(inventory.devices, word);
  const register = demandRom(device);
  const result = (exitCode: number, dumped: DumpedRom, text: string): CommandResult => ({
    exitCode,
    stdout: args.json ? formatDocument(romDumpDocument(inventory.host, allowed, dumped)) : text,
    stderr: remarks(args, names, host, []),
  });
  const findings = findRomSafety(host, inventory.devices, device.address);
  const dumped: DumpedRom = { device, register, file, findings, outcome: 'none', inspected: null };
  if (isTrial) {
    const isRefused = refusalsAmong(findings, allowed).some(({ severity }) => severity !== 'unknown');
    const text = renderDump(dumped, width) + renderFindings(findings, allowed, width, style);
    return result(isRefused ? EXIT.refused : EXIT.ok, dumped, text);
  }
  // Before the device is touched for nothing.
  demandPlace(file);
  const { result: attempt, signal } = await readingRoms(dialogue, allowed, (read) => read(device));
  if (signal !== null) return interruptedResult(signal);
  const inspected = romOfDevice(device, register, attempt);
  const bad = inspected.verdicts.find(({ level }) => level === 'bad');
  if (!isSound(inspected.verdicts) && bad !== undefined && !allowed.has(BAD_ROM.name)) {
    throw new PortalGunError('BAD_ROM', `its ROM is not written: it ${bad.message}`, {
      subject: device.address,
    });
  }
  const bytes = bytesOf(device.address, register.isShadow, attempt);
  const outcome = putFile(file, bytes, PUBLIC_MODE, args.overwrite);
  const done: DumpedRom = { ...dumped, outcome, inspected };
  return result(EXIT.ok, done, renderDump(done, width));
}

function fileOf(args: RomDumpValues): string {
  const path = args.output;
  if (path === undefined || path === '') {
    throw new PortalGunError('BAD_ARGUMENT', 'says where the ROM is written', {
      subject: '--output',
      hint: 'give a file: -o card.rom',
    });
  }
  if (path === '-') {
    throw new PortalGunError('BAD_ARGUMENT', 'needs a file: a ROM is no text', { subject: '--output' });
  }
  return absolutePath(path);
}
