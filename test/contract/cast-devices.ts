import { type HostReader, isFailure } from '../../lib/host/host-reader.ts';
import { isPciAddress, type PciAddress, slotOf } from '../../lib/pci/address.ts';
import type { Cast } from './stage.ts';

/**
 * Finds the devices that the scenarios are played with, by their ids and by where they are: a NIC with VFs, a drive
 * with VFs, two NICs that share a slot, a switch with a NIC behind it, a bridge with two cards behind it, a
 * device that no driver wants, and the chipset, which can't be reset.
 *
 * @throws Error where one of them is not there
 */
export function castDevices(reader: HostReader): Cast {
  const bus = reader.list('/sys/bus/pci/devices');
  if (bus === null || isFailure(bus)) throw new Error('there is no PCI bus');
  const all = bus.filter(isPciAddress);
  const pathOf = (address: PciAddress): string => {
    const target = reader.readLink(`/sys/bus/pci/devices/${address}`);
    return typeof target === 'string' ? target : '';
  };
  const idsOf = (address: PciAddress): string => {
    const uevent = reader.readText(`${pathOf(address).replace(/^(\.\.\/)+/, '/sys/')}/uevent`);
    return (/^PCI_ID=(.*)$/m.exec(typeof uevent === 'string' ? uevent : '')?.[1] ?? '').toLowerCase();
  };
  const hasVfs = (address: PciAddress): boolean =>
    reader.exists(`${pathOf(address).replace(/^(\.\.\/)+/, '/sys/')}/sriov_totalvfs`);
  const behind = (address: PciAddress): readonly PciAddress[] =>
    all.filter((each) => pathOf(each).includes(`/${address}/`));
  const find = (part: string, wanted: string, also: (address: PciAddress) => boolean): PciAddress => {
    const found = all.find((each) => idsOf(each) === wanted && also(each));
    if (found === undefined) throw new Error(`no ${part}: nothing is ${wanted} and where it should be`);
    return found;
  };
  const isPair = (address: PciAddress): boolean =>
    address.endsWith('.0') && all.includes(`${slotOf(address)}.1` as PciAddress);
  const pair0 = find('pair', '8086:10d3', isPair);
  const switchUp = find('switch', '104c:8232', () => true);
  const endpoint = find('endpoint', '8086:10d3', (each) => behind(switchUp).includes(each));
  const bridge = find('bridge', '1b36:000e', (each) => behind(each).length >= 2);
  const port = all.find((each) => pathOf(switchUp).endsWith(`/${each}/${switchUp}`));
  if (port === undefined) throw new Error('no port above the switch');
  const [card0, card1] = behind(bridge) as [PciAddress, PciAddress];
  return {
    nic: find('nic', '8086:10c9', hasVfs),
    drive: find('drive', '1b36:0010', hasVfs),
    pair0,
    pair1: `${slotOf(pair0)}.1` as PciAddress,
    port,
    switchUp,
    switchDown: find('port of the switch', '104c:8233', (each) => behind(each).includes(endpoint)),
    endpoint,
    bridge,
    card0,
    card1,
    plain: find('plain device', '1234:11e8', () => true),
    chipset: find('chipset', '8086:2918', () => true),
  };
}
