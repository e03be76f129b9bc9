import { createHmac } from 'node:crypto';
import { knownValue } from '../../base/known.ts';
import type { Snapshot, SnapshotEntry } from '../../host/snapshot/snapshot.ts';
import { type FolderEntries, inFolder, SnapshotEntries } from '../../host/snapshot/snapshot-entries.ts';
import { EXTENDED_CAPABILITY } from '../../pci/config/capability-names.ts';
import { parseConfigSpace } from '../../pci/config/config-space.ts';
import { parseVpd } from '../../pci/config/vpd.ts';
import { lastName, MACHINE_ID_PATH, PROC_PATHS } from '../paths.ts';
import { redactUnit, unitNameOf } from './unit-names.ts';
import { UseRedaction } from './use-redaction.ts';

const MAC = /\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/gi;
// As boot loaders write it, after the type of the hardware: BOOTIF=01-52-54-00-12-34-56.
const DASHED_MAC = /\b(01-)?((?:[0-9a-f]{2}-){5}[0-9a-f]{2})\b/gi;
// Port names of Fibre Channel and InfiniBand: 0x21000024ff314c48, 21:00:00:24:ff:31:4c:48, and after a common prefix.
// No memory address begins with such a digit.
const PORT_NAME = /\b0x([1256][0-9a-f]{15})\b/gi;
const PREFIXED_PORT_NAME = /\b0x(fe80000000000000)([0-9a-f]{16})\b/gi;
// Also MACs: six pairs, and twenty for InfiniBand.
const PAIRS = /\b(?:[0-9a-f]{2}:){5,}[0-9a-f]{2}\b/gi;
const COLON_PORT_NAME = /^[1256][0-9a-f](?::[0-9a-f]{2}){7}$/i;
const PORT_NAME_DIGITS = 16;
// Interfaces that are named by their MAC: enx525400123456.
const MAC_NAME = /\b(enx|wlx)([0-9a-f]{12})\b/g;
const UUID = /\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi;
// For variables of UEFI, and of boot loaders.
const NOBODYS_UUIDS = new Set([
  '8be4df61-93ca-11d2-aa0d-00e098032b8c',
  '4a67b082-0a4c-41cf-b6c7-442b29bb8c4f',
]);
const NOBODYS_MACS = new Set(['00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff']);
const SERIAL_BYTES = 8;
const SERIAL_OFFSET = 4;
// Shorter ones would match parts of unrelated words.
const MIN_SERIAL_LENGTH = 6;

/**
 * A snapshot with stand-ins for unique identifiers: serial numbers, MACs, the host name, UUIDs, IP addresses, mount
 * names. The same value always becomes the same stand-in, also in another snapshot of the same installation, so that
 * devices can still be matched. The key is the machine-id, which is not in the snapshot; without it, anyone who
 * guesses a value can verify the guess.
 */
export function replaceIdentifiers(snapshot: Snapshot): Snapshot {
  if (snapshot.identifiers === 'replaced') return snapshot;
  const replacer = new Replacer(snapshot);
  const entries = new SnapshotEntries();
  for (const [directory, folder] of SnapshotEntries.byFolder(snapshot.entries).folders()) {
    const replaced = replacer.folder(directory, folder);
    if (replaced === null) entries.setFolder(directory, folder);
    else for (const [path, entry] of replaced) entries.set(path, entry);
  }
  return { label: replacer.label(snapshot.label), identifiers: 'replaced', entries };
}

/** Whether this snapshot contains a key for stand-ins. */
export function hasMachineId(snapshot: Snapshot): boolean {
  return textAt(snapshot, MACHINE_ID_PATH) !== undefined;
}

class Replacer {
  readonly #key: string;
  // Serial numbers, which may also occur in other files, with their stand-ins; longest first.
  readonly #serials: readonly (readonly [serial: string, standIn: string])[];
  readonly #hostName: string | undefined;
  readonly #use: UseRedaction;

  constructor(snapshot: Snapshot) {
    this.#key = textAt(snapshot, MACHINE_ID_PATH) ?? '';
    this.#hostName = textAt(snapshot, PROC_PATHS.hostName);
    const serials = new Set<string>();
    const names = new Set<string>();
    for (const [path, entry] of snapshot.entries) {
      for (const serial of serialsOf(path, entry)) serials.add(serial);
      const name = unitNameOf(path, entry);
      if (name !== null) names.add(name);
    }
    this.#serials = [
      ...[...serials].map((serial) => [serial, this.#serial(serial)] as const),
      ...[...names].map((name) => [name, this.#unitName(name)] as const),
    ]
      .filter(([serial]) => serial.length >= MIN_SERIAL_LENGTH)
      .sort(([a], [b]) => b.length - a.length);
    this.#use = new UseRedaction({
      digest: (value, length) => this.#digest(value, length),
      text: (text) => this.text(text),
    });
  }

  /** The host name may be any word, so it is replaced only in the fields that contain the host name. */
  label(label: string): string {
    return label === this.#hostName ? this.#host(label) : this.text(label);
  }

  text(text: string): string {
    let replaced = text
      .replace(PORT_NAME, (_, digits: string) => `0x${this.#portName(digits)}`)
      .replace(PREFIXED_PORT_NAME, (_, prefix: string, digits: string) => {
        return `0x${prefix}${this.#portName(digits)}`;
      })
      .replace(PAIRS, (pairs) => this.#pairs(pairs))
      .replace(DASHED_MAC, (_, type: string | undefined, mac: string) => {
        const colons = mac.toLowerCase().replaceAll('-', ':');
        return (type ?? '') + this.#mac(colons).replaceAll(':', '-');
      })
      .replace(MAC_NAME, (_, prefix: string, digits: string) => {
        const mac = (digits.match(/../g) ?? []).join(':');
        return prefix + this.#mac(mac).replaceAll(':', '');
      })
      .replace(UUID, (uuid) => this.#uuid(uuid.toLowerCase()));
    for (const [serial, standIn] of this.#serials) replaced = replaced.replaceAll(serial, standIn);
    return replaced;
  }

  /** The entries of a folder, by path; `null` if nothing changes, as in nearly all folders of a large host. */
  folder(directory: string, folder: FolderEntries): (readonly [string, SnapshotEntry])[] | null {
    const replaced: (readonly [string, SnapshotEntry])[] = [];
    let isChanged = false;
    for (const [path, entry] of inFolder(directory, folder)) {
      const after = path === MACHINE_ID_PATH ? null : ([this.text(path), this.entry(path, entry)] as const);
      if (after !== null) replaced.push(after);
      isChanged ||= after === null || after[0] !== path || after[1] !== entry;
    }
    return isChanged ? replaced : null;
  }

  entry(path: string, entry: SnapshotEntry): SnapshotEntry {
    const ofUse = this.#use.entry(path, entry);
    if (ofUse !== undefined) return ofUse;
    switch (entry.kind) {
      case 'text': {
        const text = this.#file(path, entry.text);
        return text === entry.text ? entry : { kind: 'text', text };
      }
      case 'lines':
        return entry;
      case 'link': {
        const target = this.text(entry.target);
        return target === entry.target ? entry : { kind: 'link', target };
      }
      case 'directory':
        return this.#directory(entry);
      case 'bytes': {
        const bytes = this.#bytes(path, entry.bytes);
        return bytes === entry.bytes ? entry : { kind: 'bytes', bytes };
      }
      default:
        return entry;
    }
  }

  #directory(entry: SnapshotEntry & { readonly kind: 'directory' }): SnapshotEntry {
    const names = entry.names.map((name) => this.text(name));
    // What stays the same is held once, which is nearly all of a large host.
    if (names.every((name, index) => name === entry.names[index])) return entry;
    return { kind: 'directory', names: names.sort() };
  }

  #file(path: string, text: string): string {
    const plain = text.trim();
    if (path === PROC_PATHS.hostName) return text.replace(plain, this.#host(plain));
    const name = unitNameOf(path, { kind: 'text', text });
    if (name !== null) return text.replace(name, this.#unitName(name));
    return lastName(path) === 'serial' && plain !== ''
      ? text.replace(plain, this.#serial(plain))
      : this.text(text);
  }

  #bytes(path: string, bytes: Uint8Array): Uint8Array {
    if (lastName(path) === 'config') return this.#config(bytes);
    return lastName(path) === 'vpd' ? this.#vpd(bytes) : bytes;
  }

  /** Configuration space with the device serial number replaced. */
  #config(bytes: Uint8Array): Uint8Array {
    const listed = knownValue(parseConfigSpace(bytes).extendedCapabilities) ?? [];
    const at = listed.find(({ id }) => id === EXTENDED_CAPABILITY.deviceSerialNumber)?.offset;
    if (at === undefined) return bytes;
    const offset = at + SERIAL_OFFSET;
    const replaced = Uint8Array.from(bytes);
    const serial = Buffer.from(bytes.subarray(offset, offset + SERIAL_BYTES)).toString('hex');
    // An empty number stays empty: it is not a serial number.
    if (!/^(0+|f+)$/.test(serial))
      replaced.set(Buffer.from(this.#digest(serial, 2 * SERIAL_BYTES), 'hex'), offset);
    return replaced;
  }

  /** Product data with the values of its fields replaced in place, except part number and revision. */
  #vpd(bytes: Uint8Array): Uint8Array {
    const replaced = Buffer.from(bytes);
    for (const name of vpdSerials(bytes)) {
      const value = Buffer.from(name, 'latin1');
      for (let at = replaced.indexOf(value); at >= 0; at = replaced.indexOf(value, at + value.length)) {
        replaced.write(this.#serial(name), at, 'latin1');
      }
    }
    return new Uint8Array(balanceVpd(bytes, replaced));
  }

  #host(name: string): string {
    return `host-${this.#digest(name, 6)}`;
  }

  /** As long as the original, because product data contains lengths. */
  #serial(serial: string): string {
    return this.#digest(serial, serial.length).toUpperCase();
  }

  #unitName(name: string): string {
    return redactUnit(name, {
      uuid: (uuid) => this.#uuid(uuid),
      hex: (digits) =>
        digits.length === PORT_NAME_DIGITS
          ? this.#portName(digits)
          : this.#digest(digits.toLowerCase(), digits.length),
      text: (text) => this.#serial(text),
    });
  }

  #pairs(pairs: string): string {
    if (!COLON_PORT_NAME.test(pairs)) return pairs.replace(MAC, (mac) => this.#mac(mac.toLowerCase()));
    return (this.#portName(pairs.replaceAll(':', '')).match(/../g) ?? []).join(':');
  }

  #mac(mac: string): string {
    if (NOBODYS_MACS.has(mac)) return mac;
    return `02:${(this.#digest(mac, 10).match(/../g) ?? []).join(':')}`;
  }

  /** The first digit is the kind of the name. */
  #portName(digits: string): string {
    const plain = digits.toLowerCase();
    return plain.slice(0, 1) + this.#digest(`port ${plain}`, plain.length - 1);
  }

  #uuid(uuid: string): string {
    if (NOBODYS_UUIDS.has(uuid)) return uuid;
    const digits = this.#digest(uuid, 32);
    return [
      digits.slice(0, 8),
      digits.slice(8, 12),
      digits.slice(12, 16),
      digits.slice(16, 20),
      digits.slice(20),
    ].join('-');
  }

  #digest(value: string, length: number): string {
    let digits = '';
    for (let round = 0; digits.length < length; round += 1) {
      digits += createHmac('sha256', this.#key).update(`${round} ${value}`).digest('hex');
    }
    return digits.slice(0, length);
  }
}

function textAt(snapshot: Snapshot, path: string): string | undefined {
  const entry = snapshot.entries.get(path);
  const text = entry?.kind === 'text' ? entry.text.trim() : '';
  return text === '' ? undefined : text;
}

function serialsOf(path: string, entry: SnapshotEntry): readonly string[] {
  if (entry.kind === 'text' && lastName(path) === 'serial') return [entry.text.trim()];
  return entry.kind === 'bytes' && lastName(path) === 'vpd' ? vpdSerials(entry.bytes) : [];
}

/** The fields of product data that can identify a unit. */
function vpdSerials(bytes: Uint8Array): readonly string[] {
  const vpd = parseVpd(bytes);
  const unit = [...Object.entries(vpd.fields), ...Object.entries(vpd.writableFields)]
    .filter(([keyword]) => !['PN', 'EC', 'MN', 'RV', 'RW'].includes(keyword))
    .map(([, value]) => value.trim())
    .filter((value) => value !== '');
  const serial = knownValue(vpd.serial);
  return [...new Set(serial === undefined ? unit : [serial, ...unit])];
}

/** Keeps the checksum of product data valid: the sum of all bytes up to it does not change. */
function balanceVpd(before: Uint8Array, after: Buffer): Buffer {
  const at = after.indexOf('RV', 0, 'latin1') + 3;
  if (at < 3 || at >= after.length) return after;
  let shift = 0;
  for (let index = 0; index < at; index += 1) shift += (before[index] ?? 0) - (after[index] ?? 0);
  after[at] = ((after[at] ?? 0) + shift) & 0xff;
  return after;
}
