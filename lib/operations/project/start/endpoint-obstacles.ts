import { knownValue } from '../../../base/known.ts';
import type { HostReader } from '../../../host/host-reader.ts';
import { childOf, childrenOf, type XmlElement } from '../../../libvirt/xml/xml-element.ts';
import { readSockets } from '../../../sysfs/host-use/network/socket-table.ts';
import { UNIX_SOCKETS_PATH, USE_PATHS } from '../../../sysfs/paths.ts';
import { renderedDocument } from '../machine/rendered-document.ts';
import type { ProjectMachine } from '../project-machines.ts';
import type { Obstacle } from './obstacle.ts';

/** The longest path of a socket: `sun_path` has 108 bytes, with one at its end. */
const MAX_SOCKET_PATH = 107;
/** Of include/net/tcp_states.h. */
const LISTEN = 10;
/** Of include/uapi/linux/net.h, as `/proc/net/unix` prints it: the socket accepts connections. */
const ACCEPTS = '00010000';
const CHARACTER_DEVICES = ['serial', 'parallel', 'console', 'channel'];
const ANY_ADDRESS = ['0.0.0.0', '::'];

/** A place at which QEMU listens. */
interface Endpoint {
  /** `socket`, or `TCP port`. */
  readonly kind: 'socket' | 'port';
  /** The device that is there: `graphics`. */
  readonly device: string;
  readonly place: string;
  /** The address of a port; `null` for any. */
  readonly address: string | null;
}

/** Sockets and ports of VMs, fragments included, that are taken: by another program, or by a machine that starts with them. */
export function endpointObstacles(
  reader: HostReader,
  machines: readonly ProjectMachine[],
): readonly Obstacle[] {
  const paths = listeningPaths(reader);
  const ports = knownValue(readSockets(reader, USE_PATHS.tcpSockets)) ?? [];
  const isTaken = ({ kind, place, address }: Endpoint): boolean =>
    kind === 'socket'
      ? // A program in another mount namespace can listen on another file of that path.
        paths.has(place) && reader.exists(place)
      : ports.some(
          ({ state, local, localPort }) =>
            state === LISTEN && String(localPort) === place && meets(address, local),
        );
  const seen: { readonly of: string; readonly endpoint: Endpoint }[] = [];
  return machines.flatMap((each): readonly Obstacle[] => {
    const subject = each.machine.definition.name;
    return endpointsOf(renderedDocument(each).root).flatMap((endpoint): readonly Obstacle[] => {
      const other = seen.find((each) => isSame(each.endpoint, endpoint));
      seen.push({ of: subject, endpoint });
      const { kind, device, place } = endpoint;
      const named = `the ${kind === 'socket' ? 'socket' : 'TCP port'} of its ${device}`;
      if (kind === 'socket' && Buffer.byteLength(place) > MAX_SOCKET_PATH) {
        const hint = 'use a shorter name for the machine, or a shorter path in its XML';
        return [
          {
            subject,
            message: `the path of its ${device} is longer than ${MAX_SOCKET_PATH} bytes: ${place}`,
            hint,
          },
        ];
      }
      if (other !== undefined) {
        const hint = `change one of them: portal render ${subject}`;
        return [{ subject, message: `${named} is also that of ${other.of}: ${place}`, hint }];
      }
      if (!isTaken(endpoint)) return [];
      return [
        kind === 'socket'
          ? {
              subject,
              message: `another program listens on ${named}: ${place}`,
              hint: `find it: ss -xlp src ${place}`,
            }
          : {
              subject,
              message: `another program listens on ${named}: ${place}`,
              hint: `find it: ss -tlp sport = :${place}; or use another port: autoport='yes'`,
            },
      ];
    });
  });
}

function isSame(one: Endpoint, other: Endpoint): boolean {
  return one.kind === other.kind && one.place === other.place && meets(one.address, other.address);
}

function meets(one: string | null, other: string | null): boolean {
  return [one, other].some((each) => each === null || ANY_ADDRESS.includes(each)) || one === other;
}

/** The paths on which a program of this host accepts connections, by `/proc/net/unix`. */
function listeningPaths(reader: HostReader): ReadonlySet<string> {
  const table = reader.readTable(UNIX_SOCKETS_PATH);
  const lines = typeof table === 'string' ? table.split('\n') : [];
  return new Set(
    lines.flatMap((line) => {
      const [, flags, path] = /^\S+: \S+ \S+ (\S+) \S+ \S+ +\d+ (\/.+)$/.exec(line) ?? [];
      return flags === ACCEPTS && path !== undefined ? [path] : [];
    }),
  );
}

function endpointsOf(domain: XmlElement): readonly Endpoint[] {
  const devices = childOf(domain, 'devices')?.children ?? [];
  return devices.flatMap((device) => {
    if (device.name === 'graphics') return graphicsEndpoints(device);
    return CHARACTER_DEVICES.includes(device.name) ? characterEndpoints(device) : [];
  });
}

function graphicsEndpoints(device: XmlElement): readonly Endpoint[] {
  const listens = childrenOf(device, 'listen');
  const sockets = [
    device.attributes.get('socket'),
    ...listens.map(({ attributes }) =>
      attributes.get('type') === 'socket' ? attributes.get('socket') : undefined,
    ),
  ].filter((path) => path !== undefined);
  if (sockets.length > 0) return [...new Set(sockets)].map((path) => socketOf(device, path));
  const address =
    device.attributes.get('listen') ??
    listens.find(({ attributes }) => attributes.has('address'))?.attributes.get('address') ??
    '127.0.0.1';
  return ['port', 'tlsPort', 'websocket'].flatMap((name) =>
    portOf(device, device.attributes.get(name), address),
  );
}

function characterEndpoints(device: XmlElement): readonly Endpoint[] {
  const type = device.attributes.get('type');
  return childrenOf(device, 'source').flatMap(({ attributes }): readonly Endpoint[] => {
    if (attributes.get('mode') !== 'bind') return [];
    const path = attributes.get('path');
    if (type === 'unix') return path === undefined ? [] : [socketOf(device, path)];
    return type === 'tcp' ? portOf(device, attributes.get('service'), attributes.get('host') ?? null) : [];
  });
}

function socketOf({ name }: XmlElement, place: string): Endpoint {
  return { kind: 'socket', device: name, place, address: null };
}

/** libvirt chooses a port that is absent or -1. */
function portOf({ name }: XmlElement, port: string | undefined, address: string | null): readonly Endpoint[] {
  return port !== undefined && /^[1-9]\d*$/.test(port)
    ? [{ kind: 'port', device: name, place: port, address }]
    : [];
}
