import type { PciXmlFilesDocument } from '../../documents/machines/pci-xml-files.ts';
import type { PciAddress } from '../../pci/address.ts';

/** The file of a device that a machine can have. */
export interface SnippetFile {
  readonly address: PciAddress;
  /** Its name in the folder. */
  readonly file: string;
  readonly outcome: 'written' | 'replaced' | 'unchanged';
}

/** A device that no file was written for. */
export interface LeftOut {
  readonly address: PciAddress;
  readonly why: string;
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
