import { count, escapeControls } from '../../base/text.ts';
import type { PciXmlFilesDocument } from '../../documents/machines/pci-xml-files.ts';
import type { LeftOut } from '../../operations/xml/all-devices-xml.ts';
import type { PciAddress } from '../../pci/address.ts';
import { wrapText } from '../layout/wrap-text.ts';

/** The file of a device that a VM can have. */
export interface SnippetFile {
  readonly address: PciAddress;
  /** Its name in the folder. */
  readonly file: string;
  readonly outcome: 'written' | 'replaced' | 'unchanged';
}

/** The results for the files, and the devices without a file. */
export function renderSnippetFiles(
  folder: string,
  files: readonly SnippetFile[],
  leftOut: readonly LeftOut[],
  width: number | null,
): string {
  return summary(folder, files, leftOut)
    .flatMap((line) => wrapText(line, width))
    .map((line) => `${line}\n`)
    .join('');
}

function summary(
  folder: string,
  files: readonly SnippetFile[],
  leftOut: readonly LeftOut[],
): readonly string[] {
  const counted = (outcome: SnippetFile['outcome']): number =>
    files.filter((file) => file.outcome === outcome).length;
  const [written, replaced, unchanged] = [counted('written'), counted('replaced'), counted('unchanged')];
  const parts = [
    ...(written > 0 ? [`${written} written`] : []),
    ...(replaced > 0 ? [`${replaced} replaced`] : []),
    ...(unchanged > 0 ? [`${unchanged} unchanged`] : []),
  ];
  const whole = `${escapeControls(folder)}: ${count(files.length, 'device')}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}.`;
  const reasons = new Map<string, PciAddress[]>();
  for (const { address, why } of leftOut) reasons.set(why, [...(reasons.get(why) ?? []), address]);
  const rest = [...reasons].map(
    ([why, addresses]) => `Not written: ${addresses.join(', ')}: ${escapeControls(why)}.`,
  );
  return [whole, ...rest];
}

/** `pci xml --all --json`. */
export function snippetFilesDocument(
  host: { readonly label: string },
  folder: string,
  files: readonly SnippetFile[],
  leftOut: readonly LeftOut[],
): PciXmlFilesDocument {
  return { schema: 'portal-gun/pci-xml-files/v1', host, folder, files, leftOut };
}
