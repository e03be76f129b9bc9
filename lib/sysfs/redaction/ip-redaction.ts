import { ipv4Bits } from '../host-use/network/ip-text.ts';

/** Ranges that are kept: private and link-local addresses stay private and link-local. */
const RANGES_4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '224.0.0.0/3',
];
const RANGES_6 = ['00000000', '001', '1111110', '1111111010'.padEnd(64, '0'), '11111111'];
/** The ranges in which every address is kept: they identify no machine. */
const KEPT_4 = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'];
const KEPT_6 = ['00000000', '11111111'];

/**
 * Stand-ins for IP addresses that keep common prefixes: two addresses with the same leading bits have stand-ins with
 * as many equal leading bits. So an address stays in its network, and so does a gateway (as in Crypto-PAn).
 *
 * `digest` returns hex digits for a text, always the same.
 */
export class IpRedaction {
  readonly #digest: (value: string, length: number) => string;
  readonly #flips = new Map<string, boolean>();
  readonly #ranges = [RANGES_4.map(rangeBits), RANGES_6] as const;
  readonly #kept = [KEPT_4.map(rangeBits), KEPT_6] as const;

  constructor(digest: (value: string, length: number) => string) {
    this.#digest = digest;
  }

  /** `10.0.0.0` of 24 bits; the remaining bits are unchanged, and 0 for a network. */
  ipv4(address: string, prefixLength = 32): string {
    const bits = this.#replace(bitsOf(address), prefixLength, 0);
    return (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)).join('.');
  }

  /** The same for 32 hex digits. */
  ipv6(hexDigits: string, prefixLength = 128): string {
    const bits = BigInt(`0x${hexDigits}`).toString(2).padStart(128, '0');
    return BigInt(`0b${this.#replace(bits, prefixLength, 1)}`)
      .toString(16)
      .padStart(32, '0');
  }

  #replace(bits: string, prefixLength: number, family: 0 | 1): string {
    let replaced = '';
    for (let at = 0; at < bits.length; at += 1) {
      const flips = at < prefixLength && this.#flipsAfter(bits.slice(0, at), family);
      replaced += flips ? (bits[at] === '0' ? '1' : '0') : bits[at];
    }
    return replaced;
  }

  /** Whether the bit after these is flipped. A range is kept if no bit of its prefix is flipped. */
  #flipsAfter(bits: string, family: 0 | 1): boolean {
    if (this.#ranges[family].some((range) => range.length > bits.length && range.startsWith(bits)))
      return false;
    if (this.#kept[family].some((range) => bits.startsWith(range))) return false;
    const key = `ip${family} ${bits}`;
    const known = this.#flips.get(key);
    if (known !== undefined) return known;
    const flips = Number.parseInt(this.#digest(key, 1), 16) % 2 === 1;
    this.#flips.set(key, flips);
    return flips;
  }
}

function bitsOf(address: string): string {
  return ipv4Bits(address).toString(2).padStart(32, '0');
}

function rangeBits(range: string): string {
  const [network = '', length = ''] = range.split('/');
  return bitsOf(network).slice(0, Number(length));
}
