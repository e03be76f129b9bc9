import { createHash } from 'node:crypto';

/**
 * The MAC of a VF by the stable scheme. It depends only on the card and the number of the VF, so a VF has the same
 * one after every boot, in another slot, and in another host. A contract: it never changes.
 *
 * The first six bytes of the SHA-256 of this UTF-8 text: `portal-gun vf-mac v1`, a line feed, the card, a line feed,
 * and the index in decimal digits. In the first byte the lowest bit is cleared (unicast) and the second set (locally
 * administered).
 *
 * @param card the identity of the PF: its MAC in lower case with colons, or its serial number if it has none
 * @param index the number of the VF, from 0
 */
export function stableMac(card: string, index: number): string {
  const digest = createHash('sha256').update(`portal-gun vf-mac v1\n${card}\n${index}`).digest();
  const bytes = [...digest.subarray(0, 6)];
  bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 0x02;
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
