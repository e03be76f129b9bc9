import { isUnknown, knownValue } from '../../../../base/known.ts';
import { isSameIp } from '../../../../facts/ip-match.ts';
import type { RdmaUser } from '../../../../facts/network-use.ts';
import { isLinkLocal, mayHaveInterfaces } from '../../network-view.ts';
import type { SafetyDevice } from '../../safety-fields.ts';
import { listSome, type SafetyRule, someOf, unknownFinding } from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';

export const netUser: SafetyRule = {
  name: 'net-user',
  title: 'a program or the kernel uses its network interface directly',
  severity: 'refuses',
  meaning:
    'One of its interfaces, or an interface on top of it, is in use without an address: a PPPoE session runs over it, an XDP program or an AF_XDP socket gets its packets, a CAN socket receives from it, it is an active CAN interface, a program has a TCP connection with its link-local address, or the kernel uses its RDMA (NFS, NVMe, iSER, SRP, SMB). Only `rdma` shows the device of an RDMA connection; without it, every RDMA device counts as unknown while such a module is in use. XDP programs and AF_XDP sockets are known only on the running host, by `ip` and `ss`. If there are such sockets and `ss` does not show their interfaces, the result is unknown.',
  remedy: 'stop the users, or accept that they fail: --allow net-user',
  find: (device, view) => {
    const stack = view.network.stackOn(device.address);
    const { rdmaUsers } = view.host.use.network;
    const rdma = (knownValue(rdmaUsers) ?? []).filter((each) => mayUse(each, device));
    const uses = [
      ...stack.flatMap(({ interface: { users, linkLayer, isUp }, path }) => [
        ...(knownValue(users) ?? []).map((user) => `${user} (${path})`),
        ...(linkLayer === 'can' && isUp === true ? [`CAN bus (${path})`] : []),
      ]),
      ...connectionsOn(device, view),
      ...rdma
        .filter(({ device: name }) => name !== null)
        .map(({ device: name, user }) => `${user} (${name})`),
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
    if (unknown !== undefined && mayHaveInterfaces(device))
      return [unknownFinding('direct users of its interfaces', unknown)];
    if (isUnknown(rdmaUsers) && rdmaDevicesOf(device).length > 0)
      return [unknownFinding('kernel users of its RDMA', rdmaUsers)];
    if (rdma.length === 0) return [];
    return [
      {
        message: `cannot be checked: ${listSome(rdma.map(({ user }) => user))} may use its RDMA`,
        evidence: rdma.map(({ user }) => `the module ${user} is in use`),
        remedy: 'find the device: rdma resource show qp; if it is not this device, --allow net-user',
        isUnknown: true,
      },
    ];
  },
};

function rdmaDevicesOf({ attachments }: SafetyDevice): readonly string[] {
  return (knownValue(attachments) ?? []).filter(({ kind }) => kind === 'infiniband').map(({ name }) => name);
}

function mayUse({ device: name }: RdmaUser, device: SafetyDevice): boolean {
  const own = rdmaDevicesOf(device);
  return name === null ? own.length > 0 : own.includes(name);
}

/** Connections by link-local addresses, which `net-address` does not count. */
function connectionsOn(device: SafetyDevice, { network, host }: SafetyView): readonly string[] {
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
