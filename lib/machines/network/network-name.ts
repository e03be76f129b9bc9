import { createHash } from 'node:crypto';

const ISOLATED = 'isolated/';
/** Of the kernel, for the name of a network interface. */
const MAX_BRIDGE = 15;
const SHORT = 'pg-';
const HASHED = 'pg_';
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** Whether a network of a definition is one that portal-gun creates: `isolated/NAME`. */
export function isIsolatedNetwork(network: string): boolean {
  return network.startsWith(ISOLATED);
}

/** The name in libvirt of a network of a definition: libvirt takes no `/`. */
export function libvirtNetworkName(network: string): string {
  return network.replaceAll('/', '-');
}

/**
 * The name of the bridge of a network, of at most 15 characters: the same for the same name, and different for
 * different names. A short name can be recognized in it; of a longer one it has 60 bits of a checksum.
 *
 * @param network its name in libvirt
 */
export function bridgeNameOf(network: string): string {
  const short = network.replace(/^isolated-/, '');
  // Another network could have the rest of the name without its beginning.
  const isShort = short !== network && /^[a-z0-9][a-z0-9.-]*$/.test(short);
  if (isShort && SHORT.length + short.length <= MAX_BRIDGE) return SHORT + short;
  const digest = createHash('sha256').update(network).digest();
  return (
    HASHED + [...digest.subarray(0, MAX_BRIDGE - HASHED.length)].map((byte) => ALPHABET[byte & 31]).join('')
  );
}
