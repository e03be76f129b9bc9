import { shellCommand } from '../../../../base/shell-command.ts';
import { formatAddress, isLinkLocal, mayHaveInterfaces, upState } from '../../network-view.ts';
import type { SafetyDevice } from '../../safety-fields.ts';
import {
  firstUnknown,
  listSome,
  type Observation,
  type SafetyRule,
  someOf,
  unknownFinding,
} from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';

export const netAddress: SafetyRule = {
  name: 'net-address',
  title: 'it carries an IP address of the host',
  severity: 'refuses',
  meaning:
    'One of its interfaces, or a bridge, bond, VLAN or similar interface on top of it, has an IPv4 or IPv6 address. Automatic IPv6 link-local addresses (`fe80::`) do not count. On the running host, the kernel shows the interface of each address (`ip address`). On a captured host, and without `ip`, it is derived from the routes. If an address is in none of their networks, or in a network with other addresses, its interface is unknown.',
  remedy: 'move the address to another interface, or accept the loss: --allow net-address',
  find: (device, view) => {
    const { use } = view.host;
    const placed = view.network.addressesOn(device.address).filter(({ address }) => !isLinkLocal(address));
    const [first] = placed;
    if (first !== undefined) {
      const names = placed.map(({ address, on }) => `${formatAddress(address)} (${on.path})`);
      const { name } = first.on.interface;
      const remove = shellCommand('ip', 'address', 'delete', formatAddress(first.address), 'dev', name);
      return [
        {
          message: `carries ${listSome(names)}`,
          evidence: someOf(names.map((each) => `address ${each}`)),
          remedy: `move the address to another interface: ${remove}; or accept the loss: --allow net-address`,
        },
      ];
    }
    const unknown = firstUnknown(use.interfaces, use.ipv4.addresses, use.ipv6.addresses);
    if (unknown === undefined) return maybeUnplaced(view, device);
    return mayHaveInterfaces(device) ? [unknownFinding('IP addresses of the host', unknown)] : [];
  },
};

function maybeUnplaced({ network }: SafetyView, { address }: SafetyDevice): readonly Observation[] {
  const up = network.mayBeUp(address);
  if (network.unplaced.length === 0 || up.length === 0) return [];
  const addresses = listSome(network.unplaced.map(formatAddress));
  return [
    {
      message: `cannot be checked: the interface of ${addresses} is unknown`,
      evidence: up.map(upState),
      remedy: 'find the interface: ip address; if it is not on this device, --allow net-address',
      isUnknown: true,
    },
  ];
}
