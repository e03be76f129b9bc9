import { isDefaultRoute, removeRoute, routeLine } from '../../network-view.ts';
import { listSome, type SafetyRule } from '../../safety-rule.ts';

/** The host's way out leads through it. */
export const netDefaultRoute: SafetyRule = {
  name: 'net-default-route',
  title: 'the default route leads through it',
  severity: 'refuses',
  meaning:
    'The default route of IPv4 or IPv6 leads through an interface of it, or through one that is above it. Without it the host reaches its own networks alone, and is reached from them alone. Where the routes can not be read, `net-route` says so.',
  remedy: 'give the host another default route, or accept that it has none: --allow net-default-route',
  find: (device, view) => {
    const routes = view.network.routesOn(device.address).filter(({ route }) => isDefaultRoute(route));
    const [first] = routes;
    if (first === undefined) return [];
    const names = routes.map(({ route, on }) => `${route.gateway ?? 'the link itself'} (${on.path})`);
    return [
      {
        message: `is the host's way out: default route to ${listSome([...new Set(names)])}`,
        evidence: routes.map(routeLine),
        remedy: `give the host another default route, then: ${removeRoute(first.route)}; or accept that it has none: --allow net-default-route`,
      },
    ];
  },
};
