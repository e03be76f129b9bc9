import { firstUnknown, listSome, type SafetyRule, unknownFinding } from '../../safety-rule.ts';
import { mayBeTunnelHost, tunnelledFrom } from '../../tunnels.ts';

/** Devices in Thunderbolt cases are reached through it. */
export const tunnel: SafetyRule = {
  name: 'tunnel',
  title: 'devices are reached through its PCIe tunnels',
  severity: 'refuses',
  meaning:
    'It is a Thunderbolt or USB4 host interface, and PCI devices in cases or docks are connected by tunnels that it made. They are gone when a virtual machine resets it, and what they are used for is looked at as well.',
  remedy: 'disconnect the Thunderbolt devices first',
  find: (device, { host }) => {
    const far = tunnelledFrom(device.address, host);
    if (far.length > 0) {
      const evidence = far.map((address) => `${address} is behind a Thunderbolt port of it`);
      return [{ message: `is the way to Thunderbolt devices: ${listSome(far)}`, evidence }];
    }
    const { tunnels } = host.use;
    const ports = Array.isArray(tunnels)
      ? tunnels.find((each) => each.function === device.address)?.ports
      : null;
    const unknown = firstUnknown(tunnels, ports ?? null);
    return unknown !== undefined && mayBeTunnelHost(device)
      ? [unknownFinding('which devices are reached through its PCIe tunnels', unknown)]
      : [];
  },
};
