/** Why text is not a valid MAC of an interface. */
export type MacProblem = 'form' | 'multicast' | 'zero';

/** Parses a unicast MAC: six bytes in hex with colons. Returns it in lower case, or the problem. */
export function parseStationMac(text: string): { readonly mac: string } | { readonly problem: MacProblem } {
  const mac = text.toLowerCase();
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac)) return { problem: 'form' };
  if (/^[0:]+$/.test(mac)) return { problem: 'zero' };
  // The lowest bit of the first byte means multicast.
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0 ? { mac } : { problem: 'multicast' };
}
