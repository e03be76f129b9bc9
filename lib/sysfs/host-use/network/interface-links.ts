import { isUnknown, type Known, knownValue, UNREAD } from '../../../base/known.ts';
import type { NetInterface } from '../../../facts/network-use.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import { modulePath } from '../../paths.ts';
import { FALLBACK_NAMES, isTunnelType } from './interface-kinds.ts';

/** An interface from its own files in sysfs. */
export interface ReadInterface extends Omit<NetInterface, 'linkLayer' | 'missedUppers' | 'users'> {
  readonly type: Known<string>;
  readonly uevent: Known<string>;
  /** The number of the interface that it is linked to (`iflink`), which may be itself; 0 for none. */
  readonly link: Known<number>;
  /** Whether sysfs shows its lower interfaces in another way, or that it has none. */
  readonly isPartner: boolean;
  /** For an interface below the ports of a switch (DSA): the tag format of their packets. */
  readonly portsTag: Known<string>;
}

/** `DEVTYPE=vlan`, which most drivers of virtual interfaces report. */
export function typeInUevent(uevent: Known<string>): string | undefined {
  return /^DEVTYPE=(\S+)$/m.exec(knownValue(uevent) ?? '')?.[1];
}

/** The drivers of tunnels that look like Ethernet and report no type in `uevent`: gretap, erspan, ip6gretap. */
const WORDLESS_DRIVERS = ['ip_gre', 'ip6_gre'];

/**
 * The lower interfaces that interfaces name by number, in `iflink`: tunnels, and others without links such as
 * `lower_eth1`. The two ends of a veth pair are also linked by numbers, and the number of an end in another network
 * namespace may be that of an interface here.
 */
export class LinksByNumber {
  readonly #all: readonly ReadInterface[];
  /** Whether an interface without a type may be a tunnel; undefined before the first use. */
  #hasWordless: Known<boolean> | undefined;
  readonly #host: HostReader;

  constructor(host: HostReader, all: readonly ReadInterface[]) {
    this.#host = host;
    this.#all = all;
  }

  /** The names of the interfaces on top of one; the reason if they are unknown. */
  madeOf({ name, index }: ReadInterface): Known<readonly string[]> {
    const others = this.#all.filter(
      (each) =>
        each.name !== name && each.function === null && !each.isPartner && !FALLBACK_NAMES.has(each.name),
    );
    const unknown = others.flatMap(({ type, link, uevent }) => [type, link, uevent]).find(isUnknown);
    if (unknown !== undefined) return unknown;
    const linked = others.filter(({ link, index: own }) => (knownValue(link) ?? 0) > 0 && link !== own);
    if (isUnknown(index) && linked.length > 0) return index;
    const above = linked.filter(({ link }) => link === index);
    const doubtful = above.filter((each) => !isSure(each) && !this.#isCable(each));
    if (doubtful.length > 0) {
      const has = this.#wordless();
      if (isUnknown(has)) return has;
      if (has === true) return UNREAD;
    }
    return above.filter(isSure).map((each) => each.name);
  }

  /** Whether the linked interface links back: then both are ends of one veth pair. */
  #isCable({ link, index }: ReadInterface): boolean {
    return this.#all.some((each) => each.index === link && each.link === index && index !== null);
  }

  #wordless(): Known<boolean> {
    this.#hasWordless ??= this.#readWordless();
    return this.#hasWordless;
  }

  #readWordless(): Known<boolean> {
    for (const module of WORDLESS_DRIVERS) {
      const listed = knownOf(this.#host.list(modulePath(module)));
      if (isUnknown(listed)) return listed;
      if (listed !== null) return true;
    }
    // If the module is built in, it created these interfaces.
    return this.#all.some(({ name }) => /^(gretap0|erspan0|ip6gre0)$/.test(name));
  }
}

function isSure({ type, uevent }: ReadInterface): boolean {
  return isTunnelType(knownValue(type) ?? '') || typeInUevent(uevent) !== undefined;
}
