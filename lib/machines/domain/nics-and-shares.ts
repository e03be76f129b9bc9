import type { XmlNode } from '../../libvirt/xml/xml-text.ts';
import { libvirtNetworkName } from '../network/network-name.ts';
import type { ResolvedMachine, ResolvedNic, ResolvedShare } from '../resolved-machine.ts';
import { portAddress } from './pci-places.ts';

/** Virtual network cards, each in a root port from that bus on. */
export function nicNodes({ nics, disks }: ResolvedMachine, firstBus: number): readonly XmlNode[] {
  return nics.map((nic, at) => {
    const { type, source, isPlugged } = connectionOf(nic);
    return {
      name: 'interface',
      attributes: { type },
      content: [
        { name: 'mac', attributes: { address: nic.mac } },
        source === null ? undefined : { name: 'source', attributes: source },
        { name: 'model', attributes: { type: nic.model } },
        isPlugged ? undefined : { name: 'link', attributes: { state: 'down' } },
        // Firmware tries the network if no disk starts: an installer from the network fills an empty disk.
        nic.boot ? { name: 'boot', attributes: { order: String(disks.length + at + 1) } } : undefined,
        // The boot program of a card from which nothing boots would take its time.
        nic.boot ? undefined : { name: 'rom', attributes: { enabled: 'no' } },
        portAddress(firstBus + at),
      ],
    };
  });
}

function connectionOf({ network, bridge }: ResolvedNic) {
  if (network !== null) {
    return { type: 'network', source: { network: libvirtNetworkName(network) }, isPlugged: true };
  }
  if (bridge !== null) return { type: 'bridge', source: { bridge }, isPlugged: true };
  // A card without a cable: a device of the host that no bridge has, and a link that is down.
  return { type: 'ethernet', source: null, isPlugged: false };
}

/** Directories that are shared with the guest, each in a root port from that bus on. */
export function shareNodes({ shares }: ResolvedMachine, firstBus: number): readonly XmlNode[] {
  return shares.map((share, at) => ({
    name: 'filesystem',
    attributes: { type: 'mount', ...accessOf(share) },
    content: [
      share.driver === 'virtiofs' ? { name: 'driver', attributes: { type: 'virtiofs' } } : undefined,
      { name: 'source', attributes: { dir: share.path } },
      { name: 'target', attributes: { dir: share.name } },
      share.mode === 'ro' ? { name: 'readonly' } : undefined,
      portAddress(firstBus + at),
    ],
  }));
}

function accessOf({ driver, access = 'passthrough' }: ResolvedShare): Readonly<Record<string, string>> {
  // virtiofs has no other; it keeps file systems below the directory apart by itself.
  if (driver === 'virtiofs') return { accessmode: 'passthrough' };
  return { accessmode: access, multidevs: 'remap' };
}
