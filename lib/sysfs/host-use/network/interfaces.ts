import { BROKEN, isUnknown, type Known, knownValue, mapKnown, UNREAD } from '../../../base/known.ts';
import type { InterfaceKind, NetInterface } from '../../../facts/network-use.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import { lastName, SYS_PATHS } from '../../paths.ts';
import { type ClassMember, readAttribute, readClass } from '../known-reading.ts';
import { kindOfWord, linkLayerOfType } from './interface-kinds.ts';
import { LinksByNumber, type ReadInterface, typeInUevent } from './interface-links.ts';
import { readInterfaceUsers } from './interface-users.ts';
import type { ToldLink } from './ip-answers.ts';

const IFF_UP = 1;
const UPPER = 'upper_';
// Related objects of an interface that have no number: its lower interfaces, members of a bridge or bond, a program.
const PARTNERS = /^(lower_.*|bridge|bonding|tun_flags)$/;

/**
 * The interfaces of `/sys/class/net`, of devices and of software. The interfaces on top of one are in its directory:
 * links `upper_br0`, and `master` for its bridge, bond or team. A tunnel has the number of its lower interface in
 * `iflink`. Interfaces in other network namespaces are not included.
 *
 * @param told the answers of the kernel itself, if it could be asked
 */
export function readInterfaces(
  host: HostReader,
  told: readonly ToldLink[] = [],
): Known<readonly NetInterface[]> {
  const members = readClass(host, SYS_PATHS.netClass);
  // Every kernel with a network has the loopback interface, so a missing directory was not captured.
  if (members === null) return UNREAD;
  return mapKnown(members, (all) => {
    const read = all.map((member) => readOne(host, member));
    const usersOf = readInterfaceUsers(host, read, told);
    const links = told.length === 0 ? new LinksByNumber(host, read) : null;
    return read.map((each) => {
      const bound = links === null ? madeOf(each.name, told) : links.madeOf(each);
      const more = knownValue(bound) ?? [];
      return {
        name: each.name,
        function: each.function,
        index: each.index,
        kind:
          each.kind === 'other' ? kindOfWord(told.find(({ name }) => name === each.name)?.kind) : each.kind,
        linkLayer: mapKnown(each.type, linkLayerOfType),
        port: each.port,
        isUp: each.isUp,
        state: each.state,
        uppers: mapKnown(each.uppers, (uppers) => [...new Set([...uppers, ...more])].sort()),
        missedUppers: isUnknown(bound) ? bound : null,
        master: each.master,
        portName: each.portName ?? null,
        users: usersOf(each),
      };
    });
  });
}

function readOne(host: HostReader, member: ClassMember): ReadInterface {
  const { name, directory } = member;
  const names = knownOf(host.list(directory));
  const listed = knownValue(names) ?? [];
  const uevent = readAttribute(host, `${directory}/uevent`);
  return {
    name,
    function: member.function,
    index: readNumber(host, `${directory}/ifindex`),
    kind: kindOf(name, uevent, listed),
    type: readAttribute(host, `${directory}/type`),
    uevent,
    // An interface on a function has no lower interface.
    link: member.function === null ? readNumber(host, `${directory}/iflink`) : null,
    isPartner: listed.some((each) => PARTNERS.test(each)),
    portsTag: listed.includes('dsa') ? readAttribute(host, `${directory}/dsa/tagging`) : null,
    port: readNumber(host, `${directory}/dev_port`),
    isUp: mapKnown(readAttribute(host, `${directory}/flags`), (text) =>
      /^0x[0-9a-f]{1,8}$/i.test(text) ? (Number(text) & IFF_UP) !== 0 : BROKEN,
    ),
    state: readAttribute(host, `${directory}/operstate`),
    ...uppersOf(host, directory, names),
    portName: member.function === null ? null : readPortName(host, directory),
  };
}

/** `phys_port_name`; a driver without port names refuses the read (EOPNOTSUPP), which means that there is none. */
export function readPortName(host: HostReader, directory: string): Known<string> {
  const name = readAttribute(host, `${directory}/phys_port_name`);
  return isUnknown(name) && name.unknown === 'broken' ? null : name;
}

/** A decimal number in an attribute. */
export function readNumber(host: HostReader, path: string): Known<number> {
  return mapKnown(readAttribute(host, path), (text) => (/^\d{1,10}$/.test(text) ? Number(text) : BROKEN));
}

function uppersOf(
  host: HostReader,
  directory: string,
  names: Known<readonly string[]>,
): Pick<NetInterface, 'uppers' | 'master'> {
  if (names === null || isUnknown(names)) return { uppers: names, master: names };
  const uppers = new Set(
    names.filter((name) => name.startsWith(UPPER)).map((name) => name.slice(UPPER.length)),
  );
  if (!names.includes('master')) return { uppers: [...uppers], master: null };
  const master = mapKnown(knownOf(host.readLink(`${directory}/master`)), lastName);
  if (isUnknown(master)) return { uppers: master, master };
  if (master !== null) uppers.add(master);
  return { uppers: [...uppers], master };
}

/** The interfaces on top of one, by the answers of the kernel. */
function madeOf(name: string, told: readonly ToldLink[]): readonly string[] {
  return told.filter((each) => each.madeOf === name).map((each) => each.name);
}

/** By the directories that bridges and bonds have, or the type in `uevent`: `DEVTYPE=vlan`. */
function kindOf(name: string, uevent: Known<string>, names: readonly string[]): InterfaceKind {
  if (names.includes('bridge')) return 'bridge';
  if (names.includes('bonding')) return 'bond';
  // The Open vSwitch datapath in the kernel, which contains all of its ports.
  if (name === 'ovs-system') return 'openvswitch';
  return kindOfWord(typeInUevent(uevent));
}
