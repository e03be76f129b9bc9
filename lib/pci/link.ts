import type { Known } from '../base/known.ts';

/** A PCI Express link, as `current_link_speed` and its neighbours say. Below the maximum may be power saving. */
export interface PcieLink {
  /** Gigatransfers a second. */
  readonly currentSpeedGts: Known<number>;
  readonly currentWidth: Known<number>;
  readonly maxSpeedGts: Known<number>;
  readonly maxWidth: Known<number>;
}

/** `8.0 GT/s PCIe`, `5 GT/s`; `null` for `Unknown`, as the kernel writes where there is no link. */
export function parseLinkSpeed(rawText: string): number | null | undefined {
  if (/^unknown/i.test(rawText)) return null;
  const match = /^(\d+(?:\.\d+)?) GT\/s/.exec(rawText);
  return match === null ? undefined : Number(match[1]);
}

/** What a link can have, in lanes; 0 while nothing is at its other end. */
const WIDTHS: readonly number[] = [0, 1, 2, 4, 8, 12, 16, 32];

/** Lanes: `16`; `null` for what no link has, as 255 where there is none, and 63 of a function that does not answer. */
export function parseLinkWidth(rawText: string): number | null | undefined {
  if (!/^\d{1,3}$/.test(rawText)) return undefined;
  const width = Number(rawText);
  return WIDTHS.includes(width) ? width : null;
}
