import { isUnknown, type Known, knownValue, mapKnown } from '../../../base/known.ts';
import type { RemoteStorage } from '../../../facts/storage-use.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import type { PciAddress } from '../../../pci/address.ts';
import { lastName, SYS_PATHS } from '../../paths.ts';
import { type ClassMember, readAttribute, readClass } from '../known-reading.ts';

/** The connection of a disk on a network, and the functions of host bus adapters that are not on its paths. */
export interface RemoteDisk {
  readonly storage: Known<RemoteStorage>;
  readonly functions: readonly PciAddress[];
}

const LOCAL: RemoteDisk = { storage: null, functions: [] };

/** Examines the places of a disk in the device tree: several for one with several paths. */
export function readRemote(host: HostReader, paths: readonly ClassMember[]): RemoteDisk {
  const all = paths.map((path) => readPath(host, path));
  const functions = all.flatMap((disk) => disk.functions);
  const unknown = all.map(({ storage }) => storage).find(isUnknown);
  if (unknown !== undefined) return { storage: unknown, functions };
  const [first, ...others] = all.flatMap(({ storage }) => knownValue(storage) ?? []);
  if (first === undefined) return { storage: null, functions };
  const storage = others.reduce<RemoteStorage>(
    (one, other) => ({
      protocol: one.protocol,
      own: [...one.own, ...other.own],
      peers: [...one.peers, ...other.peers],
      interfaces: [...one.interfaces, ...other.interfaces],
    }),
    first,
  );
  return { storage, functions };
}

function readPath(host: HostReader, { name, directory, function: on }: ClassMember): RemoteDisk {
  const [, adapter, session] = /^(.*\/host\d+)\/(?:.*\/)?(session\d+)\//.exec(directory) ?? [];
  // An adapter that implements the protocol itself is on the path.
  if (adapter !== undefined && on === null) {
    return { storage: readSession(host, adapter, `${adapter}/${session ?? ''}`), functions: [] };
  }
  const controller = /^.*\/nvme-fabrics\/ctl\/nvme\d+(?=\/)/.exec(directory)?.[0];
  if (controller !== undefined) return readFabric(host, controller);
  const network = /\/net\/([^/]+)\//.exec(directory)?.[1];
  // FCoE on an interface with a lower interface, such as a VLAN.
  if (network !== undefined && on === null) return ofNetwork('FCoE', { interfaces: [network] });
  return readByName(host, name, directory);
}

function ofNetwork(protocol: string, facts: Partial<RemoteStorage> = {}): RemoteDisk {
  return { storage: withZones({ protocol, own: [], peers: [], interfaces: [], ...facts }), functions: [] };
}

/** The zone of a link-local address, `fe80::1%eth1`, is the interface. */
function withZones({ own, peers, interfaces, ...rest }: RemoteStorage): RemoteStorage {
  const zones = [...own, ...peers].flatMap((address) => /%(.+)$/.exec(address)?.[1] ?? []);
  const plain = (addresses: readonly string[]) => addresses.map((each) => each.replace(/%.*$/s, ''));
  return {
    ...rest,
    own: plain(own),
    peers: plain(peers),
    interfaces: [...new Set([...interfaces, ...zones])],
  };
}

/** Disks that are named after their driver, and are below no device. */
function readByName(host: HostReader, name: string, directory: string): RemoteDisk {
  if (/^nbd\d+(p\d+)?$/.test(name)) return readNbd(host, directory);
  if (/^rnbd\d+/.test(name)) return ofNetwork('RNBD');
  const rbd = /^rbd(\d+)(?:p\d+)?$/.exec(name)?.[1];
  if (rbd !== undefined) {
    const client = readAttribute(host, `${SYS_PATHS.rbdDevices}/${rbd}/client_addr`);
    return {
      storage: mapKnown(client, (text) => ({
        protocol: 'Ceph RBD',
        own: [addressOf(text)],
        peers: [],
        interfaces: [],
      })),
      functions: [],
    };
  }
  if (!name.startsWith('etherd!')) return LOCAL;
  return {
    storage: mapKnown(readAttribute(host, `${directory}/netif`), (text) => ({
      protocol: 'AoE',
      own: [],
      peers: [],
      interfaces: text.split(/[\s,]+/),
    })),
    functions: [],
  };
}

/** `pid` exists while it is connected; a device without a server has no size. */
function readNbd(host: HostReader, directory: string): RemoteDisk {
  const disk = directory.replace(/\/nbd\d+p\d+$/, '');
  const pid = readAttribute(host, `${disk}/pid`);
  if (pid === null && readAttribute(host, `${disk}/size`) === '0') return LOCAL;
  const client = Number(knownValue(pid) ?? Number.NaN);
  return ofNetwork('NBD', Number.isInteger(client) ? { client } : {});
}

/**
 * For an iSCSI session: `ipaddress` and `netdev` of its host, and for each of its connections the remote address, and
 * in newer kernels the local one.
 */
function readSession(host: HostReader, adapter: string, session: string): Known<RemoteStorage> {
  const names = knownOf(host.list(session));
  if (isUnknown(names)) return names;
  const connections = (names ?? []).filter((name) => /^connection\d+:\d+$/.test(name));
  const of = (name: string) => `${session}/${name}/iscsi_connection/${name}`;
  const ofAdapter = `${adapter}/iscsi_host/${lastName(adapter)}`;
  const texts = (paths: readonly string[]) =>
    paths.flatMap((path) => knownValue(readAttribute(host, path)) ?? []).filter((text) => !isNothing(text));
  return withZones({
    protocol: 'iSCSI',
    own: texts([`${ofAdapter}/ipaddress`, ...connections.map((name) => `${of(name)}/local_ipaddr`)]),
    peers: texts(
      connections.flatMap((name) => [`${of(name)}/address`, `${of(name)}/persistent_address`]),
    ).map(addressOf),
    interfaces: texts([`${ofAdapter}/netdev`]),
  });
}

/** The text that the kernel writes for a missing address. */
function isNothing(text: string): boolean {
  return /^(|<NULL>|\(null\)|default|0\.0\.0\.0|::)$/.test(text);
}

/** `traddr=10.0.0.9,trsvcid=4420,src_addr=10.0.0.5`; of Fibre Channel `host_traddr=nn-0x…:pn-0x21000024ff45`. */
function readFabric(host: HostReader, controller: string): RemoteDisk {
  const transport = knownValue(readAttribute(host, `${controller}/transport`)) ?? 'a fabric';
  // The target is this host itself, and the export names its disk.
  if (transport === 'loop') return LOCAL;
  const address = readAttribute(host, `${controller}/address`);
  if (isUnknown(address)) return { storage: address, functions: [] };
  const valuesOf = (...keys: readonly string[]) =>
    keys.flatMap((key) => new RegExp(`(?:^|,)${key}=([^,]+)`).exec(address ?? '')?.[1] ?? []);
  const port = /:pn-(0x[0-9a-f]+)/i.exec(valuesOf('host_traddr')[0] ?? '')?.[1];
  const functions = port === undefined ? [] : functionsOfPort(host, port);
  if (functions.length > 0) return { storage: null, functions };
  return ofNetwork(`NVMe over ${transport}`, {
    own: valuesOf('src_addr', 'host_traddr'),
    peers: valuesOf('traddr'),
    interfaces: valuesOf('host_iface'),
  });
}

/** The adapters of Fibre Channel with a port of this name: `/sys/class/fc_host/host3/port_name`. */
function functionsOfPort(host: HostReader, port: string): readonly PciAddress[] {
  const adapters = knownValue(readClass(host, SYS_PATHS.fcHosts)) ?? [];
  return adapters.flatMap(({ directory, function: on }) => {
    const own = knownValue(readAttribute(host, `${directory}/port_name`));
    return on !== null && own?.toLowerCase() === port.toLowerCase() ? [on] : [];
  });
}

/** Without a port: `10.0.0.5:0/3918273`, `[2001:db8::5]:3260`. */
function addressOf(text: string): string {
  const bracketed = /^\[([^\]]+)\]/.exec(text)?.[1];
  return bracketed ?? /^(\d+(?:\.\d+){3})[:/]/.exec(text)?.[1] ?? text;
}
