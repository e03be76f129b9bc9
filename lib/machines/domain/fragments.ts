import { MACHINE_NAMESPACE } from '../../libvirt/machine/machine-metadata.ts';
import { failInXml, parseXml, type XmlDocument } from '../../libvirt/xml/xml-document.ts';
import type { XmlElement } from '../../libvirt/xml/xml-element.ts';
import { NO_NAMESPACES, namespaceOf, namespacesIn } from '../../libvirt/xml/xml-namespace.ts';
import type { XmlNode } from '../../libvirt/xml/xml-text.ts';
import type { XmlFragment } from '../resolved-machine.ts';
import { keyOf } from './element-keys.ts';
import { nodeFrom, nodesIn } from './xml-node.ts';

/*
 * Fragments: parts of a `<domain>` that the folder of a machine adds to its definition. A fragment is a `<domain>`,
 * or one element that can be in it. It is merged element by element:
 *
 * - An element that a domain has once is merged: its attributes replace those of the same name, its text replaces the text,
 *   and the elements in it are merged by these rules.
 * - An element that may be there several times is merged with the one that it names (a disk by its target, a network card
 *   by its MAC address, a controller by type and index, a processor feature by its name), and added if there is none.
 *
 * A fragment cannot change the identity of the VM: its name, its UUID, its type, and the metadata of portal-gun.
 */

const DECLARATION = 'xmlns:';
const FIXED: ReadonlySet<string> = new Set(['name', 'uuid']);
/** libvirt ignores unknown elements: a fragment with a misspelled element would change nothing. */
const SECTIONS: ReadonlySet<string> = new Set([
  ...['metadata', 'title', 'description', 'genid', 'maxMemory', 'memory', 'currentMemory', 'memoryBacking'],
  ...['blkiotune', 'memtune', 'numatune', 'cputune', 'vcpu', 'vcpus', 'iothreads', 'iothreadids'],
  ...['defaultiothread', 'resource', 'sysinfo', 'bootloader', 'bootloader_args', 'os', 'idmap', 'features'],
  ...['cpu', 'clock', 'on_poweroff', 'on_reboot', 'on_crash', 'on_lockfailure', 'pm', 'perf', 'keywrap'],
  ...['launchSecurity', 'throttlegroups', 'devices', 'seclabel'],
]);
const DEVICES: ReadonlySet<string> = new Set([
  ...[
    'emulator',
    'disk',
    'controller',
    'lease',
    'filesystem',
    'interface',
    'smartcard',
    'serial',
    'parallel',
  ],
  ...['console', 'channel', 'input', 'tpm', 'graphics', 'sound', 'audio', 'video', 'hostdev', 'redirdev'],
  ...['redirfilter', 'hub', 'watchdog', 'memballoon', 'rng', 'nvram', 'panic', 'shmem', 'memory', 'iommu'],
  ...['vsock', 'crypto', 'pstore'],
]);

/**
 * A domain with fragments merged, in their order.
 *
 * @throws PortalGunError BAD_XML, with file, line and column
 */
export function withFragments(domain: XmlNode, fragments: readonly XmlFragment[]): XmlNode {
  return fragments.reduce((merged, { file, text }) => {
    const document = parseXml(text, file);
    return mergeNodes(merged, domainIn(document));
  }, domain);
}

/** The parts that a fragment adds, as a domain. */
function domainIn(document: XmlDocument): XmlNode {
  const { root } = document;
  if (root.name !== 'domain') {
    checkSection(document, root);
    return { name: 'domain', content: [nodeFrom(root)] };
  }
  for (const name of root.attributes.keys()) {
    if (!name.startsWith(DECLARATION)) {
      failInXml(
        document,
        root.start,
        `sets "${name}" of the domain, which follows from the definition`,
        'remove it',
      );
    }
  }
  for (const section of root.children) checkSection(document, section);
  return nodeFrom(root);
}

function checkSection(document: XmlDocument, section: XmlElement): void {
  const { name, start } = section;
  if (FIXED.has(name)) {
    failInXml(document, start, `sets <${name}>, which identifies the machine`, 'remove it');
  }
  if (!SECTIONS.has(name) && !name.includes(':')) {
    failInXml(
      document,
      start,
      `<${name}> is not an element of <domain>`,
      'write a part of a <domain>; devices are in <devices>',
    );
  }
  if (name === 'metadata') checkMetadata(document, section);
  const unknown =
    name === 'devices' ? section.children.find((device) => !DEVICES.has(device.name)) : undefined;
  if (unknown !== undefined)
    failInXml(document, unknown.start, `<${unknown.name}> is not an element of <devices>`);
}

function checkMetadata(document: XmlDocument, metadata: XmlElement): void {
  const outside = namespacesIn(metadata, namespacesIn(document.root, NO_NAMESPACES));
  for (const child of metadata.children) {
    if (namespaceOf(child, namespacesIn(child, outside)) !== MACHINE_NAMESPACE) continue;
    failInXml(document, child.start, 'changes the metadata of portal-gun', 'use another namespace');
  }
}

function mergeNodes(base: XmlNode, added: XmlNode): XmlNode {
  const children = nodesIn(added);
  const text = typeof added.content === 'string' ? added.content : '';
  const content = children.length > 0 ? mergeChildren(base, children) : text === '' ? base.content : text;
  return {
    name: base.name,
    attributes: { ...base.attributes, ...added.attributes },
    ...(content === undefined ? {} : { content }),
  };
}

function mergeChildren(base: XmlNode, added: readonly XmlNode[]): readonly XmlNode[] {
  const merged = [...nodesIn(base)];
  const places = new Map(merged.map((node, at) => [keyOf(node, base.name), at] as const));
  for (const node of added) {
    const key = keyOf(node, base.name);
    const at = key === null ? undefined : places.get(key);
    const there = at === undefined ? undefined : merged[at];
    if (at !== undefined && there !== undefined) {
      merged[at] = mergeNodes(there, node);
      continue;
    }
    places.set(key, merged.length);
    merged.push(node);
  }
  return merged;
}
