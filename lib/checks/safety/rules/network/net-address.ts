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

/** An interface of it has an address of the host. */
export const netAddress: SafetyRule = {
  name: 'net-address',
  title: 'it carries an address of the host',
  severity: 'refuses',
  meaning:
    'An interface of it has an IPv4 or IPv6 address, or a bridge, bond, VLAN or the like above it has. Addresses that IPv6 makes for every link (`fe80::`) do not count. On the running host the kernel says which interface has an address (`ip address`). In a captured host, and without `ip`, that follows from the routes; if an address is in none of their networks, or in a network with other addresses, it is not known.',
  remedy: 'move the address to another interface, or accept that it goes: --allow net-address',
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
          remedy: `move the address to another interface: ${remove}; or accept that it goes: --allow net-address`,
        },
      ];
    }
    const unknown = firstUnknown(use.interfaces, use.ipv4.addresses, use.ipv6.addresses);
    if (unknown === undefined) return maybeUnplaced(view, device);
    return mayHaveInterfaces(device)
      ? [unknownFinding('which addresses of the host its interfaces carry', unknown)]
      : [];
  },
};

function maybeUnplaced({ network }: SafetyView, { address }: SafetyDevice): readonly Observation[] {
  const up = network.mayBeUp(address);
  if (network.unplaced.length === 0 || up.length === 0) return [];
  const addresses = listSome(network.unplaced.map(formatAddress));
  return [
    {
      message: `is not cleared: it is not known which interface has ${addresses}`,
      evidence: up.map(upState),
      remedy: 'see which interface has it: ip address; if it is none of these, --allow net-address',
      isUnknown: true,
    },
  ];
}
