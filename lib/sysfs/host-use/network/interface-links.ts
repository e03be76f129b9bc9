import { isUnknown, type Known, knownValue, UNREAD } from '../../../base/known.ts';
import type { NetInterface } from '../../../facts/network-use.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import { modulePath } from '../../paths.ts';
import { FALLBACK_NAMES, isTunnelType } from './interface-kinds.ts';

/** An interface as sysfs shows it by itself. */
export interface ReadInterface extends Omit<NetInterface, 'linkLayer' | 'missedUppers' | 'users'> {
  readonly type: Known<string>;
  readonly uevent: Known<string>;
  /** The number of the interface that it is linked to (`iflink`), which may be itself; 0 for none. */
  readonly link: Known<number>;
  /** Whether sysfs says in another way what it is made of, or that it is made of nothing. */
  readonly isPartner: boolean;
  /** Of an interface that the ports of a switch (DSA) are reached through, how their packets are marked. */
  readonly portsTag: Known<string>;
}

/** `DEVTYPE=vlan`, which most drivers of virtual interfaces say. */
export function typeInUevent(uevent: Known<string>): string | undefined {
  return /^DEVTYPE=(\S+)$/m.exec(knownValue(uevent) ?? '')?.[1];
}

/** The drivers of tunnels that look like Ethernet and that have no word in `uevent`: gretap, erspan, ip6gretap. */
const WORDLESS_DRIVERS = ['ip_gre', 'ip6_gre'];

/**
 * What interfaces are made of by the number of another, `iflink`: tunnels, and what does not say it by links `lower_eth1`. The
 * two ends of a cable (veth) are linked by numbers as well, and the number of an end in another network namespace may be that
 * of an interface here.
 */
export class LinksByNumber {
  readonly #all: readonly ReadInterface[];
  /** Whether some of what has no word for what it is may be a tunnel; undefined until somebody asks. */
  #hasWordless: Known<boolean> | undefined;
  readonly #host: HostReader;

  constructor(host: HostReader, all: readonly ReadInterface[]) {
    this.#host = host;
    this.#all = all;
  }

  /** The names of the interfaces that are made of one; why that is not known, if one may be. */
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

  /** Whether the interface that it is linked to is linked back to it: then both are ends of one cable. */
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
    // If it is part of the kernel, it has made these.
    return this.#all.some(({ name }) => /^(gretap0|erspan0|ip6gre0)$/.test(name));
  }
}

function isSure({ type, uevent }: ReadInterface): boolean {
  return isTunnelType(knownValue(type) ?? '') || typeInUevent(uevent) !== undefined;
}
