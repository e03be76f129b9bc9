import type { IpAddress } from '../../../facts/network-use.ts';

/**
 * Whether an interface has an address in a network. The addresses are sorted by interface and prefix length once, so
 * that a large router with many addresses does not need more time for each route.
 */
export class OwnNetworks {
  readonly #addresses = new Map<string, string[]>();
  readonly #networks = new Map<string, ReadonlySet<string>>();
  readonly #networkOf: (address: string, prefixLength: number) => string;

  /** @param networkOf the network of a prefix length that contains an address, as any text */
  constructor(
    addresses: readonly Pick<IpAddress, 'address' | 'interfaces'>[],
    networkOf: (address: string, prefixLength: number) => string,
  ) {
    this.#networkOf = networkOf;
    for (const { address, interfaces } of addresses) {
      for (const name of interfaces) {
        const known = this.#addresses.get(name);
        if (known === undefined) this.#addresses.set(name, [address]);
        else known.push(address);
      }
    }
  }

  has(interfaceName: string, network: string, prefixLength: number): boolean {
    const addresses = this.#addresses.get(interfaceName);
    if (addresses === undefined) return false;
    const key = `${interfaceName}/${prefixLength}`;
    let networks = this.#networks.get(key);
    if (networks === undefined) {
      networks = new Set(addresses.map((address) => this.#networkOf(address, prefixLength)));
      this.#networks.set(key, networks);
    }
    return networks.has(this.#networkOf(network, prefixLength));
  }
}
