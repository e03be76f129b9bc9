import { optionWords, shellCommand } from '../../base/shell-command.ts';
import { escapeControls, formatSize } from '../../base/text.ts';
import type { RomDumpDocument } from '../../documents/rom/rom-dump.ts';
import type { DumpedRom } from '../../operations/rom/dump-rom.ts';
import { findingFacts } from '../change/plan-document.ts';
import { deviceTitle } from '../layout/facts.ts';
import { wrapText } from '../layout/wrap-text.ts';
import { romDeviceFacts, romFacts } from './rom-text.ts';

/** The result, real or of a dry run, and the next command. */
export function renderDump(dumped: DumpedRom, width: number | null): string {
  const { device, register, file, outcome, inspected } = dumped;
  const lines = (text: string): string => `${wrapText(text, width).join('\n')}\n`;
  const what = `${device.address}  ${deviceTitle(device)}`;
  const kind = register.isShadow ? "the firmware's copy of its ROM" : 'its ROM';
  const path = escapeControls(file);
  if (inspected === null) {
    return lines(
      `${what}: ${kind}, ${formatSize(register.sizeBytes)} at most, would be read and written to ${path}.`,
    );
  }
  const size = formatSize(inspected.rom.sizeBytes);
  const said = {
    none: `is not written to ${path}`,
    written: `is written to ${path}`,
    replaced: `is written to ${path}, and replaces the earlier file`,
    unchanged: `is already in ${path}`,
  }[outcome];
  const notes = inspected.verdicts
    .filter(({ level }) => level !== 'ok')
    .map(({ message }) => lines(`It ${message}.`));
  return [
    lines(`${what}: ${kind}, ${size}, ${said}.`),
    ...notes,
    lines(`To use it in a VM: ${shellCommand('pci', 'xml', device.address, ...optionWords('--rom', path))}`),
  ].join('');
}

/** The same as JSON. */
export function romDumpDocument({
  inventory,
  device,
  register,
  file,
  findings,
  allowed,
  outcome,
  inspected,
}: DumpedRom): RomDumpDocument {
  return {
    schema: 'portal-gun/rom-dump/v1',
    host: inventory.host,
    device: romDeviceFacts(device),
    register,
    file,
    outcome,
    findings: findingFacts(findings, allowed),
    read: inspected === null ? null : romFacts(inspected),
  };
}
