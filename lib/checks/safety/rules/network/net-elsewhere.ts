import { isUnknown, type Known, knownValue } from '../../../../base/known.ts';
import type { FunctionPort, LinkLayer } from '../../../../facts/network-use.ts';
import { isPassthroughDriver } from '../../../../pci/vfio-state.ts';
import type { SafetyDevice } from '../../safety-fields.ts';
import { listSome, type Observation, type SafetyRule, unknownFinding } from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';

// Ethernet, "other" as wireless cards call themselves, and wireless but for infrared and Bluetooth: of those every driver makes an interface.
const CLASSES = /^(0200|0280|0d[248])/;
const WITHOUT_INTERFACE = /^(uio_pci_generic|igb_uio|pciback|xen-pciback)$/;
const LAYER_NAMES: Readonly<Partial<Record<LinkLayer, string>>> = {
  ethernet: 'Ethernet',
  infiniband: 'IPoIB',
};

/** A network card with a driver whose interfaces, or some of them, are not to be seen. */
export const netElsewhere: SafetyRule = {
  name: 'net-elsewhere',
  title: 'its network interface is somewhere else',
  severity: 'refuses',
  meaning:
    'A network interface of it is in another network namespace, where a container uses it. Or a driver of the host has it, and no network interface of it is to be seen, or fewer than it has ports: they are most likely in another network namespace.',
  remedy: 'look for it: ip netns, lsns --type net; stop the container, or accept it: --allow net-elsewhere',
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
      const message = `has its network interface somewhere else: ${name} drives it, and none is to be seen here`;
      return [{ message, evidence: [`driver ${name}, nothing below net/`] }];
    }
    return findPorts(device, view);
  },
};

/** Ports of it that have no interface here. */
function findPorts(device: SafetyDevice, view: SafetyView): readonly Observation[] {
  const { ports, hasIpoib } = view.host.use.network;
  const own = isUnknown(ports) ? ports : ports?.find((each) => each.function === device.address)?.ports;
  if (isUnknown(own))
    return isUnknown(ports) && !mayHavePorts(device) ? [] : [unknownFinding('which ports it has', own)];
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
  // Several interfaces of one port, as of partitions of InfiniBand or of VFs, count as one.
  const here = new Set(interfaces.map(({ name, port }) => knownValue(port) ?? name)).size;
  if (here >= expected.length) return [];
  if (isUnknown(makesInterfaces))
    return [unknownFinding('whether its ports have interfaces', makesInterfaces)];
  const title = LAYER_NAMES[layer];
  return [
    {
      message: `is not cleared: it has ${expected.length} ports with an ${title} interface, and ${here} of the interfaces are to be seen here`,
      evidence: expected.map((port) => port.name),
      isUnknown: true,
    },
  ];
}
