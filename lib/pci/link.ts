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
