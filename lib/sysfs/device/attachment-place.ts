import type { AttachmentKind } from '../../pci/attachment.ts';

/** Where something hangs, before its attributes are read. */
export interface AttachmentPlace {
  readonly kind: AttachmentKind;
  readonly name: string;
  /** Its directory, relative to the device's. */
  readonly path: string;
  /** Of a SCSI host: the names beside its class. */
  readonly beside?: readonly string[];
}
