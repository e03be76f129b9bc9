import { knownValue } from '../base/known.ts';
import type { Attachment, AttachmentKind } from './attachment.ts';
import { plausibleSerial } from './plausible-serial.ts';

/** Facts that identify a device and that only a host driver shows: on a VFIO driver they cannot be read. */
export interface HostMarks {
  /** The serial number of its drive (NVMe, virtio-blk). */
  readonly drive: string | null;
  /** The model of that drive. It does not prove the identity, but another model is another drive. */
  readonly model: string | null;
  /**
   * A globally unique name: of a Fibre Channel or SAS port, an NVMe drive without a serial number, a Thunderbolt
   * host, a GPU.
   */
  readonly wwn: string | null;
  /** The GUID of its InfiniBand node. Some drivers derive it from the MAC. */
  readonly guid: string | null;
  /** The MAC of its network interface, if it has only one. */
  readonly mac: string | null;
}

export const NO_MARKS: HostMarks = { drive: null, model: null, wwn: null, guid: null, mac: null };

// They become part of records and of VM definitions.
const PLAIN = /^[\x20-\x7e]{1,256}$/;
// The name of an InfiniBand node has another meaning.
const NAMED: readonly AttachmentKind[] = ['scsi_host', 'nvme', 'thunderbolt', 'drm'];

/** The marks that the attachments of a device show now. */
export function hostMarksOf(attachments: readonly Attachment[]): HostMarks {
  const names = (kinds: readonly AttachmentKind[]): string | null =>
    soleOf(
      attachments.filter(({ kind }) => kinds.includes(kind)),
      ({ worldWideName }) => worldWideName,
    );
  // An adapter in a port of a USB controller may be in another port later.
  const isBus = attachments.some(({ kind }) => kind === 'usb');
  const macs = isBus ? [] : attachments.flatMap(({ mac }) => knownValue(mac) ?? []);
  return {
    drive: soleOf(attachments, ({ serial }) => serial),
    model: soleOf(attachments, ({ model }) => model),
    wwn: names(NAMED),
    guid: names(['infiniband']),
    mac: macs.length === 1 ? plausibleSerial(macs[0]) : null,
  };
}

/** If several attachments have different values, none is certain. */
function soleOf(
  attachments: readonly Attachment[],
  of: (attachment: Attachment) => Attachment['serial'] | undefined,
): string | null {
  const values = attachments.flatMap((each) => plausibleSerial(knownValue(of(each) ?? null)?.trim()) ?? []);
  const [value = ''] = values;
  return new Set(values).size === 1 && PLAIN.test(value) ? value : null;
}

/** Whether any mark distinguishes one device from others. */
export function isMarked({ drive, wwn, guid, mac }: HostMarks): boolean {
  return [drive, wwn, guid, mac].some((mark) => mark !== null);
}
