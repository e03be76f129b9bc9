import { isUnknown, knownValue, UNREAD } from '../../../../base/known.ts';
import { listSome, type SafetyRule, unknownFinding } from '../../safety-rule.ts';

export const netListener: SafetyRule = {
  name: 'net-listener',
  title: 'a program captures packets on its network interface',
  severity: 'warns',
  meaning:
    'A packet socket (AF_PACKET) is bound to one of its interfaces, or to an interface on top of it: a packet capture, an intrusion detection system, a DHCP client, LLDP, or a program with its own network stack.',
  remedy: 'stop the program if it needs the interface',
  find: (device, view) => {
    const { packetSockets } = view.host.live;
    const stack = view.network.stackOn(device.address);
    if (stack.length === 0) return [];
    // What no snapshot can contain is not worth a warning.
    if (packetSockets === UNREAD) return [];
    if (isUnknown(packetSockets)) {
      return [unknownFinding('programs that capture on its interfaces', packetSockets)];
    }
    const listeners = stack.flatMap(({ interface: { index }, path }) =>
      (packetSockets ?? [])
        .filter(({ interfaceIndex }) => interfaceIndex === knownValue(index))
        .map(({ owner }) => `${owner ?? 'a program'} (${path})`),
    );
    if (listeners.length === 0) return [];
    const names = [...new Set(listeners)];
    return [
      {
        message: `has packet sockets of ${listSome(names)}`,
        evidence: names.map((name) => `packet socket of ${name}`),
      },
    ];
  },
};
