import { isUnknown, knownValue } from '../../../../base/known.ts';
import type { HostUse } from '../../../../facts/host-use.ts';
import { isDefaultRoute, mayHaveInterfaces } from '../../network-view.ts';
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

/** The login session that asks, or another one, comes through it. */
export const session: SafetyRule = {
  name: 'session',
  title: 'a login session comes through it',
  severity: 'refuses',
  meaning:
    'The address that this session came to over SSH is on an interface of it, or on one that is above it: taking it cuts the session off. The address stands in the environment of the session (`SSH_CONNECTION`). Where no interface is known to have the address, that with the default route is taken for it. The sessions of others count as well: connections of SSH, Telnet, VNC, RDP and Mosh to an address of it.',
  remedy: 'come in another way, by another interface or at the console, or accept it: --allow session',
  find: (device, view) => {
    const { use } = view.host;
    if (view.network.stackOn(device.address).length === 0 && !mayHaveUnread(device, use)) return [];
    return [...ownSession(device, view), ...otherSessions(device, view)];
  },
};

function ownSession(device: SafetyDevice, view: SafetyView): readonly Observation[] {
  const { use, live } = view.host;
  const { sessionAddress } = live;
  if (isUnknown(sessionAddress))
    return [unknownFinding('the address that this session came to', sessionAddress)];
  const address = knownValue(sessionAddress);
  if (address === undefined) return [];
  const [path] = pathsOf(address, device, view);
  if (path === undefined) {
    const unknown = firstUnknown(use.interfaces, use.ipv4.addresses, use.ipv6.addresses);
    return unknown === undefined
      ? []
      : [unknownFinding(`which interface has ${address}, that you came to`, unknown)];
  }
  const message = `carries this login session: you came to ${address} (${path})`;
  return [{ message, evidence: [`SSH_CONNECTION names ${address} as this side`] }];
}

/** Of sessions to the same address as this one, this one speaks for all. */
function otherSessions(device: SafetyDevice, view: SafetyView): readonly Observation[] {
  const { connections, sessionAddress } = view.host.live;
  if (isUnknown(connections)) {
    return isUnknown(sessionAddress)
      ? []
      : [unknownFinding('which login sessions come through it', connections)];
  }
  const others = (connections ?? []).filter(({ local, isLogin }) => isLogin && local !== sessionAddress);
  const sessions = others.flatMap(({ local, peer, owner }) => {
    const [path] = pathsOf(local, device, view);
    const from = peer === null ? '' : ` from ${peer}`;
    return path === undefined ? [] : [`${owner}${from} to ${local} (${path})`];
  });
  if (sessions.length === 0) return [];
  return [
    {
      message: `carries login sessions of others: ${listSome(sessions)}`,
      evidence: someOf(sessions.map((each) => `connection of ${each}`)),
      remedy: 'ask them to come in by another interface, or accept it: --allow session',
    },
  ];
}

/** The interfaces of it that have an address, or are taken for it. */
function pathsOf(address: string, device: SafetyDevice, { network }: SafetyView): readonly string[] {
  const placed = network.addressesOn(device.address).filter((each) => each.address.address === address);
  const isUnplaced = network.unplaced.some((each) => each.address === address);
  const routes = network.routesOn(device.address).filter(({ route }) => isDefaultRoute(route));
  return [...placed, ...(isUnplaced ? routes : [])].map(({ on }) => on.path);
}

/** Whether it has interfaces of which nothing could be read. */
function mayHaveUnread(device: SafetyDevice, { interfaces }: HostUse): boolean {
  return isUnknown(interfaces) && mayHaveInterfaces(device);
}
