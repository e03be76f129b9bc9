import { isUnknown, type Known, knownValue } from '../../../base/known.ts';
import type { HostThing } from '../../../facts/host-use.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import type { PciAddress } from '../../../pci/address.ts';
import { SYS_PATHS } from '../../paths.ts';
import { readAttribute, readClass } from '../known-reading.ts';

/**
 * The entries in the folder of LIO other than the fabrics of adapters: backstores, and fabrics of networks and of
 * this host.
 */
const WITHOUT_ADAPTER = /^(core|iscsi|loopback|vhost|xen-pvscsi|usb_gadget|dbroot|version)$/;

/**
 * The adapter ports through which this host offers storage to others, without a network: LIO over Fibre Channel and
 * SRP (`target/qla2xxx/21:00:00:24:ff:31:4c:48/tpgt_1/enable`), nvmet over Fibre Channel (`addr_traddr`). `null` if
 * there are none.
 */
export function readTargetPorts(host: HostReader): Known<readonly HostThing[]> {
  const names = new Map<string, string>();
  for (const read of [readLio, readNvmet]) {
    const missed = read(host, names);
    if (isUnknown(missed)) return missed;
  }
  if (names.size === 0) return null;
  const owners = readOwners(host);
  if (isUnknown(owners)) return owners;
  return [...names].map(([name, digits]) => ({
    name,
    function: (owners ?? []).find((owner) => digits.includes(owner.digits))?.function ?? null,
  }));
}

/** Adds the ports by their digits; returns why these may not be all. */
function readLio(host: HostReader, names: Map<string, string>): Known<never> {
  const fabrics = knownOf(host.list(SYS_PATHS.targetFabrics));
  if (isUnknown(fabrics)) return fabrics;
  for (const fabric of (fabrics ?? []).filter((each) => !WITHOUT_ADAPTER.test(each))) {
    const ports = knownOf(host.list(`${SYS_PATHS.targetFabrics}/${fabric}`));
    if (isUnknown(ports)) return ports;
    for (const port of ports ?? []) {
      const at = `${SYS_PATHS.targetFabrics}/${fabric}/${port}`;
      const groups = knownOf(host.list(at));
      if (isUnknown(groups)) return groups;
      for (const group of (groups ?? []).filter((each) => /^tpgt_\d+$/.test(each))) {
        const isOn = readAttribute(host, `${at}/${group}/enable`);
        if (isUnknown(isOn)) return isOn;
        if (isOn !== '0') names.set(`${fabric} ${port}`, digitsOf(port));
      }
    }
  }
  return null;
}

function readNvmet(host: HostReader, names: Map<string, string>): Known<never> {
  const ports = knownOf(host.list(SYS_PATHS.nvmeTargetPorts));
  if (isUnknown(ports)) return ports;
  for (const port of ports ?? []) {
    const at = `${SYS_PATHS.nvmeTargetPorts}/${port}`;
    const type = readAttribute(host, `${at}/addr_trtype`);
    const address = readAttribute(host, `${at}/addr_traddr`);
    const offered = knownOf(host.list(`${at}/subsystems`));
    const unknown = [type, address, offered].find(isUnknown);
    if (unknown !== undefined) return unknown;
    if (type !== 'fc' || knownValue(offered)?.length === 0) continue;
    names.set(`nvmet port ${port}`, digitsOf(/pn-(0x[0-9a-f]+)/i.exec(String(address))?.[1] ?? ''));
  }
  return null;
}

interface Owner {
  readonly digits: string;
  readonly function: PciAddress;
}

/** The functions of adapters, by the names of their ports. */
function readOwners(host: HostReader): Known<readonly Owner[]> {
  const owners: Owner[] = [];
  for (const [path, attribute] of [
    [SYS_PATHS.fcHosts, 'port_name'],
    [SYS_PATHS.rdmaDevices, 'node_guid'],
  ] as const) {
    const members = readClass(host, path);
    if (isUnknown(members)) return members;
    for (const { directory, function: on } of members ?? []) {
      const name = readAttribute(host, `${directory}/${attribute}`);
      if (isUnknown(name)) return name;
      const digits = digitsOf(name ?? '');
      if (on !== null && digits !== '') owners.push({ digits, function: on });
    }
  }
  return owners;
}

function digitsOf(name: string): string {
  return name.toLowerCase().replace(/^0x|[^0-9a-f]/g, '');
}
