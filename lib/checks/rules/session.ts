import { isUnknown, knownValue } from '../../base/known.ts';
import type { PciDevice } from '../../pci/device.ts';
import type { HostUse } from '../../pci/host-use.ts';
import { isDefaultRoute, mayHaveInterfaces } from '../network-view.ts';
import { firstUnknown, notKnown, type SafetyRule } from '../safety-rule.ts';

/** The login session that asks comes through it. */
export const session: SafetyRule = {
  name: 'session',
  title: 'this login session comes through it',
  severity: 'refuses',
  meaning:
    'The address that this session came to over SSH is on an interface of it, or on one that is above it: taking it cuts the session off. The address stands in the environment of the session (`SSH_CONNECTION`). Where no interface is known to have the address, that with the default route is taken for it.',
  remedy: 'come in another way, by another interface or at the console, or accept it: --allow session',
  find: (device, view) => {
    const { use, live } = view.host;
    const { sessionAddress } = live;
    if (view.network.stackOn(device.address).length === 0 && !mayHaveUnread(device, use)) return [];
    if (isUnknown(sessionAddress)) {
      return [notKnown('the address that this session came to', sessionAddress)];
    }
    const address = knownValue(sessionAddress);
    if (address === undefined) return [];
    const placed = view.network
      .addressesOn(device.address)
      .filter((each) => each.address.address === address);
    const isUnplaced = view.network.unplaced.some((each) => each.address === address);
    const routes = view.network.routesOn(device.address).filter(({ route }) => isDefaultRoute(route));
    const paths = [...placed, ...(isUnplaced ? routes : [])].map(({ on }) => on.path);
    if (paths.length === 0) {
      const unknown = firstUnknown(use.interfaces, use.ipv4.addresses, use.ipv6.addresses);
      return unknown === undefined
        ? []
        : [notKnown(`which interface has ${address}, that you came to`, unknown)];
    }
    const message = `carries this login session: you came to ${address} (${paths[0]})`;
    return [{ message, evidence: [`SSH_CONNECTION names ${address} as this side`] }];
  },
};

/** Whether it has interfaces of which nothing could be read. */
function mayHaveUnread(device: PciDevice, { interfaces }: HostUse): boolean {
  return isUnknown(interfaces) && mayHaveInterfaces(device);
}
