/** An IPv4 address of eight hex digits as `/proc/net/route` has them, the last byte first: `0500000A` is 10.0.0.5. */
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

/** An IPv6 address of 32 hex digits as people write it (RFC 5952): `2001:db8::5`. */
export function formatIpv6(hexDigits: string): string {
  const words = (hexDigits.match(/.{4}/g) ?? []).map((word) => word.replace(/^0+(?=.)/, '').toLowerCase());
  const runs = [...words.join(':').matchAll(/(?<=^|:)0(?::0)+(?=:|$)/g)].map(({ 0: run, index }) => ({
    run,
    index,
  }));
  const [longest] = runs.sort((a, b) => b.run.length - a.run.length || a.index - b.index);
  const text = words.join(':');
  if (longest === undefined) return text;
  const before = text.slice(0, longest.index).replace(/:$/, '');
  const after = text.slice(longest.index + longest.run.length).replace(/^:/, '');
  return `${before}::${after}`;
}

/** How many bits a netmask of eight hex digits, as in `/proc/net/route`, has set. */
export function prefixLengthOf(maskDigits: string): number {
  return Number.parseInt(maskDigits, 16).toString(2).replaceAll('0', '').length;
}

/** Whether an IPv4 address is in a network, `10.0.0.0` of 24 bits. */
export function isInNetwork(address: string, network: string, prefixLength: number): boolean {
  if (prefixLength === 0) return true;
  const shift = 32 - prefixLength;
  return ipv4Bits(address) >>> shift === ipv4Bits(network) >>> shift;
}

/** Whether two IPv6 addresses of 32 hex digits begin with the same bits. */
export function sharePrefix(oneDigits: string, otherDigits: string, prefixLength: number): boolean {
  const shift = BigInt(128 - prefixLength);
  return BigInt(`0x${oneDigits}`) >> shift === BigInt(`0x${otherDigits}`) >> shift;
}
