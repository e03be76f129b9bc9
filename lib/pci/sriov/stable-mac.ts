import { createHash } from 'node:crypto';

/**
 * The MAC of a VF by the stable scheme. It follows from the card and the number of the VF alone, so that a VF has the same
 * one after every boot, in another slot, and in another host. A contract: it is never changed.
 *
 * Of the SHA-256 of the UTF-8 text `portal-gun vf-mac v1`, a line's end, the card, a line's end and the index in decimal
 * digits, the first six bytes; of the first byte the lowest bit is cleared (one station) and the second set (locally
 * administered).
 *
 * @param card what tells the PF from every other: its MAC in lower case with colons, its serial number where it has none
 * @param index the number of the VF, from 0
 */
export function stableMac(card: string, index: number): string {
  const digest = createHash('sha256').update(`portal-gun vf-mac v1\n${card}\n${index}`).digest();
  const bytes = [...digest.subarray(0, 6)];
  bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 0x02;
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
