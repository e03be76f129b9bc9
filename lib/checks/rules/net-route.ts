import { isDefaultRoute, mayHaveInterfaces } from '../network-view.ts';
import { firstUnknown, listSome, notKnown, type SafetyRule } from '../safety-rule.ts';

/** Networks are reached through it. */
export const netRoute: SafetyRule = {
  name: 'net-route',
  title: 'networks are reached through it',
  severity: 'refuses',
  meaning:
    'A route leads through an interface of it, or through one that is above it: other than the default route, and than the network of an address that it carries, which `net-address` says. Of a route over several interfaces the kernel tells the first alone here.',
  remedy: 'move the route to another interface, or accept that it goes: --allow net-route',
  find: (device, view) => {
    const { use } = view.host;
    const routes = view.network
      .routesOn(device.address)
      .filter(({ route }) => !isDefaultRoute(route) && !route.isOwnNetwork);
    if (routes.length > 0) {
      const names = [...new Set(routes.map(({ route }) => route.destination))];
      const evidence = routes.map(({ route, on }) => {
        const via = route.gateway === null ? '' : ` via ${route.gateway}`;
        return `${route.destination}${via} through ${on.path}`;
      });
      return [{ message: `is the way to ${listSome(names)}`, evidence }];
    }
    const unknown = firstUnknown(use.interfaces, use.ipv4.routes, use.ipv6.routes);
    return unknown !== undefined && mayHaveInterfaces(device)
      ? [notKnown('which routes lead through it', unknown)]
      : [];
  },
};
