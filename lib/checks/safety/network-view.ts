import { isUnknown, knownValue } from '../../base/known.ts';
import { shellCommand } from '../../base/shell-command.ts';
import type { HostUse } from '../../facts/host-use.ts';
import type { IpAddress, IpRoute, NetInterface } from '../../facts/network-use.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { SafetyDevice } from './safety-fields.ts';

/**
 * An interface on a function, or on top of such an interface, with the path between them: `enp3s0f1`, `br0 above enp3s0f1`.
 */
export interface StackedInterface {
  readonly interface: NetInterface;
  readonly path: string;
  /** Whether it is on top of another. */
  readonly isAbove: boolean;
  /** The interface that it is on top of, or that is in it. */
  readonly below: NetInterface | null;
}

export interface PlacedAddress {
  readonly address: IpAddress;
  readonly on: StackedInterface;
}

export interface PlacedRoute {
  readonly route: IpRoute;
  readonly on: StackedInterface;
}

/** The dependents of an interface: interfaces on top of it, their addresses and routes. */
export class NetworkView {
  readonly #interfaces: readonly NetInterface[];
  readonly #addresses: readonly IpAddress[];
  readonly #routes: readonly IpRoute[];
  readonly #byName: ReadonlyMap<string, NetInterface>;
  readonly #unplacedRoutes: readonly string[];
  readonly #stacks = new Map<PciAddress, readonly StackedInterface[]>();

  constructor(use: HostUse) {
    this.#interfaces = knownValue(use.interfaces) ?? [];
    this.#byName = new Map(this.#interfaces.map((each) => [each.name, each]));
    this.#addresses = [use.ipv4, use.ipv6].flatMap(({ addresses }) => knownValue(addresses) ?? []);
    this.#routes = [use.ipv4, use.ipv6].flatMap(({ routes }) => knownValue(routes) ?? []);
    this.#unplacedRoutes = [use.ipv4, use.ipv6].flatMap(({ unplacedRoutes }) => unplacedRoutes ?? []);
  }

  /** The interfaces of a function, and those on top of them. */
  stackOn(address: PciAddress): readonly StackedInterface[] {
    const known = this.#stacks.get(address);
    if (known !== undefined) return known;
    const found = new Map<string, StackedInterface>();
    for (const each of this.#interfaces) {
      if (each.function === address) this.#climb(each, each.name, null, found);
    }
    const stack = [...found.values()];
    this.#stacks.set(address, stack);
    return stack;
  }

  addressesOn(device: PciAddress): readonly PlacedAddress[] {
    const stack = this.#stackByName(device);
    if (stack.size === 0) return [];
    return this.#addresses.flatMap((address) =>
      address.interfaces.flatMap((name) => {
        const on = stack.get(name);
        return on === undefined ? [] : [{ address, on }];
      }),
    );
  }

  routesOn(device: PciAddress): readonly PlacedRoute[] {
    const stack = this.#stackByName(device);
    if (stack.size === 0) return [];
    return this.#routes.flatMap((route) => {
      const on = stack.get(route.interface);
      return on === undefined ? [] : [{ route, on }];
    });
  }

  #stackByName(device: PciAddress): ReadonlyMap<string, StackedInterface> {
    return new Map(this.stackOn(device).map((each) => [each.interface.name, each]));
  }

  /** The addresses of the host whose interface is unknown or uncertain. */
  get unplaced(): readonly IpAddress[] {
    return this.#addresses.filter(({ interfaces, isGuess }) => interfaces.length === 0 || isGuess === true);
  }

  /** Destinations of routes with an unknown interface. */
  get unplacedRoutes(): readonly string[] {
    return this.#unplacedRoutes;
  }

  /** The interfaces of a function, and those on top, that are up, or may be. */
  mayBeUp(device: PciAddress): readonly StackedInterface[] {
    return this.stackOn(device).filter((each) => knownValue(each.interface.isUp) !== false);
  }

  #climb(
    each: NetInterface,
    path: string,
    below: NetInterface | null,
    found: Map<string, StackedInterface>,
  ): void {
    if (found.has(each.name)) return;
    found.set(each.name, { interface: each, path, isAbove: below !== null, below });
    for (const name of knownValue(each.uppers) ?? []) {
      const upper = this.#byName.get(name);
      if (upper !== undefined) this.#climb(upper, `${name} on top of ${path}`, each, found);
    }
  }
}

/** Whether a function has network interfaces, or may have. */
export function mayHaveInterfaces({ netInterfaces }: SafetyDevice): boolean {
  return isUnknown(netInterfaces) || (netInterfaces !== null && netInterfaces.length > 0);
}

/** Whether a route is the default one, of either family. */
export function isDefaultRoute({ destination }: IpRoute): boolean {
  return destination === '0.0.0.0/0' || destination === '::/0';
}

/** Whether the address is link-local: every interface that is up has one. */
export function isLinkLocal({ address }: Pick<IpAddress, 'address'>): boolean {
  return /^fe[89ab]/.test(address);
}

/** `10.0.0.5/24`; without the length if it is unknown. */
export function formatAddress({ address, prefixLength }: IpAddress): string {
  return prefixLength === null ? address : `${address}/${prefixLength}`;
}

/** `eth1 is up`, or why it may be. */
export function upState({ interface: { isUp }, path }: StackedInterface): string {
  return isUnknown(isUp) ? `whether ${path} is up is unknown` : `${path} is up`;
}

/** `10.9.0.0/16 via 10.0.0.1 through eth1`. */
export function routeLine({ route: { destination, gateway }, on }: PlacedRoute): string {
  return `${destination}${gateway === null ? '' : ` via ${gateway}`} through ${on.path}`;
}

/** The command that removes a route. */
export function removeRoute({ destination, gateway, interface: name }: IpRoute): string {
  const family = destination.includes(':') ? ['-6'] : [];
  const via = gateway === null ? [] : ['via', gateway];
  return shellCommand('ip', ...family, 'route', 'delete', destination, ...via, 'dev', name);
}
