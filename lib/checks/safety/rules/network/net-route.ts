import { isDefaultRoute, mayHaveInterfaces, removeRoute, routeLine, upState } from '../../network-view.ts';
import { firstUnknown, listSome, type SafetyRule, someOf, unknownFinding } from '../../safety-rule.ts';

export const netRoute: SafetyRule = {
  name: 'net-route',
  title: 'routes go through it',
  severity: 'refuses',
  meaning:
    'A route goes through one of its interfaces, or through an interface on top of it. The default route, and networks of its own addresses, which `net-address` reports, are excluded. On the running host, the kernel shows the routes in all tables (`ip route show table all`). On a captured host, and without `ip`, only the IPv4 main table is known, with the first interface of each route. If other tables have routes, their interfaces are unknown.',
  remedy: 'move the route to another interface, or accept the loss: --allow net-route',
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
          message: `carries routes to ${listSome(names)}`,
          evidence: someOf(routes.map(routeLine)),
          remedy: `move the route to another interface: ${removeRoute(first.route)}; or accept the loss: --allow net-route`,
        },
      ];
    }
    const unknown = firstUnknown(use.interfaces, use.ipv4.routes, use.ipv6.routes);
    if (unknown !== undefined) {
      return mayHaveInterfaces(device) ? [unknownFinding('routes of the host', unknown)] : [];
    }
    const up = view.network.mayBeUp(device.address);
    const { unplacedRoutes } = view.network;
    if (unplacedRoutes.length === 0 || up.length === 0) return [];
    return [
      {
        message: `cannot be checked: the interface of the route to ${listSome(unplacedRoutes)} is unknown`,
        evidence: up.map(upState),
        remedy: 'find its interface: ip route show table all; if it is not on this device, --allow net-route',
        isUnknown: true,
      },
    ];
  },
};
