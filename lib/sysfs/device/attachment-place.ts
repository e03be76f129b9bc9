import type { AttachmentKind } from '../../pci/attachment.ts';

/** The place of an attachment, before its attributes are read. */
export interface AttachmentPlace {
  readonly kind: AttachmentKind;
  readonly name: string;
  /** Its directory, relative to that of the device. */
  readonly path: string;
  /** For a SCSI host: the names in the directory above its class. */
  readonly beside?: readonly string[];
}
