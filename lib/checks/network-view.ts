import { isUnknown, knownValue } from '../base/known.ts';
import type { PciAddress } from '../pci/address.ts';
import type { PciDevice } from '../pci/device.ts';
import type { HostUse, IpAddress, IpRoute, NetInterface } from '../pci/host-use.ts';

/** An interface that is on a function, or made of one that is, with the way there: `enp3s0f1`, `br0 above enp3s0f1`. */
export interface StackedInterface {
  readonly interface: NetInterface;
  readonly path: string;
  /** Whether it is made of another. */
  readonly isAbove: boolean;
}

export interface PlacedAddress {
  readonly address: IpAddress;
  readonly on: StackedInterface;
}

export interface PlacedRoute {
  readonly route: IpRoute;
  readonly on: StackedInterface;
}

/** What goes with an interface: those that are made of it, their addresses and routes. */
export class NetworkView {
  readonly #interfaces: readonly NetInterface[];
  readonly #addresses: readonly IpAddress[];
  readonly #routes: readonly IpRoute[];
  readonly #stacks = new Map<PciAddress, readonly StackedInterface[]>();

  constructor(use: HostUse) {
    this.#interfaces = knownValue(use.interfaces) ?? [];
    this.#addresses = [use.ipv4, use.ipv6].flatMap(({ addresses }) => knownValue(addresses) ?? []);
    this.#routes = [use.ipv4, use.ipv6].flatMap(({ routes }) => knownValue(routes) ?? []);
  }

  stackOn(address: PciAddress): readonly StackedInterface[] {
    const known = this.#stacks.get(address);
    if (known !== undefined) return known;
    const found = new Map<string, StackedInterface>();
    for (const each of this.#interfaces) {
      if (each.function === address) this.#climb(each, each.name, false, found);
    }
    const stack = [...found.values()];
    this.#stacks.set(address, stack);
    return stack;
  }

  addressesOn(device: PciAddress): readonly PlacedAddress[] {
    return this.#addresses.flatMap((address) =>
      this.stackOn(device)
        .filter((on) => address.interfaces.includes(on.interface.name))
        .map((on) => ({ address, on })),
    );
  }

  routesOn(device: PciAddress): readonly PlacedRoute[] {
    return this.#routes.flatMap((route) =>
      this.stackOn(device)
        .filter((on) => route.interface === on.interface.name)
        .map((on) => ({ route, on })),
    );
  }

  /** The host's addresses of which nothing tells the interface. */
  get unplaced(): readonly IpAddress[] {
    return this.#addresses.filter(({ interfaces }) => interfaces.length === 0);
  }

  #climb(each: NetInterface, path: string, isAbove: boolean, found: Map<string, StackedInterface>): void {
    if (found.has(each.name)) return;
    found.set(each.name, { interface: each, path, isAbove });
    for (const name of knownValue(each.uppers) ?? []) {
      const upper = this.#interfaces.find((other) => other.name === name);
      if (upper !== undefined) this.#climb(upper, `${name} above ${path}`, true, found);
    }
  }
}

/** Whether a function has network interfaces, or may have. */
export function mayHaveInterfaces({ netInterfaces }: PciDevice): boolean {
  return isUnknown(netInterfaces) || (netInterfaces !== null && netInterfaces.length > 0);
}

/** Whether a route is the default one, of either family. */
export function isDefaultRoute({ destination }: IpRoute): boolean {
  return destination === '0.0.0.0/0' || destination === '::/0';
}

/** Whether every interface that is up has such an address by itself. */
export function isLinkLocal({ address }: IpAddress): boolean {
  return /^fe[89ab]/.test(address);
}

/** `10.0.0.5/24`; without a length where that is not known. */
export function formatAddress({ address, prefixLength }: IpAddress): string {
  return prefixLength === null ? address : `${address}/${prefixLength}`;
}
