import { isUnknown, type Known, knownValue, type Unknown } from '../../base/known.ts';
import { isFailure } from '../../host/host-reader.ts';
import { isPciAddress } from '../../pci/address.ts';
import { ATTACHMENT_KINDS, type Attachment, type AttachmentKind } from '../../pci/attachment.ts';
import { readWorldWideName } from '../redaction/world-wide-names.ts';
import type { AttachmentPlace } from './attachment-place.ts';
import { parseCount } from './attribute-parsers.ts';
import type { DeviceSource } from './device-source.ts';

// The directories that the kernel puts between a PCI function and its attachments: SCSI hosts, targets and units,
// SAS, virtio, USB devices and interfaces, MMC, controllers that are class devices themselves, serial ports
// (`0000:00:16.3:0`, `0000:00:16.3:0.0`), and the parts of a function with several drivers (`dw-apb-uart.8`).
const BETWEEN =
  /^(ata\d+|host\d+|target\d+:.*|\d+:\d+:\d+:\d+|port-\d+.*|expander-.*|end_device-.*|rport-.*|vport-.*|session\d+|virtio\d+|usb\d+|\d+-\d[\d.]*(:\d+\.\d+)?|mmc_host|mmc\d+(:.*)?|[\d:A-F]+\.\d+|nvme\d+|[\da-f]{4,8}:[\da-f]{2}:[\da-f]{2}\.[0-7]:\d+(\.\d+)?|[A-Za-z][\w-]*\.\d+(\.auto)?(:\d+(\.\d+)?)?)$/;
const NVME_NAMESPACE = /^nvme\d+n\d+$/;
const NVME_PATH = /^nvme(\d+)c\d+n(\d+)$/;
/** For a Thunderbolt or USB4 host interface: the devices that are reached through its tunnels. */
const TUNNELS = /^domain\d+$/;
/** A disk that is the function itself, and not one of many disks on it. */
const VIRTIO_DISK = /^virtio\d+\/block\//;

const MAX_DEPTH = 24;
const MAX_DIRECTORIES = 4096;
const MAX_FOUND = 4096;
const SECTOR_BYTES = 512;

/**
 * Walks the directories below a function for network interfaces, drives, displays and similar attachments. Other PCI
 * functions below it are not entered. Bounded in depth and number.
 */
export function findAttachments(source: DeviceSource): Known<readonly AttachmentPlace[]> {
  const top = source.names();
  if (top === null || isUnknown(top)) return top;
  return new Walk(source).from(top);
}

class Walk {
  readonly #source: DeviceSource;
  readonly #found: AttachmentPlace[] = [];
  #directories = 0;
  #truncated = false;

  constructor(source: DeviceSource) {
    this.#source = source;
  }

  from(top: readonly string[]): readonly AttachmentPlace[] {
    this.#enter('', top, 0);
    if (this.#truncated) {
      const limits = `${MAX_FOUND} things, ${MAX_DIRECTORIES} directories or ${MAX_DEPTH} levels`;
      this.#source.report('WALK_TRUNCATED', `has more than ${limits} below it; pci does not read the rest`);
    }
    return this.#found.sort((a, b) =>
      a.kind === b.kind ? compareNames(a.name, b.name) : a.kind < b.kind ? -1 : 1,
    );
  }

  #enter(path: string, names: readonly string[], depth: number): void {
    for (const name of names) {
      if (this.#isFull(depth)) return;
      const below = path === '' ? name : `${path}/${name}`;
      if (isKind(name)) this.#enterClass(name, below, depth, names);
      else if (NVME_NAMESPACE.test(name)) this.#add('block', name, below);
      else if (NVME_PATH.test(name)) this.#add('block', diskOfPath(name), below);
      else if (TUNNELS.test(name)) this.#add('thunderbolt', name, below);
      else if (BETWEEN.test(name) && !isPciAddress(name)) {
        if (/^usb\d/.test(name)) this.#add('usb', name, below);
        this.#enter(below, this.#list(below), depth + 1);
      }
    }
  }

  #enterClass(kind: AttachmentKind, path: string, depth: number, beside: readonly string[]): void {
    for (const name of this.#list(path)) {
      if (this.#isFull(depth)) return;
      // DRM lists the connectors of cards (card0-HDMI-A-1) with the cards.
      if (kind === 'drm' && name.includes('-')) continue;
      const below = `${path}/${name}`;
      this.#add(kind, name, below, kind === 'scsi_host' ? beside : undefined);
      if (kind === 'nvme' || kind === 'sound' || kind === 'scsi_host')
        this.#enter(below, this.#list(below), depth + 1);
    }
  }

  #isFull(depth: number): boolean {
    const full = depth > MAX_DEPTH || this.#directories > MAX_DIRECTORIES || this.#found.length >= MAX_FOUND;
    this.#truncated ||= full;
    return full;
  }

  #add(kind: AttachmentKind, name: string, path: string, beside?: readonly string[]): void {
    this.#found.push({ kind, name, path, ...(beside === undefined ? {} : { beside }) });
  }

  #list(path: string): readonly string[] {
    this.#directories += 1;
    const names = this.#source.host.list(`${this.#source.directory}/${path}`);
    return names === null || isFailure(names) ? [] : names;
  }
}

/**
 * Whether a name in the directory of a function belongs to an object that its driver creates and removes: a directory
 * of a class, or one on the path to it.
 */
export function isMadeByDriver(name: string): boolean {
  const isOfDriver = isKind(name) || MADE_BESIDE.has(name) || TUNNELS.test(name);
  return isOfDriver || (BETWEEN.test(name) && !isPciAddress(name));
}

// In addition to the attachments.
const MADE_BESIDE: ReadonlySet<string> = new Set(['hwmon', 'mdev_supported_types', 'msi_irqs']);

/** Reads the details of each attachment: MAC and state, serial, size. */
export function readAttachments(source: DeviceSource): Known<readonly Attachment[]> {
  const places = findAttachments(source);
  if (places === null || isUnknown(places)) return places;
  return places.map((place) => ({
    kind: place.kind,
    name: place.name,
    mac: place.kind === 'net' ? source.text(`${place.path}/address`) : null,
    state: place.kind === 'net' ? source.text(`${place.path}/operstate`) : null,
    serial: isDrive(place) ? source.text(`${place.path}/serial`) : null,
    sizeBytes: place.kind === 'block' ? readSize(source, place.path) : null,
    ...ifThere('model', place.kind === 'nvme' ? source.text(`${place.path}/model`) : null),
    ...ifThere('worldWideName', readWorldWideName(source, place)),
  }));
}

/** Facts of only a few kinds are omitted if they are absent. */
function ifThere<K extends string>(key: K, fact: Known<string>): { readonly [key in K]?: string | Unknown } {
  return fact === null || fact === '' ? {} : ({ [key]: fact } as { readonly [key in K]: string | Unknown });
}

function isDrive({ kind, path }: AttachmentPlace): boolean {
  return kind === 'nvme' || (kind === 'block' && VIRTIO_DISK.test(path));
}

function readSize(source: DeviceSource, path: string): Known<number> {
  const sectors = source.parsed(`${path}/size`, parseCount);
  return typeof sectors === 'number' ? sectors * SECTOR_BYTES : sectors;
}

/**
 * The disk of a block device: itself, except for the hidden path of an NVMe namespace. With multipath, which is the
 * default of the kernel, the disk of a shareable namespace is a virtual device named after the subsystem (`nvme0n1`).
 * Below the controller is its path, named after both (`nvme0c1n1`).
 */
export function diskOfPath(name: string): string {
  return name.replace(NVME_PATH, 'nvme$1n$2');
}

/** The names of one kind among the attachments. */
export function namesOfKind(
  places: Known<readonly AttachmentPlace[]>,
  kind: AttachmentKind,
): Known<readonly string[]> {
  const known = knownValue(places);
  if (known === undefined) return places as Known<never>;
  return [...new Set(known.filter((place) => place.kind === kind).map((place) => place.name))].sort(
    compareNames,
  );
}

/** Orders names with numbers by their value: eth2 before eth10. */
export function compareNames(a: string, b: string): number {
  const [, stemA = a, numberA = ''] = /^(.*?)(\d*)$/s.exec(a) ?? [];
  const [, stemB = b, numberB = ''] = /^(.*?)(\d*)$/s.exec(b) ?? [];
  if (stemA !== stemB) return stemA < stemB ? -1 : 1;
  return Number(numberA) - Number(numberB);
}

function isKind(name: string): name is AttachmentKind {
  return (ATTACHMENT_KINDS as readonly string[]).includes(name);
}
