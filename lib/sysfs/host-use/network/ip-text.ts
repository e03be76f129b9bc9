/** An IPv4 address from eight hex digits in `/proc/net/route`, last byte first: `0500000A` is 10.0.0.5. */
export function ipv4OfRoute(hexDigits: string): string {
  return (hexDigits.match(/../g) ?? [])
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.');
}

/** An IPv4 address as a number of 32 bits. */
export function ipv4Bits(address: string): number {
  return address.split('.').reduce((bits, byte) => ((bits << 8) | Number(byte)) >>> 0, 0);
}

/** A number of 32 bits as an IPv4 address. */
export function ipv4Of(bits: number): string {
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join('.');
}

/** An IPv6 address from 32 hex digits in the usual form (RFC 5952): `2001:db8::5`. */
export function formatIpv6(hexDigits: string): string {
  const words = Array.from({ length: 8 }, (_, index) =>
    Number.parseInt(hexDigits.slice(4 * index, 4 * index + 4), 16).toString(16),
  );
  let longest = { start: 0, end: 0 };
  for (let start = 0; start < words.length; start += 1) {
    let end = start;
    while (words[end] === '0') end += 1;
    if (end - start > longest.end - longest.start) longest = { start, end };
    start = end;
  }
  // A single group of zeros is not shortened.
  if (longest.end - longest.start < 2) return words.join(':');
  return `${words.slice(0, longest.start).join(':')}::${words.slice(longest.end).join(':')}`;
}

/** The number of bits in a netmask of eight hex digits, as in `/proc/net/route`. */
export function prefixLengthOf(maskDigits: string): number {
  return Number.parseInt(maskDigits, 16).toString(2).replaceAll('0', '').length;
}
