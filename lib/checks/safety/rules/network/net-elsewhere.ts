import { isUnknown, type Known, knownValue } from '../../../../base/known.ts';
import type { FunctionPort, LinkLayer } from '../../../../facts/network-use.ts';
import { isPassthroughDriver } from '../../../../pci/vfio-state.ts';
import type { SafetyDevice } from '../../safety-fields.ts';
import { listSome, type Observation, type SafetyRule, unknownFinding } from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';

// Ethernet, "other" for some wireless cards, and wireless except infrared and Bluetooth: every driver of these
// creates an interface.
const CLASSES = /^(0200|0280|0d[248])/;
const WITHOUT_INTERFACE = /^(uio_pci_generic|igb_uio|pciback|xen-pciback)$/;
const LAYER_NAMES: Readonly<Partial<Record<LinkLayer, string>>> = {
  ethernet: 'Ethernet',
  infiniband: 'IPoIB',
};

export const netElsewhere: SafetyRule = {
  name: 'net-elsewhere',
  title: 'its network interface is in another place',
  severity: 'refuses',
  meaning:
    'One of its network interfaces is in another network namespace, for example of a container. Or a host driver has it, and fewer interfaces are visible than it has ports: the others are probably in another network namespace.',
  remedy: 'find it: ip netns, lsns --type net; stop the container, or accept it: --allow net-elsewhere',
  find: (device, view) => {
    const own = view.host.live.elsewhere.interfaces.filter((each) => each.function === device.address);
    if (own.length > 0) {
      const names = own.map(({ name, where }) => `${name}, of ${where}`);
      return [
        {
          message: `has an interface in another network namespace: ${listSome(names)}`,
          evidence: names,
          remedy: 'stop the container or program that uses it; or accept it: --allow net-elsewhere',
        },
      ];
    }
    const name = knownValue(device.driver);
    if (name === undefined || isPassthroughDriver(name) || WITHOUT_INTERFACE.test(name)) return [];
    const isNetwork = CLASSES.test(knownValue(device.class)?.code ?? '');
    if (isNetwork && knownValue(device.netInterfaces)?.length === 0) {
      const message = `has no visible network interface, although it is on ${name}`;
      return [{ message, evidence: [`driver ${name}, nothing below net/`] }];
    }
    return findPorts(device, view);
  },
};

/** Ports without an interface in this namespace. */
function findPorts(device: SafetyDevice, view: SafetyView): readonly Observation[] {
  const { ports, hasIpoib } = view.host.use.network;
  const own = isUnknown(ports) ? ports : ports?.find((each) => each.function === device.address)?.ports;
  if (isUnknown(own))
    return isUnknown(ports) && !mayHavePorts(device) ? [] : [unknownFinding('its ports', own)];
  return [
    ...missing(device, view, own ?? [], 'ethernet'),
    ...(hasIpoib === false ? [] : missing(device, view, own ?? [], 'infiniband', hasIpoib)),
  ];
}

function mayHavePorts({ attachments }: SafetyDevice): boolean {
  return isUnknown(attachments) || (attachments ?? []).some(({ kind }) => kind === 'infiniband');
}

function missing(
  device: SafetyDevice,
  view: SafetyView,
  ports: readonly FunctionPort[],
  layer: LinkLayer,
  makesInterfaces: Known<boolean> = true,
): readonly Observation[] {
  const expected = ports.filter(({ linkLayer }) => isUnknown(linkLayer) || linkLayer === layer);
  if (expected.length === 0) return [];
  const interfaces = view.network
    .stackOn(device.address)
    .filter(({ isAbove }) => !isAbove)
    .map((each) => each.interface)
    .filter(({ linkLayer }) => (knownValue(linkLayer) ?? layer) === layer);
  // Several interfaces of one port, such as InfiniBand partitions or VFs, count as one.
  const here = new Set(interfaces.map(({ name, port }) => knownValue(port) ?? name)).size;
  if (here >= expected.length) return [];
  if (isUnknown(makesInterfaces)) return [unknownFinding('interfaces of its ports', makesInterfaces)];
  const title = LAYER_NAMES[layer];
  return [
    {
      message: `cannot be checked: it has ${expected.length} ports with an ${title} interface, and only ${here} of the interfaces are visible here`,
      evidence: expected.map((port) => port.name),
      isUnknown: true,
    },
  ];
}
