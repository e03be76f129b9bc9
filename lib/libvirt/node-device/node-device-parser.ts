import { failInXml, parseXml, type XmlDocument } from '../xml/xml-document.ts';
import { childOf, childrenOf, childText, type XmlElement } from '../xml/xml-element.ts';
import { filledText, idOf, numberIn } from '../xml/xml-facts.ts';
import type { NodeCapability, NodeDevice } from './node-device.ts';
import { parsePciCapability } from './pci-capability-parser.ts';

/**
 * Reads a document of `virsh nodedev-dumpxml`:
 *
 * ```xml
 * <device>
 *   <name>pci_0000_00_19_0</name>
 *   <path>/sys/devices/pci0000:00/0000:00:19.0</path>
 *   <parent>computer</parent>
 *   <driver><name>e1000e</name></driver>
 *   <capability type='pci'>…</capability>
 * </device>
 * ```
 *
 * @param name of the file or command it is from, for errors
 * @see https://libvirt.org/formatnode.html
 * @throws PortalGunError BAD_XML, with line and column
 */
export function parseNodeDevice(raw: Uint8Array | string, name: string): NodeDevice {
  return nodeDeviceOf(parseXml(raw, name));
}

/**
 * The same for a parsed XML document.
 *
 * @throws PortalGunError BAD_XML, with line and column
 */
export function nodeDeviceOf(document: XmlDocument): NodeDevice {
  const { root } = document;
  if (root.name !== 'device')
    failInXml(document, root.start, `is no <device>, but <${root.name.slice(0, 40)}>`);
  return {
    name: filledText(root, 'name'),
    path: filledText(root, 'path'),
    parent: filledText(root, 'parent'),
    driver: filledText(childOf(root, 'driver'), 'name'),
    devnodes: childrenOf(root, 'devnode').map(({ text }) => text.trim()),
    capability: parseCapability(document, root),
  };
}

/**
 * Reads several such documents in one text, as several `nodedev-dumpxml` print them, each with or without an XML
 * declaration.
 *
 * @throws PortalGunError BAD_XML, with line and column in the whole text
 */
export function parseNodeDevices(text: string, name: string): readonly NodeDevice[] {
  return documentsIn(text).map(({ start, end }) => {
    const document = text.slice(start, end).trimStart();
    try {
      return parseNodeDevice(document, name);
    } catch (error) {
      // Parsed again after spaces that replace the text before it, also a declaration, so that the error has its
      // position in the whole text.
      const at = end - document.length;
      const declared = /^<\?xml[^>]*>/.exec(document)?.[0].length ?? 0;
      const before = text.slice(0, at + declared).replace(/[^\n]/g, ' ');
      parseNodeDevice(before + document.slice(declared), name);
      throw error;
    }
  });
}

interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** The start and end of each document. A USB device contains an element of the same name: its number. */
function documentsIn(text: string): readonly Stretch[] {
  const found: Stretch[] = [];
  let [start, depth] = [0, 0];
  for (const { 0: markup, 1: slash, 2: empty, index } of text.matchAll(DEVICE_TAG)) {
    if (markup.startsWith('<!') || empty === '/') continue;
    depth += slash === '/' ? -1 : 1;
    if (depth > 0 || slash !== '/') continue;
    found.push({ start, end: index + markup.length });
    [start, depth] = [index + markup.length, 0];
  }
  return text.slice(start).trim() === '' && found.length > 0
    ? found
    : [...found, { start, end: text.length }];
}

const DEVICE_TAG =
  /<!--[\s\S]*?(?:-->|$)|<!\[CDATA\[[\s\S]*?(?:\]\]>|$)|<(\/?)device(?=[\s/>])(?:"[^"]*"|'[^']*'|[^"'<>/])*(\/?)>/g;

function parseCapability(document: XmlDocument, device: XmlElement): NodeCapability {
  const capability = childOf(device, 'capability');
  if (capability === undefined) return failInXml(document, device.start, 'has no <capability>');
  const type = capability.attributes.get('type') ?? '';
  switch (type) {
    case 'pci':
      return parsePciCapability(document, capability);
    case 'net':
      return {
        kind: type,
        interface:
          filledText(capability, 'interface') ?? failInXml(document, capability.start, 'has no interface'),
        mac: filledText(capability, 'address')?.toLowerCase() ?? null,
        state: childOf(capability, 'link')?.attributes.get('state') ?? null,
      };
    case 'storage':
      return {
        kind: type,
        node: filledText(capability, 'block'),
        serial: filledText(capability, 'serial'),
        sizeBytes: numberIn(document, capability, 'size') ?? removableSize(document, capability),
      };
    case 'usb_device':
      return {
        kind: type,
        vendor: idOf(document, capability, 'vendor'),
        product: idOf(document, capability, 'product'),
      };
    case 'drm':
      return { kind: type, type: filledText(capability, 'type') };
    case 'scsi_host':
      return { kind: type, host: numberIn(document, capability, 'host') };
    case 'mdev': {
      const group = childOf(capability, 'iommuGroup')?.attributes.get('number');
      return {
        kind: type,
        typeId: childOf(capability, 'type')?.attributes.get('id') ?? null,
        uuid: childText(capability, 'uuid') ?? null,
        iommuGroup: group !== undefined && /^\d{1,9}$/.test(group) ? Number(group) : null,
      };
    }
    default:
      return { kind: 'other', type };
  }
}

/** For a removable medium. */
function removableSize(document: XmlDocument, storage: XmlElement): number | null {
  return numberIn(document, childOf(storage, 'capability'), 'media_size');
}
