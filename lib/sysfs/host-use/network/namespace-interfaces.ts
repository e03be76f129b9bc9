import { isUnknown, knownValue } from '../../../base/known.ts';
import type { ElsewhereInterface, InterfaceKind } from '../../../facts/network-use.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import { isPciAddress } from '../../../pci/address.ts';
import { SYS_PATHS } from '../../paths.ts';
import { functionIn } from '../known-reading.ts';
import { FALLBACK_NAMES, kindOfWord } from './interface-kinds.ts';
import { readNumber } from './interfaces.ts';
import { askLinks } from './ip-answers.ts';

type Found = Omit<ElsewhereInterface, 'where'>;

// These always have a lower interface; its number is in `iflink`.
const STACKED: ReadonlySet<InterfaceKind> = new Set([
  'vlan',
  'macvlan',
  'ipvlan',
  'macsec',
  'vxlan',
  'tunnel',
]);
// Interfaces without a lower one, although their driver reports no type in `uevent`.
const BY_ITSELF = /^(tun_flags|bridge|bonding)$/;

/** The numbers of the reader's own interfaces, and the number that each is linked to, usually its own. */
export function readOwnLinks(host: HostReader): ReadonlyMap<number, number> {
  const links = new Map<number, number>();
  for (const name of knownValue(knownOf(host.list(SYS_PATHS.netClass))) ?? []) {
    const index = knownValue(readNumber(host, `${SYS_PATHS.netClass}/${name}/ifindex`));
    if (index === undefined) continue;
    links.set(index, knownValue(readNumber(host, `${SYS_PATHS.netClass}/${name}/iflink`)) ?? index);
  }
  return links;
}

/**
 * The interfaces of a namespace by the sysfs of a process in it, `/proc/PID/root/sys/class/net`; `null` if that is
 * another namespace (the names differ), or cannot be read.
 *
 * @param task the directory of the process or thread
 */
export function namespaceBySysfs(
  host: HostReader,
  task: string,
  names: readonly string[],
  ownLinks: ReadonlyMap<number, number>,
): readonly Found[] | null {
  const at = `${task}/root${SYS_PATHS.netClass}`;
  const listed = knownValue(knownOf(host.list(at)));
  if (listed === undefined) return null;
  const known = listed.filter((name) => !FALLBACK_NAMES.has(name) && name !== 'bonding_masters');
  if (known.length !== names.length || !known.every((name) => names.includes(name))) return null;
  const found = known.map((name) => readOne(host, at, name, ownLinks));
  return found.every((each) => each !== null) ? found : null;
}

function readOne(
  host: HostReader,
  at: string,
  name: string,
  ownLinks: ReadonlyMap<number, number>,
): Found | null {
  const directory = `${at}/${name}`;
  const target = knownOf(host.readLink(directory));
  const names = knownOf(host.list(directory));
  const uevent = knownOf(host.readText(`${directory}/uevent`));
  const index = knownValue(readNumber(host, `${directory}/ifindex`));
  const link = knownValue(readNumber(host, `${directory}/iflink`));
  if (isUnknown(target) || names === null || isUnknown(names) || isUnknown(uevent)) return null;
  if (index === undefined || link === undefined) return null;
  const deviceFunction = target === null ? null : functionIn(target);
  const word = /^DEVTYPE=(\S+)$/m.exec(uevent ?? '')?.[1];
  const kind = kindOfWord(word);
  const found = { name, function: deviceFunction, kind };
  const isMadeHere = deviceFunction !== null || link === 0 || names.some((each) => each.startsWith('lower_'));
  if (isMadeHere) return { ...found, madeOf: null };
  if (STACKED.has(kind)) return { ...found, madeOf: link };
  if (word !== undefined || names.some((each) => BY_ITSELF.test(each))) return { ...found, madeOf: null };
  // The other end of a veth pair that begins here, or an interface that is not linked to one here.
  const isOther = ownLinks.get(link) === index && link !== index;
  const isItself = link === index && !ownLinks.has(index);
  return { ...found, madeOf: isOther || isItself ? null : link };
}

/** The interfaces of a namespace by the kernel itself; `null` if it cannot be asked. */
export function namespaceByKernel(host: HostReader, namespace: string): readonly Found[] | null {
  return (
    askLinks(host, namespace)
      ?.filter(({ name }) => !FALLBACK_NAMES.has(name))
      .map(({ name, kind, parent, madeOfElsewhere }) => ({
        name,
        function: parent !== null && isPciAddress(parent) ? parent : null,
        kind: kindOfWord(kind),
        madeOf: madeOfElsewhere,
      })) ?? null
  );
}
