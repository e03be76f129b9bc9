import { isUnknown, knownValue } from '../../../../base/known.ts';
import { isSameIp } from '../../../../facts/ip-match.ts';
import type { RdmaUser } from '../../../../facts/network-use.ts';
import { isLinkLocal, mayHaveInterfaces } from '../../network-view.ts';
import type { SafetyDevice } from '../../safety-fields.ts';
import { listSome, type SafetyRule, someOf, unknownFinding } from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';

/** The kernel or a program works with an interface of it directly. */
export const netUser: SafetyRule = {
  name: 'net-user',
  title: 'something works with its network interface directly',
  severity: 'refuses',
  meaning:
    'An interface of it, or one that is above it, is used without an address of its own: a PPPoE session runs over it, an XDP program or an AF_XDP socket gets its packets, a socket of the CAN bus receives from it, it is an interface to a CAN bus that is switched on, a program has a TCP connection by its link-local address, or the kernel works over its RDMA (NFS, NVMe, iSER, SRP, SMB). Over which device is only known by `rdma`; without it each that has RDMA counts as not known while such a module is in use. XDP programs and the interfaces of AF_XDP sockets are only known on the running host, by `ip` and `ss`; if there are such sockets and `ss` does not say where, it is not known.',
  remedy: 'stop what uses it, or accept that it fails: --allow net-user',
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
      return [unknownFinding('what uses its interfaces directly', unknown)];
    if (isUnknown(rdmaUsers) && rdmaDevicesOf(device).length > 0)
      return [unknownFinding('what of the kernel uses its RDMA', rdmaUsers)];
    if (rdma.length === 0) return [];
    return [
      {
        message: `is not cleared: ${listSome(rdma.map(({ user }) => user))} may use its RDMA`,
        evidence: rdma.map(({ user }) => `the module ${user} is in use`),
        remedy: 'see on which device: rdma resource show qp; if it is not this one, --allow net-user',
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

/** Connections by the addresses that every link has, which `net-address` does not count. */
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
