import { PortalGunError } from '../../base/errors.ts';
import type { PciAddress } from '../../pci/address.ts';
import { guestAddressNode, hostAddressAttributes } from '../xml/pci-address-xml.ts';
import { formatXml, type XmlNode } from '../xml/xml-text.ts';
import type { HandingDriver, HostDevice, HostdevPool, RomSetting } from './host-device.ts';

/**
 * A device in the form that libvirt writes into a VM's `<devices>`.
 *
 * @throws PortalGunError DOMAIN_TOO_LARGE, and BAD_ARGUMENT for an alias that libvirt would not accept
 */
export function formatHostDevice(device: HostDevice): string {
  return formatXml([hostDeviceNode(device)]);
}

/**
 * A network for `virsh net-define`.
 *
 * @throws PortalGunError DOMAIN_TOO_LARGE
 */
export function formatHostdevPool(pool: HostdevPool): string {
  const { name, isManaged, pf, addresses, driver, vlans } = pool;
  const forward: XmlNode = {
    name: 'forward',
    attributes: { mode: 'hostdev', managed: yesNo(isManaged) },
    content: [
      driverNode(driver),
      pf === null ? undefined : { name: 'pf', attributes: { dev: pf } },
      ...addresses.map((address) => addressNode(address, 'pci')),
    ],
  };
  return formatXml([
    { name: 'network', content: [{ name: 'name', content: name }, forward, vlanNode(vlans)] },
  ]);
}

/**
 * A port for hot-plug: a bus with one slot.
 *
 * @param slot of the root bus, which must be empty; if libvirt chooses, it may share the slot with another port
 */
export function formatRootPort(
  index: number,
  alias: string | null = null,
  slot: number | null = null,
): string {
  return formatXml([
    {
      name: 'controller',
      attributes: { type: 'pci', index: String(index), model: 'pcie-root-port' },
      content: [
        alias === null ? undefined : { name: 'alias', attributes: { name: alias } },
        slot === null ? undefined : guestAddressNode({ bus: 0, slot, function: 0, multifunction: false }),
      ],
    },
  ]);
}

/**
 * The same for `virsh attach-device --config`: libvirt (11.3) completes model and target of a port only when a whole
 * VM is defined, and refuses one that is added without them.
 */
export function formatAddedRootPort(index: number, alias: string | null = null): string {
  return formatXml([
    {
      name: 'controller',
      attributes: { type: 'pci', index: String(index), model: 'pcie-root-port' },
      content: [
        { name: 'model', attributes: { name: 'pcie-root-port' } },
        // The numbers that libvirt itself would use.
        { name: 'target', attributes: { chassis: String(index), port: `0x${index.toString(16)}` } },
        alias === null ? undefined : { name: 'alias', attributes: { name: alias } },
      ],
    },
  ]);
}

function hostDeviceNode(device: HostDevice): XmlNode {
  switch (device.kind) {
    case 'hostdev':
      return {
        name: 'hostdev',
        attributes: { mode: 'subsystem', type: 'pci', managed: yesNo(device.isManaged) },
        content: [
          driverNode(device.driver),
          { name: 'source', content: [addressNode(device.address)] },
          teamingNode(device.persistentPeer),
          ...attachedNodes(device),
        ],
      };
    case 'interface':
      return {
        name: 'interface',
        attributes: { type: 'hostdev', managed: yesNo(device.isManaged) },
        content: [
          macNode(device.mac),
          driverNode(device.driver),
          { name: 'source', content: [addressNode(device.address, 'pci')] },
          vlanNode(device.vlans),
          teamingNode(device.persistentPeer),
          ...attachedNodes(device),
        ],
      };
    case 'pool-interface':
      return {
        name: 'interface',
        attributes: { type: 'network' },
        content: [
          macNode(device.mac),
          { name: 'source', attributes: { network: device.network } },
          vlanNode(device.vlans),
          ...attachedNodes(device),
        ],
      };
    case 'mdev':
      return {
        name: 'hostdev',
        attributes: {
          mode: 'subsystem',
          type: 'mdev',
          model: 'vfio-pci',
          display: onOff(device.isDisplay),
          ramfb: onOff(device.hasRamfb),
        },
        content: [
          { name: 'source', content: [{ name: 'address', attributes: { uuid: device.uuid } }] },
          ...attachedNodes(device),
        ],
      };
  }
}

function attachedNodes({
  bootOrder,
  alias,
  rom,
  guestAddress,
}: HostDevice): readonly (XmlNode | undefined)[] {
  if (alias !== null && !/^ua-[\w.-]+$/.test(alias)) {
    throw new PortalGunError('BAD_ARGUMENT', 'is not an alias of a device', {
      subject: alias,
      hint: 'use an alias that begins with ua-, with only letters, digits, _, - and .',
    });
  }
  return [
    bootOrder === null ? undefined : { name: 'boot', attributes: { order: String(bootOrder) } },
    alias === null ? undefined : { name: 'alias', attributes: { name: alias } },
    romNode(rom),
    guestAddress === null ? undefined : guestAddressNode(guestAddress),
  ];
}

function romNode(rom: RomSetting | null): XmlNode | undefined {
  if (rom === null) return undefined;
  const enabled = rom.isEnabled === null ? undefined : yesNo(rom.isEnabled);
  return { name: 'rom', attributes: { enabled, bar: onOff(rom.hasBar), file: rom.file ?? undefined } };
}

function addressNode(address: PciAddress, type?: string): XmlNode {
  // libvirt 11.3 accepts a longer domain, and QEMU then refuses to start: its vfio-pci has 16 bits for the domain of
  // the host.
  if (address.indexOf(':') > 4) {
    throw new PortalGunError(
      'DOMAIN_TOO_LARGE',
      'its PCI domain has more than 16 bits, which QEMU does not support',
      { subject: address },
    );
  }
  return { name: 'address', attributes: { type, ...hostAddressAttributes(address) } };
}

function driverNode(driver: HandingDriver | null): XmlNode | undefined {
  if (driver === null) return undefined;
  return { name: 'driver', attributes: { name: driver.name ?? undefined, model: driver.model ?? undefined } };
}

function teamingNode(peer: string | null): XmlNode | undefined {
  return peer === null ? undefined : { name: 'teaming', attributes: { type: 'transient', persistent: peer } };
}

function macNode(mac: string | null): XmlNode | undefined {
  return mac === null ? undefined : { name: 'mac', attributes: { address: mac } };
}

function vlanNode(vlans: readonly number[]): XmlNode | undefined {
  if (vlans.length === 0) return undefined;
  return {
    name: 'vlan',
    attributes: { trunk: vlans.length > 1 ? 'yes' : undefined },
    content: vlans.map((id) => ({ name: 'tag', attributes: { id: String(id) } })),
  };
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}

function onOff(value: boolean | null): string | undefined {
  return value === null ? undefined : value ? 'on' : 'off';
}
