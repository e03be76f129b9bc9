import type { Known } from '../base/known.ts';

/** A PCI Express link, from `current_link_speed` and similar files. A value below the maximum may be power saving. */
export interface PcieLink {
  /** Gigatransfers a second. */
  readonly currentSpeedGts: Known<number>;
  readonly currentWidth: Known<number>;
  readonly maxSpeedGts: Known<number>;
  readonly maxWidth: Known<number>;
}

/** `8.0 GT/s PCIe`, `5 GT/s`; `null` for `Unknown`, which the kernel writes if there is no link. */
export function parseLinkSpeed(rawText: string): number | null | undefined {
  if (/^unknown/i.test(rawText)) return null;
  const match = /^(\d+(?:\.\d+)?) GT\/s/.exec(rawText);
  return match === null ? undefined : Number(match[1]);
}

/** The possible link widths, in lanes; 0 while no device is at the other end. */
const WIDTHS: readonly number[] = [0, 1, 2, 4, 8, 12, 16, 32];

/**
 * Lanes: `16`; `null` for an impossible width, such as 255 without a link, and 63 for a function that does not
 * answer.
 */
export function parseLinkWidth(rawText: string): number | null | undefined {
  if (!/^\d{1,3}$/.test(rawText)) return undefined;
  const width = Number(rawText);
  return WIDTHS.includes(width) ? width : null;
}
