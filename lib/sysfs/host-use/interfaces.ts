import { BROKEN, isUnknown, type Known, knownValue, mapKnown, UNREAD } from '../../base/known.ts';
import { type HostReader, knownOf } from '../../host/host-reader.ts';
import type { InterfaceKind, NetInterface } from '../../pci/host-use.ts';
import { lastName, SYS_PATHS } from '../paths.ts';
import { type ClassMember, readAttribute, readClass } from './known-reading.ts';

const IFF_UP = 1;
const UPPER = 'upper_';

/**
 * The interfaces of `/sys/class/net`, those of devices and those that are made of others. What is made of one stands
 * in its directory: links `upper_br0`, and `master` for the bridge, bond or team that it is in. Interfaces in other
 * network namespaces are not there.
 */
export function readInterfaces(host: HostReader): Known<readonly NetInterface[]> {
  const members = readClass(host, SYS_PATHS.netClass);
  // Every kernel with a network has the loopback interface, and what lacks the directory was not captured.
  if (members === null) return UNREAD;
  return mapKnown(members, (all) => all.map((member) => readOne(host, member)));
}

function readOne(host: HostReader, member: ClassMember): NetInterface {
  const { name, directory } = member;
  const names = knownOf(host.list(directory));
  return {
    name,
    function: member.function,
    kind: kindOf(host, directory, knownValue(names) ?? []),
    isUp: mapKnown(readAttribute(host, `${directory}/flags`), (text) =>
      /^0x[0-9a-f]{1,8}$/i.test(text) ? (Number(text) & IFF_UP) !== 0 : BROKEN,
    ),
    state: readAttribute(host, `${directory}/operstate`),
    uppers: mapKnown(names, (all) => uppersOf(host, directory, all)),
    portName: member.function === null ? null : readPortName(host, directory),
  };
}

/** `phys_port_name`, which a driver without port names refuses to tell (EOPNOTSUPP): then there is none. */
export function readPortName(host: HostReader, directory: string): Known<string> {
  const name = readAttribute(host, `${directory}/phys_port_name`);
  return isUnknown(name) && name.unknown === 'broken' ? null : name;
}

function uppersOf(host: HostReader, directory: string, names: readonly string[]): Known<readonly string[]> {
  const uppers = new Set(
    names.filter((name) => name.startsWith(UPPER)).map((name) => name.slice(UPPER.length)),
  );
  if (names.includes('master')) {
    const master = knownOf(host.readLink(`${directory}/master`));
    if (isUnknown(master)) return master;
    if (master !== null) uppers.add(lastName(master));
  }
  return [...uppers].sort();
}

/** By the directories that bridges and bonds have, or the type in `uevent`: `DEVTYPE=vlan`. */
function kindOf(host: HostReader, directory: string, names: readonly string[]): InterfaceKind {
  if (names.includes('bridge')) return 'bridge';
  if (names.includes('bonding')) return 'bond';
  const uevent = knownValue(readAttribute(host, `${directory}/uevent`)) ?? '';
  switch (/^DEVTYPE=(\S+)$/m.exec(uevent)?.[1]) {
    case 'bridge':
      return 'bridge';
    case 'bond':
      return 'bond';
    case 'vlan':
      return 'vlan';
    case 'macvlan':
    case 'macvtap':
    case 'ipvlan':
      return 'macvlan';
    case 'team':
      return 'team';
    default:
      return 'other';
  }
}
