import { isDefaultRoute, mayHaveInterfaces, removeRoute, routeLine, upState } from '../../network-view.ts';
import { firstUnknown, listSome, type SafetyRule, someOf, unknownFinding } from '../../safety-rule.ts';

/** Networks are reached through it. */
export const netRoute: SafetyRule = {
  name: 'net-route',
  title: 'networks are reached through it',
  severity: 'refuses',
  meaning:
    'A route leads through an interface of it, or through one that is above it: other than the default route, and than the network of an address that it carries, which `net-address` says. On the running host the kernel says which routes there are, in all tables (`ip route show table all`). In a captured host, and without `ip`, that of IPv4 is the main table, with the first interface of each route; if other tables have routes, it is not known where they lead.',
  remedy: 'move the route to another interface, or accept that it goes: --allow net-route',
  find: (device, view) => {
    const { use } = view.host;
    const routes = view.network
      .routesOn(device.address)
      .filter(({ route }) => !isDefaultRoute(route) && !route.isOwnNetwork);
    const [first] = routes;
    if (first !== undefined) {
      const names = [...new Set(routes.map(({ route }) => route.destination))];
      return [
        {
          message: `is the way to ${listSome(names)}`,
          evidence: someOf(routes.map(routeLine)),
          remedy: `move the route to another interface: ${removeRoute(first.route)}; or accept that it goes: --allow net-route`,
        },
      ];
    }
    const unknown = firstUnknown(use.interfaces, use.ipv4.routes, use.ipv6.routes);
    if (unknown !== undefined) {
      return mayHaveInterfaces(device) ? [unknownFinding('which routes lead through it', unknown)] : [];
    }
    const up = view.network.mayBeUp(device.address);
    const { unplacedRoutes } = view.network;
    if (unplacedRoutes.length === 0 || up.length === 0) return [];
    return [
      {
        message: `is not cleared: it is not known through which interface ${listSome(unplacedRoutes)} is reached`,
        evidence: up.map(upState),
        remedy: 'see where it leads: ip route show table all; if it is none of these, --allow net-route',
        isUnknown: true,
      },
    ];
  },
};
