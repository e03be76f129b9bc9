import { firstUnknown, listSome, type SafetyRule, unknownFinding } from '../../safety-rule.ts';
import { mayBeTunnelHost, tunnelledFrom } from '../../tunnels.ts';

export const tunnel: SafetyRule = {
  name: 'tunnel',
  title: 'other devices are connected through its PCIe tunnels',
  severity: 'refuses',
  meaning:
    'It is a Thunderbolt or USB4 host interface, and PCI devices in enclosures or docks are connected through its tunnels. They disappear when a VM resets it. Their own use is checked as well.',
  remedy: 'disconnect the Thunderbolt devices first',
  find: (device, { host }) => {
    const far = tunnelledFrom(device.address, host.devices, host.use.tunnels);
    if (far.length > 0) {
      const evidence = far.map((address) => `${address} is behind a Thunderbolt port of it`);
      return [{ message: `connects Thunderbolt devices: ${listSome(far)}`, evidence }];
    }
    const { tunnels } = host.use;
    const ports = Array.isArray(tunnels)
      ? tunnels.find((each) => each.function === device.address)?.ports
      : null;
    const unknown = firstUnknown(tunnels, ports ?? null);
    return unknown !== undefined && mayBeTunnelHost(device)
      ? [unknownFinding('devices behind its PCIe tunnels', unknown)]
      : [];
  },
};
