import { isUnknown, type Known, mapKnown, UNREAD } from '../../../base/known.ts';
import type { FunctionPort, LinkLayer, NetworkUse } from '../../../facts/network-use.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import { isPciAddress, type PciAddress } from '../../../pci/address.ts';
import { modulePath, resolveBusEntry, SYS_PATHS } from '../../paths.ts';
import { readAttribute } from '../known-reading.ts';
import { readRdmaUsers } from './rdma-users.ts';

const MLX4_PORT = /^mlx4_port\d{1,2}$/;
const RDMA = 'infiniband';
const IPOIB = 'ib_ipoib';

/**
 * The ports that functions report: the RDMA devices of a function, each with its ports and their link layers
 * (`infiniband/mlx5_0/ports/1/link_layer`), and the ports of a ConnectX-3 (`mlx4_port2`: `eth`). Those of functions
 * outside the question are unread.
 */
export function readFunctionPorts(host: HostReader, isAsked: (address: PciAddress) => boolean): NetworkUse {
  const addresses = knownOf(host.list(SYS_PATHS.pciDevices));
  const ports = mapKnown(addresses, (names) =>
    names.filter(isPciAddress).flatMap((address) => {
      const found = isAsked(address) ? portsOf(host, address) : UNREAD;
      return found === null ? [] : [{ function: address, ports: found }];
    }),
  );
  return { ports, hasIpoib: hasModule(host, IPOIB), rdmaUsers: readRdmaUsers(host) };
}

function hasModule(host: HostReader, module: string): Known<boolean> {
  const listed = knownOf(host.list(modulePath(module)));
  return listed === null ? false : isUnknown(listed) ? listed : true;
}

function portsOf(host: HostReader, address: PciAddress): Known<readonly FunctionPort[]> {
  const entry = `${SYS_PATHS.pciDevices}/${address}`;
  const target = knownOf(host.readLink(entry));
  const directory = typeof target === 'string' ? resolveBusEntry(entry, target) : null;
  const names = directory === null ? UNREAD : knownOf(host.list(directory));
  if (names === null || isUnknown(names)) return names;
  const own = names.filter((name) => MLX4_PORT.test(name));
  if (own.length > 0) {
    return own.map((name) => ({
      name,
      linkLayer: mapKnown(readAttribute(host, `${directory}/${name}`), layerOf),
    }));
  }
  if (!names.includes(RDMA)) return null;
  return mapKnown(knownOf(host.list(`${directory}/${RDMA}`)), (devices) => {
    const all: FunctionPort[] = [];
    for (const device of devices) {
      const at = `${directory}/${RDMA}/${device}/ports`;
      const ports = knownOf(host.list(at));
      if (isUnknown(ports)) return ports;
      for (const port of ports ?? []) {
        const linkLayer = mapKnown(readAttribute(host, `${at}/${port}/link_layer`), layerOf);
        all.push({ name: `${device} port ${port}`, linkLayer });
      }
    }
    return all;
  });
}

/** `InfiniBand` and `Ethernet`, or `ib` and `eth`. */
function layerOf(word: string): LinkLayer {
  if (/^(infiniband|ib)$/i.test(word)) return 'infiniband';
  return /^eth(ernet)?$/i.test(word) ? 'ethernet' : 'other';
}
