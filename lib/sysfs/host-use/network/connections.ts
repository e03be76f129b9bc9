import { isUnknown, type Known, knownValue, mapKnown } from '../../../base/known.ts';
import type { Connection } from '../../../facts/network-use.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import { processPath, USE_PATHS } from '../../paths.ts';
import { readAttribute } from '../known-reading.ts';
import { type InetSocket, readSockets } from './socket-table.ts';
import { sessionAddressIn } from './ssh-connection.ts';

// Of include/net/tcp_states.h.
const ESTABLISHED = 1;
const LISTEN = 10;
/** Programs for logins from another machine. */
const LOGIN_PROGRAMS =
  /^(sshd|dropbear|(in\.)?(telnetd|rlogind|rshd)|xrdp|Xvnc|Xtigervnc|x11vnc|x0vnc|vncserver|wayvnc|krfb|krdp|gnome-remote|weston|cockpit)/;
/** Their ports, if the program of the connection is unknown: SSH, Telnet, RDP, VNC. */
const LOGIN_PORTS = /^(22|23|3389|59\d\d)$/;
const MOSH = 'mosh-server';
/** The ports that it selects by default. */
const isMoshPort = (port: number): boolean => port >= 60_000 && port <= 61_000;

/**
 * The TCP connections of the reader's network namespace with other hosts, each address and owner once, and sessions
 * of Mosh, whose server has the local address of its start in its environment.
 *
 * @param owners by the inode of a socket a process that has it open
 */
export function readConnections(
  host: HostReader,
  owners: ReadonlyMap<number, number>,
): Known<readonly Connection[]> {
  const sockets = readSockets(host, USE_PATHS.tcpSockets);
  if (isUnknown(sockets)) return sockets;
  const all = knownValue(sockets) ?? [];
  const served = new Set(all.filter(({ state }) => state === LISTEN).map(({ localPort }) => localPort));
  const commands = new Commands(host, owners);
  const found = new Map<string, Connection>();
  for (const socket of all) {
    if (socket.state !== ESTABLISHED || isLocal(socket)) continue;
    const { local, peer, localPort } = socket;
    const owner = knownValue(commands.of(socket)) ?? null;
    const isLogin =
      served.has(localPort) &&
      (owner === null ? LOGIN_PORTS.test(String(localPort)) : LOGIN_PROGRAMS.test(owner.command));
    const title = owner === null ? `a program at port ${localPort}` : `${owner.command} (pid ${owner.pid})`;
    const key = `${local} ${title}`;
    if (!found.has(key)) found.set(key, { local, peer, owner: title, pid: owner?.pid ?? null, isLogin });
  }
  const sessions = readMosh(host, commands);
  if (isUnknown(sessions)) return sessions;
  return [...found.values(), ...(sessions ?? [])];
}

function isLocal({ local, peer }: InetSocket): boolean {
  return local === peer || /^(127\.|::1$)/.test(local);
}

function readMosh(host: HostReader, commands: Commands): Known<readonly Connection[]> {
  const sockets = readSockets(host, USE_PATHS.udpSockets);
  if (sockets === null || isUnknown(sockets)) return sockets;
  const found: Connection[] = [];
  for (const socket of sockets.filter(({ localPort }) => isMoshPort(localPort))) {
    const owner = commands.of(socket);
    if (isUnknown(owner)) return owner;
    if (owner?.command !== MOSH) continue;
    const environment = knownOf(host.readText(`${processPath(owner.pid)}/environ`));
    if (isUnknown(environment)) return environment;
    const local = sessionAddressIn(environment ?? '');
    const title = `${MOSH} (pid ${owner.pid})`;
    if (local !== undefined) found.push({ local, peer: null, owner: title, pid: owner.pid, isLogin: true });
  }
  return found;
}

interface Owner {
  readonly pid: number;
  readonly command: string;
}

/** The processes with sockets; the name of each is read once. */
class Commands {
  readonly #host: HostReader;
  readonly #owners: ReadonlyMap<number, number>;
  readonly #names = new Map<number, Known<string>>();

  constructor(host: HostReader, owners: ReadonlyMap<number, number>) {
    this.#host = host;
    this.#owners = owners;
  }

  of({ inode }: InetSocket): Known<Owner> {
    const pid = this.#owners.get(inode);
    if (pid === undefined) return null;
    const command = this.#names.get(pid) ?? readAttribute(this.#host, `${processPath(pid)}/comm`);
    this.#names.set(pid, command);
    return mapKnown(command, (name) => ({ pid, command: name }));
  }
}
