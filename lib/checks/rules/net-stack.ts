import type { InterfaceKind } from '../../pci/host-use.ts';
import { firstUnknown, listSome, notKnown, type SafetyRule } from '../safety-rule.ts';

const KINDS: Readonly<Record<InterfaceKind, string>> = {
  bridge: 'bridge',
  bond: 'bond',
  vlan: 'VLAN',
  macvlan: 'macvlan',
  team: 'team',
  other: 'interface',
};

/** Other interfaces are made of it. */
export const netStack: SafetyRule = {
  name: 'net-stack',
  title: 'a bridge, bond, VLAN or macvlan is above it',
  severity: 'refuses',
  meaning:
    'An interface of it is in a bridge, bond or team, or a VLAN, macvlan or the like is made of it. Virtual machines and containers on that lose their network, also where it carries no address of the host.',
  remedy: 'take the interface out of it: ip link set NAME nomaster; or accept it: --allow net-stack',
  find: (device, view) => {
    const stack = view.network.stackOn(device.address);
    const above = stack.filter(({ isAbove }) => isAbove);
    if (above.length === 0) {
      const unknown = firstUnknown(...stack.map((each) => each.interface.uppers));
      return unknown === undefined ? [] : [notKnown('which interfaces are made of its own', unknown)];
    }
    const names = above.map((each) => `${KINDS[each.interface.kind]} ${each.interface.name}`);
    return [{ message: `is below ${listSome(names)}`, evidence: above.map(({ path }) => path) }];
  },
};
