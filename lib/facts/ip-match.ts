import { parseIp } from './ip-number.ts';

/**
 * The number of bits that a network fixes of an address, if the address is in it; undefined if it is not, or if
 * either is invalid.
 */
export function prefixMatch(address: string, network: string): number | undefined {
  const [base = '', length = ''] = network.split('/');
  const own = parseIp(address);
  const other = parseIp(base);
  const fixed = Number(length);
  if (own === undefined || other === undefined || own.bits !== other.bits) return undefined;
  if (!/^\d{1,3}$/.test(length) || fixed > own.bits) return undefined;
  const shift = BigInt(own.bits - fixed);
  return own.value >> shift === other.value >> shift ? fixed : undefined;
}

/** Whether two texts are the same IP address: `2001:db8::5` and `2001:0db8:0::5`. */
export function isSameIp(one: string, other: string): boolean {
  const [a, b] = [parseIp(one), parseIp(other)];
  return a !== undefined && b !== undefined && a.bits === b.bits && a.value === b.value;
}
