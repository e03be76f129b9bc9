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
  /** As people call it: text of any kind, which may begin with a dash or have blanks. */
  readonly name: string;
  readonly uuid: string;
  /** By what it runs: `kvm`, `qemu`. */
  readonly type: string;
  readonly title: string | null;
  readonly description: string | null;
  /** Broken where its metadata says what can be no category. */
  readonly category: Known<string>;
  readonly memoryBytes: Known<number>;
  /** How many virtual processors it starts with. */
  readonly vcpus: Known<number>;
  /** The devices of the host that it is given, in every way that there is; of a network only if that is a pool of VFs. */
  readonly devices: readonly GivenDevice[];
}

/** What documents name and do not hold. */
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
 * @param report is told, a sentence each, what in it makes no sense; the rest is read
 * @param surroundings what the document names and does not hold: networks, and things of the host
 * @throws PortalGunError BAD_XML where it is no document of a machine that has a name and a UUID
 */
export function parseMachine(
  document: XmlDocument,
  report: (message: string) => void,
  surroundings: Surroundings = ALONE,
): Machine {
  const { root } = document;
  if (root.name !== 'domain') failInXml(document, root.start, `is no machine: its element is ${root.name}`);
  const demand = (name: string): string =>
    childText(root, name) || failInXml(document, root.start, `has no ${name}`);
  const sound = <T>(what: string, fact: Known<T>): Known<T> => {
    if (isUnknown(fact)) report(`its ${what} makes no sense`);
    return fact;
  };
  return {
    // White space in a name counts.
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
    if (device.kind === 'unread') report(`a device that it is given ${device.problem}`);
  }
  return withFunctions(found, networks, host);
}

/** An amount of memory with its unit, as `<memory unit='KiB'>131072</memory>`; `null` where there is no such element. */
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
