/** Why text is no MAC that an interface could have. */
export type MacProblem = 'form' | 'multicast' | 'zero';

/** Reads the MAC of one station: six bytes in hex with colons; gives it in lower case, or why it is none. */
export function parseStationMac(text: string): { readonly mac: string } | { readonly problem: MacProblem } {
  const mac = text.toLowerCase();
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac)) return { problem: 'form' };
  if (/^[0:]+$/.test(mac)) return { problem: 'zero' };
  // The lowest bit of the first byte means many stations.
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0 ? { mac } : { problem: 'multicast' };
}
