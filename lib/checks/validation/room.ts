import { formatSize } from '../../base/text.ts';
import type { HomelessBar } from '../../pci/config/homeless-bars.ts';

/** The remedy for BARs without an address. */
export const ROOM_REMEDY =
  'enable "above 4G decoding" in the firmware setup, or add pci=realloc to the kernel command line';

/** A BAR without an address, as evidence: `BAR 1, 256 MiB`. */
export function homelessText({ index, sizeBytes }: HomelessBar): string {
  return sizeBytes === null ? `BAR ${index}, of unknown size` : `BAR ${index}, ${formatSize(sizeBytes)}`;
}
