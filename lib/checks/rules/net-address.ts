import { knownValue } from '../../base/known.ts';
import { formatAddress, isLinkLocal, mayHaveInterfaces } from '../network-view.ts';
import { firstUnknown, listSome, notKnown, type Observation, type SafetyRule } from '../safety-rule.ts';
import type { SafetyView } from '../safety-view.ts';

/** An interface of it has an address of the host. */
export const netAddress: SafetyRule = {
  name: 'net-address',
  title: 'it carries an address of the host',
  severity: 'refuses',
  meaning:
    'An interface of it has an IPv4 or IPv6 address, or a bridge, bond, VLAN or the like above it has. Addresses that IPv6 makes for every link (`fe80::`) do not count. Which interface has an IPv4 address follows from the routes; of one that fits none of them it is not known.',
  remedy: 'move the address to another interface, or accept that it goes: --allow net-address',
  find: (device, view) => {
    const { use } = view.host;
    const placed = view.network.addressesOn(device.address).filter(({ address }) => !isLinkLocal(address));
    if (placed.length > 0) {
      const names = placed.map(({ address, on }) => `${formatAddress(address)} (${on.path})`);
      return [{ message: `carries ${listSome(names)}`, evidence: names.map((name) => `address ${name}`) }];
    }
    const unknown = firstUnknown(use.interfaces, use.ipv4.addresses, use.ipv6.addresses);
    if (unknown === undefined) return maybeUnplaced(view, view.network.stackOn(device.address));
    return mayHaveInterfaces(device)
      ? [notKnown('which addresses of the host its interfaces carry', unknown)]
      : [];
  },
};

function maybeUnplaced(
  view: SafetyView,
  stack: ReturnType<SafetyView['network']['stackOn']>,
): readonly Observation[] {
  const { unplaced } = view.network;
  const up = stack.filter((each) => knownValue(each.interface.isUp) === true);
  if (unplaced.length === 0 || up.length === 0) return [];
  return [
    {
      message: `is not cleared: no route tells which interface has ${listSome(unplaced.map(formatAddress))}`,
      evidence: up.map(({ path }) => `${path} is up`),
      remedy: 'see which interface has it: ip address; where it is none of these, --allow net-address',
      isUnknown: true,
    },
  ];
}
