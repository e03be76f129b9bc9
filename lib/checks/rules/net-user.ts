import { isUnknown, knownValue } from '../../base/known.ts';
import type { PciDevice } from '../../pci/device.ts';
import { isSameIp } from '../../pci/ip-match.ts';
import { isLinkLocal, mayHaveInterfaces } from '../network-view.ts';
import { listSome, notKnown, type SafetyRule, someOf } from '../safety-rule.ts';
import type { SafetyView } from '../safety-view.ts';

/** The kernel or a program works with an interface of it directly. */
export const netUser: SafetyRule = {
  name: 'net-user',
  title: 'something works with its network interface directly',
  severity: 'refuses',
  meaning:
    'An interface of it, or one that is above it, is used without an address of its own: a PPPoE session runs over it, an XDP program or an AF_XDP socket gets its packets, a socket of the CAN bus receives from it, it is an interface to a CAN bus that is switched on, or a program has a TCP connection by its link-local address. XDP programs and the interfaces of AF_XDP sockets are only known on the running host, by `ip` and `ss`; if there are such sockets and `ss` does not say where, it is not known.',
  remedy: 'stop what uses it, or accept that it fails: --allow net-user',
  find: (device, view) => {
    const stack = view.network.stackOn(device.address);
    const uses = [
      ...stack.flatMap(({ interface: { users, linkLayer, isUp }, path }) => [
        ...(knownValue(users) ?? []).map((user) => `${user} (${path})`),
        ...(linkLayer === 'can' && isUp === true ? [`CAN bus (${path})`] : []),
      ]),
      ...connectionsOn(device, view),
    ];
    if (uses.length > 0)
      return [
        { message: `is in use by ${listSome(uses)}`, evidence: someOf(uses.map((use) => `used by ${use}`)) },
      ];
    const facts = stack.flatMap(({ interface: { users, linkLayer, isUp } }) => [
      users,
      linkLayer,
      linkLayer === 'can' ? isUp : null,
    ]);
    const unknown = facts.find(isUnknown);
    return unknown !== undefined && mayHaveInterfaces(device)
      ? [notKnown('what uses its interfaces directly', unknown)]
      : [];
  },
};

/** Connections by the addresses that every link has, which `net-address` does not count. */
function connectionsOn(device: PciDevice, { network, host }: SafetyView): readonly string[] {
  const connections = knownValue(host.live.connections) ?? [];
  if (connections.length === 0) return [];
  return network
    .addressesOn(device.address)
    .filter(({ address }) => isLinkLocal(address))
    .flatMap(({ address, on }) =>
      connections
        .filter(({ local }) => isSameIp(local, address.address))
        .map(
          ({ owner, peer }) => `a connection of ${owner}${peer === null ? '' : ` with ${peer}`} (${on.path})`,
        ),
    );
}
