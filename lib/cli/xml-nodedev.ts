import { EXIT, PortalGunError } from '../base/errors.ts';
import { inputName, readInputFile } from '../host/file/input-file.ts';
import { toHostdev } from '../libvirt/hostdev/to-hostdev.ts';
import type { NodeDevice, PciCapability } from '../libvirt/node-device/node-device.ts';
import { addressByName, findContradictions } from '../libvirt/node-device/node-device-findings.ts';
import { nodeDeviceOf } from '../libvirt/node-device/node-device-parser.ts';
import { toInventory } from '../libvirt/node-device/node-inventory.ts';
import { failInXml, MAX_XML_BYTES, parseXml, type XmlDocument } from '../libvirt/xml/xml-document.ts';
import { hostdevOptionsOf } from '../operations/assignment/hostdev-options.ts';
import { shortAddress } from '../pci/address.ts';
import type { PciDevice } from '../pci/device.ts';
import { type PassthroughNote, passthroughNotes } from '../pci/group/passthrough.ts';
import { NO_NAMES } from '../pci/pci-ids.ts';
import { formatDocument } from '../render/documents.ts';
import { renderXmlFindings, snippetsDocument } from '../render/machine/hostdev-snippet-text.ts';
import { deviceSnippets, snippetsResult } from './device-snippets.ts';
import { type CommandResult, isGiven, optionNamed } from './grammar/command.ts';
import { categoryIn, machineOf } from './guest-addresses.ts';
import { sessionOf } from './reading-options.ts';
import type { XmlValues } from './xml-values.ts';

/** What is asked of a host, and not of the document of one device. */
const OTHERS = ['group', 'pool', 'all', 'host', 'source', 'connect'] as const;

/** `pci xml --nodedev`: what gives a device to a machine, by what `virsh nodedev-dumpxml` says of it. */
export function runXmlNodedev(args: XmlValues): CommandResult {
  const other = args.devices[0] ?? OTHERS.filter((key) => isGiven(args[key])).map(optionNamed)[0];
  if (other !== undefined) {
    throw new PortalGunError('BAD_ARGUMENT', 'does not go with --nodedev', { subject: other });
  }
  const machine = machineOf(args);
  const wishes = hostdevOptionsOf(sessionOf(args), args, categoryIn(machine));
  const path = args.nodedev ?? '-';
  const document = parseXml(readInputFile(path, MAX_XML_BYTES, 'BAD_XML'), inputName(path));
  const { device, capability } = pciDeviceOf(document);
  const findings = findContradictions(document, device);
  const from = args.from;
  if (findings.length > 0 && from === undefined) {
    const advice =
      'pci: the document contradicts itself; --from capability believes its numbers, --from name its name\n';
    return {
      exitCode: EXIT.findings,
      stdout: args.json ? formatDocument(snippetsDocument(null, [], findings)) : renderXmlFindings(findings),
      stderr: args.json ? '' : advice,
    };
  }
  const address = from === 'name' ? addressByName(device) : capability.address;
  if (address === undefined) {
    failInXml(
      document,
      document.root.start,
      'has no name with an address',
      'believe its numbers: --from capability',
    );
  }
  const described = { ...describe(device), address };
  const handed = toHostdev(described, wishes, notesOf(described, capability), new Map());
  const snippets = deviceSnippets(args, machine, [handed], [[address]], () => false);
  return snippetsResult(args, null, snippets, findings, '');
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
    `is no PCI device, but of the kind ${kind.slice(0, 40)}`,
    'give the document of its parent: virsh nodedev-dumpxml says which that is',
  );
}

/** The facts that the document has; what else a host would tell is unread. */
function describe(device: NodeDevice): PciDevice {
  const reading = { hostName: null, devices: [device], diagnostics: [] };
  const [found] = toInventory(reading, ['pci'], NO_NAMES, '').devices;
  if (found === undefined) throw new Error('a PCI device makes an inventory of one');
  return found;
}

/** What the document alone tells of passing the device through: what it is, and with whom it shares its group. */
function notesOf(device: PciDevice, { iommuGroup, address }: PciCapability): readonly PassthroughNote[] {
  const blocks = passthroughNotes(device, undefined, { iommu: true, tellsResetMethods: false }).filter(
    ({ code }) => code === 'bridge' || code === 'iommu',
  );
  const others =
    iommuGroup?.members.filter((member) => member !== address && member !== device.address) ?? [];
  if (others.length === 0) return blocks;
  const message = `shares group ${iommuGroup?.number} with ${others.map(shortAddress).join(', ')}: all that are no bridges leave the host together`;
  return [...blocks, { level: 'needs', code: 'group-members', message }];
}
