import type { Known, Unknown } from '../base/known.ts';

/** The kinds of attachments of a PCI function, by their sysfs class. */
export const ATTACHMENT_KINDS = [
  'net',
  'block',
  'nvme',
  'scsi_host',
  'drm',
  'graphics',
  'sound',
  'usb',
  'input',
  'infiniband',
  'ieee80211',
  'tpm',
  'ptp',
  'tty',
  'i2c',
  'video4linux',
  'accel',
  'vfio-dev',
  'thunderbolt',
] as const;

export type AttachmentKind = (typeof ATTACHMENT_KINDS)[number];

/** A part of the host that exists because of a PCI function, and disappears with it. */
export interface Attachment {
  readonly kind: AttachmentKind;
  /** The kernel's name: `enp1s0`, `nvme0n1`, `card0`, `usb1`. */
  readonly name: string;
  /** For a network interface: its MAC address. `null` for other kinds. */
  readonly mac: Known<string>;
  /** For a network interface: the kernel's operational state (`up`, `down`, `unknown`). */
  readonly state: Known<string>;
  /** For a drive (NVMe, virtio-blk): its serial number. */
  readonly serial: Known<string>;
  /** For an NVMe drive: its model. */
  readonly model?: string | Unknown;
  /**
   * A globally unique name: the ports of a Fibre Channel or SAS host, the GUID of an InfiniBand node, the unique id
   * of a Thunderbolt host or a GPU; for an NVMe drive only if its serial number is blank.
   */
  readonly worldWideName?: string | Unknown;
  /** For a block device: its size in bytes. */
  readonly sizeBytes: Known<number>;
}
