import { toHostdev } from '../../libvirt/hostdev/to-hostdev.ts';
import type { NodeDevice, PciCapability } from '../../libvirt/node-device/node-device.ts';
import {
  addressByName,
  findContradictions,
  type XmlFinding,
} from '../../libvirt/node-device/node-device-findings.ts';
import { nodeDeviceOf } from '../../libvirt/node-device/node-device-parser.ts';
import { toInventory } from '../../libvirt/node-device/node-inventory.ts';
import { failInXml, type XmlDocument } from '../../libvirt/xml/xml-document.ts';
import { shortAddress } from '../../pci/address.ts';
import type { PciDevice } from '../../pci/device.ts';
import { type PassthroughNote, passthroughNotes } from '../../pci/group/passthrough.ts';
import { NO_NAMES } from '../../pci/pci-ids.ts';
import { type HostdevChoice, hostdevOptionsOf } from '../assignment/hostdev-options.ts';
import { deviceSnippets, type Snippet } from './device-snippets.ts';
import { categoryIn, type GuestPlace, machineOf } from './guest-addresses.ts';

/** Options for translating the document of a node device. */
export interface NodeDeviceXmlOptions extends HostdevChoice, GuestPlace {
  /**
   * The correct address if the document contradicts itself: that of its numbers (`capability`), or that of its name.
   */
  readonly from?: 'capability' | 'name' | undefined;
}

/** XML that assigns a device to a VM, from a document of libvirt. */
export interface NodeDeviceXml {
  /** Empty if the document contradicts itself, and no part of it is selected as correct. */
  readonly snippets: readonly Snippet[];
  /** The contradictions in the document. */
  readonly findings: readonly XmlFinding[];
}

/**
 * Writes the XML that assigns a device to a VM, from the output of `virsh nodedev-dumpxml`. No host is read.
 *
 * @throws PortalGunError BAD_XML, BAD_ARGUMENT, CANNOT_BE_GIVEN, DOMAIN_TOO_LARGE, NO_GUEST_SLOT
 */
export function nodeDeviceXml(document: XmlDocument, options: NodeDeviceXmlOptions = {}): NodeDeviceXml {
  const domain = machineOf(options);
  const wishes = hostdevOptionsOf({ isCaptured: false }, options, categoryIn(domain));
  const { device, capability } = pciDeviceOf(document);
  const findings = findContradictions(document, device);
  const { from } = options;
  if (findings.length > 0 && from === undefined) return { snippets: [], findings };
  const address = from === 'name' ? addressByName(device) : capability.address;
  if (address === undefined) {
    failInXml(
      document,
      document.root.start,
      'the name contains no PCI address',
      'use the numbers of the document: --from capability',
    );
  }
  const described = { ...describe(device), address };
  const handed = toHostdev(described, wishes, notesOf(described, capability), new Map());
  return { snippets: deviceSnippets({ ...options, domain }, [handed], [[address]], () => false), findings };
}

function pciDeviceOf(document: XmlDocument): {
  readonly device: NodeDevice;
  readonly capability: PciCapability;
} {
  const device = nodeDeviceOf(document);
  const { capability } = device;
  if (capability.kind === 'pci') return { device, capability };
  const kind = capability.kind === 'other' ? capability.type : capability.kind;
  return failInXml(
    document,
    document.root.start,
    `not a PCI device, but a device of type ${kind.slice(0, 40)}`,
    'use the document of the parent; the <parent> element names it',
  );
}

/** The facts in the document; other facts of a host are unread. */
function describe(device: NodeDevice): PciDevice {
  const reading = { hostName: null, devices: [device], diagnostics: [] };
  const [found] = toInventory(reading, ['pci'], NO_NAMES, '').devices;
  if (found === undefined) throw new Error('a PCI device makes an inventory of one');
  return found;
}

/** The notes on passing the device through from only the document: its kind, and the members of its group. */
function notesOf(device: PciDevice, { iommuGroup, address }: PciCapability): readonly PassthroughNote[] {
  const blocks = passthroughNotes(device, undefined, { iommu: true, tellsResetMethods: false }).filter(
    ({ code }) => code === 'bridge' || code === 'iommu',
  );
  const others =
    iommuGroup?.members.filter((member) => member !== address && member !== device.address) ?? [];
  if (others.length === 0) return blocks;
  const message = `shares group ${iommuGroup?.number} with ${others.map(shortAddress).join(', ')}: all members except bridges must be detached from the host together`;
  return [...blocks, { level: 'needs', code: 'group-members', message }];
}
