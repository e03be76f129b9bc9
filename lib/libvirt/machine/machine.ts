import { BROKEN, isUnknown, type Known } from '../../base/known.ts';
import { failInXml, type XmlDocument } from '../xml/xml-document.ts';
import { childOf, childText, type XmlElement } from '../xml/xml-element.ts';
import { readCategory } from './machine-metadata.ts';
import { takenDevices } from './taken-device.ts';
import {
  type GivenDevice,
  type HostLookup,
  type Networks,
  NO_HOST,
  withFunctions,
} from './taken-functions.ts';

/** A VM, as one `<domain>` document describes it: its definition, or the running VM. */
export interface Machine {
  /** Any text; it may begin with a dash or contain spaces. */
  readonly name: string;
  readonly uuid: string;
  /** Its hypervisor: `kvm`, `qemu`. */
  readonly type: string;
  readonly title: string | null;
  readonly description: string | null;
  /** BROKEN if its metadata contains an invalid category. */
  readonly category: Known<string>;
  readonly memoryBytes: Known<number>;
  /** The number of virtual processors at its start. */
  readonly vcpus: Known<number>;
  /** The devices of the host that it has, in any form; a network only if it is a pool of VFs. */
  readonly devices: readonly GivenDevice[];
}

/** The data outside of documents that they refer to. */
export interface Surroundings {
  readonly networks: Networks;
  readonly host: HostLookup;
}

const ALONE: Surroundings = { networks: new Map(), host: NO_HOST };

const UNITS: ReadonlyMap<string, number> = new Map([
  ...['b', 'bytes'].map((unit) => [unit, 1] as const),
  ...['K', 'M', 'G', 'T'].flatMap(
    (letter, index) =>
      [
        [`${letter}B`, 1000 ** (index + 1)],
        [`${letter}iB`, 1024 ** (index + 1)],
        [letter, 1024 ** (index + 1)],
        [letter.toLowerCase(), 1024 ** (index + 1)],
      ] as const,
  ),
]);

/**
 * Reads a document as `virsh dumpxml` writes it:
 *
 *     <domain type='kvm'>
 *       <name>galaxy0</name>
 *       <uuid>8a4daced-3874-4273-8ef2-0474238f9fb4</uuid>
 *       <memory unit='KiB'>131072</memory>
 *       <vcpu placement='static'>1</vcpu>
 *       …
 *
 * https://libvirt.org/formatdomain.html
 *
 * @param report called with a sentence for each invalid part; the rest is read
 * @param surroundings the objects outside of the document that it names: networks, and objects of the host
 * @throws PortalGunError BAD_XML if it is not a VM with a name and a UUID
 */
export function parseMachine(
  document: XmlDocument,
  report: (message: string) => void,
  surroundings: Surroundings = ALONE,
): Machine {
  const { root } = document;
  if (root.name !== 'domain') failInXml(document, root.start, `is not a VM: its element is ${root.name}`);
  const demand = (name: string): string =>
    childText(root, name) || failInXml(document, root.start, `has no ${name}`);
  const sound = <T>(what: string, fact: Known<T>): Known<T> => {
    if (isUnknown(fact)) report(`its ${what} is invalid`);
    return fact;
  };
  return {
    // Whitespace in a name is significant.
    name: childOf(root, 'name')?.text || demand('name'),
    uuid: demand('uuid').toLowerCase(),
    type: root.attributes.get('type') ?? '',
    title: childText(root, 'title') || null,
    description: childText(root, 'description') || null,
    category: sound('category', readCategory(document)),
    memoryBytes: sound('memory', bytesIn(childOf(root, 'memory'))),
    vcpus: sound('number of virtual processors', vcpusOf(childOf(root, 'vcpu'))),
    devices: givenDevices(document, surroundings, report),
  };
}

function givenDevices(
  document: XmlDocument,
  { networks, host }: Surroundings,
  report: (message: string) => void,
): readonly GivenDevice[] {
  const found = takenDevices(document);
  for (const { device } of found) {
    if (device.kind === 'unread') report(`a device that is assigned to it ${device.problem}`);
  }
  return withFunctions(found, networks, host);
}

/** A memory size with its unit, such as `<memory unit='KiB'>131072</memory>`; `null` if there is no such element. */
export function bytesIn(element: XmlElement | undefined): Known<number> {
  if (element === undefined) return null;
  const unit = UNITS.get(element.attributes.get('unit') ?? 'KiB');
  const amount = wholeNumber(element.text);
  const bytes = unit === undefined || amount === undefined ? Number.NaN : amount * unit;
  return Number.isSafeInteger(bytes) ? bytes : BROKEN;
}

function vcpusOf(element: XmlElement | undefined): Known<number> {
  if (element === undefined) return null;
  return wholeNumber(element.attributes.get('current') ?? element.text) ?? BROKEN;
}

function wholeNumber(text: string): number | undefined {
  return /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : undefined;
}
