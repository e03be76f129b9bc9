const BYTES = 6;
/** The prefix that libvirt uses for its side of a card: it refuses a guest address with this prefix. */
const RESERVED_FIRST = 0xfe;

/**
 * A MAC address of a virtual network card from random bytes: of one station, locally administered.
 *
 * @param random at least six bytes, from a source of random numbers; the same bytes give the same address
 */
export function macFromRandom(random: Uint8Array): string {
  if (random.length < BYTES) throw new RangeError('a MAC address needs six bytes');
  const [first = 0, ...others] = random.subarray(0, BYTES);
  const local = (first & 0xfc) | 0x02;
  return [local === RESERVED_FIRST ? 0xde : local, ...others]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(':');
}
