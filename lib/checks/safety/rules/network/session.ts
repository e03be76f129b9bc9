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

export const session: SafetyRule = {
  name: 'session',
  title: 'a login session uses it',
  severity: 'refuses',
  meaning:
    'The server address of this SSH session is on one of its interfaces, or on an interface on top of it: the change would disconnect you. The address is in the environment of the session (`SSH_CONNECTION`). If no interface is known to have the address, the interface of the default route is assumed. Sessions of other users count as well: connections of SSH, Telnet, VNC, RDP and Mosh to one of its addresses.',
  remedy: 'log in through another interface or at the console, or accept it: --allow session',
  find: (device, view) => {
    const { use } = view.host;
    if (view.network.stackOn(device.address).length === 0 && !mayHaveUnread(device, use)) return [];
    return [...ownSession(device, view), ...otherSessions(device, view)];
  },
};

function ownSession(device: SafetyDevice, view: SafetyView): readonly Observation[] {
  const { use, live } = view.host;
  const { sessionAddress } = live;
  if (isUnknown(sessionAddress)) return [unknownFinding('your login session', sessionAddress)];
  const address = knownValue(sessionAddress);
  if (address === undefined) return [];
  const [path] = pathsOf(address, device, view);
  if (path === undefined) {
    const unknown = firstUnknown(use.interfaces, use.ipv4.addresses, use.ipv6.addresses);
    return unknown === undefined ? [] : [unknownFinding(`your login session (${address})`, unknown)];
  }
  const message = `carries your session: you are connected to ${address} (${path})`;
  return [{ message, evidence: [`SSH_CONNECTION contains ${address} as the local address`] }];
}

/** Sessions to the same address as this session are covered by the finding for this one. */
function otherSessions(device: SafetyDevice, view: SafetyView): readonly Observation[] {
  const { connections, sessionAddress } = view.host.live;
  if (isUnknown(connections)) {
    return isUnknown(sessionAddress) ? [] : [unknownFinding('login sessions', connections)];
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
      message: `carries sessions of other users: ${listSome(sessions)}`,
      evidence: someOf(sessions.map((each) => `connection of ${each}`)),
      remedy: 'ask them to log in through another interface, or accept it: --allow session',
    },
  ];
}

/** The interfaces of the function that have an address, or are assumed to have it. */
function pathsOf(address: string, device: SafetyDevice, { network }: SafetyView): readonly string[] {
  const placed = network.addressesOn(device.address).filter((each) => each.address.address === address);
  const isUnplaced = network.unplaced.some((each) => each.address === address);
  const routes = network.routesOn(device.address).filter(({ route }) => isDefaultRoute(route));
  return [...placed, ...(isUnplaced ? routes : [])].map(({ on }) => on.path);
}

/** Whether it has interfaces that could not be read. */
function mayHaveUnread(device: SafetyDevice, { interfaces }: HostUse): boolean {
  return isUnknown(interfaces) && mayHaveInterfaces(device);
}
