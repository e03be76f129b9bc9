import { isDefaultRoute, removeRoute, routeLine } from '../../network-view.ts';
import { listSome, type SafetyRule } from '../../safety-rule.ts';

export const netDefaultRoute: SafetyRule = {
  name: 'net-default-route',
  title: 'the default route goes through it',
  severity: 'refuses',
  meaning:
    'The IPv4 or IPv6 default route goes through one of its interfaces, or through an interface on top of it. Without it, the host reaches only its own networks, and is reachable only from them. If the routes cannot be read, `net-route` reports it.',
  remedy: 'add another default route, or accept the loss: --allow net-default-route',
  find: (device, view) => {
    const routes = view.network.routesOn(device.address).filter(({ route }) => isDefaultRoute(route));
    const [first] = routes;
    if (first === undefined) return [];
    const names = routes.map(({ route, on }) => `${route.gateway ?? 'the link itself'} (${on.path})`);
    return [
      {
        message: `carries the default route to ${listSome([...new Set(names)])}`,
        evidence: routes.map(routeLine),
        remedy: `add another default route, then: ${removeRoute(first.route)}; or accept the loss: --allow net-default-route`,
      },
    ];
  },
};
