import type { Diagnostic, DiagnosticCode } from '../../base/diagnostic.ts';
import { BROKEN, DENIED, isUnknown, type Known, UNREAD } from '../../base/known.ts';
import { escapeControls } from '../../base/text.ts';
import { type HostReader, isFailure, type Reading } from '../../host/host-reader.ts';
import type { PciAddress } from '../../pci/address.ts';
import { lastName } from '../paths.ts';
import { parseUevent, slotNameIn, type Uevent } from './uevent.ts';

/** Receives diagnostics. */
export type Report = (diagnostic: Diagnostic) => void;

/**
 * The directory of one function in sysfs: reads its attributes, distinguishes absent, denied and broken, and reports
 * broken ones.
 */
export class DeviceSource {
  readonly host: HostReader;
  readonly address: PciAddress;
  /** The directory itself, not the link to it on the bus. */
  readonly directory: string;
  readonly #report: Report;
  readonly #knownUevents: Map<string, Uevent>;
  #uevent: Uevent | null | undefined;
  #once: Record<string, Known<unknown>> | undefined;
  #names: Known<readonly string[]> | undefined;

  /** `knownUevents` is shared by the sources of one host. */
  constructor(
    host: HostReader,
    address: PciAddress,
    directory: string,
    report: Report,
    knownUevents: Map<string, Uevent> = new Map(),
  ) {
    this.host = host;
    this.address = address;
    this.directory = directory;
    this.#report = report;
    this.#knownUevents = knownUevents;
  }

  report(code: DiagnosticCode, message: string): void {
    this.#report({ subject: this.address, code, message });
  }

  /** The text of an attribute without surrounding whitespace. */
  text(name: string): Known<string> {
    const reading = this.host.readText(`${this.directory}/${name}`);
    return typeof reading === 'string' ? reading.trim() : this.#settle(name, reading);
  }

  bytes(name: string): Known<Uint8Array> {
    return this.#settle(name, this.host.readBytes(`${this.directory}/${name}`));
  }

  /**
   * The last name of a link target: a driver, a group, another device. UNREAD if a copy that followed links has a
   * folder instead, because the name is lost.
   */
  linkName(name: string): Known<string> {
    const target = this.host.readLink(`${this.directory}/${name}`);
    if (typeof target === 'string') return lastName(target);
    return target === null && this.has(name) ? UNREAD : this.#settle(name, target);
  }

  has(name: string): boolean {
    return this.host.exists(`${this.directory}/${name}`);
  }

  list(name: string): Known<readonly string[]> {
    return this.#settle(name, this.host.list(`${this.directory}/${name}`));
  }

  /** The names in the directory of the device. */
  names(): Known<readonly string[]> {
    this.#names ??= this.#settle('.', this.host.list(this.directory));
    return this.#names;
  }

  /** A parsed attribute. If the parser returns `undefined`, it is broken, and reported. */
  parsed<T>(name: string, parse: (text: string) => T | null | undefined): Known<T> {
    const text = this.text(name);
    if (text === null || isUnknown(text)) return text;
    const value = parse(text);
    return value === undefined ? this.broken(name, text) : value;
  }

  /** The result of `read`, which runs once for each key: for an attribute with several facts. */
  once<T>(key: string, read: () => Known<T>): Known<T> {
    this.#once ??= {};
    if (this.#once[key] === undefined) this.#once[key] = read();
    return this.#once[key] as Known<T>;
  }

  /** Reports an attribute with an invalid text. */
  broken(name: string, rawText: string): Known<never> {
    const shown = escapeControls(rawText.length > 40 ? `${rawText.slice(0, 40)}…` : rawText);
    this.report('ATTRIBUTE_BROKEN', `${name} holds "${shown}"`);
    return BROKEN;
  }

  /**
   * `uevent`, the read with most facts. `null` if it is absent, unreadable, or about another device; then the single
   * attributes are read.
   */
  uevent(): Uevent | null {
    if (this.#uevent === undefined) this.#uevent = this.#readUevent();
    return this.#uevent;
  }

  #readUevent(): Uevent | null {
    const text = this.text('uevent');
    if (text === null || isUnknown(text)) return null;
    const slotName = slotNameIn(text);
    if (slotName === null || slotName === this.address) return parseUevent(text, this.#knownUevents);
    const spoken = escapeControls(slotName.slice(0, 20));
    this.report('ATTRIBUTES_DISAGREE', `uevent names ${spoken}; it is ignored`);
    return null;
  }

  #settle<T>(name: string, reading: Reading<T>): Known<T> {
    if (!isFailure(reading)) return reading;
    if (reading.unknown === 'denied') return DENIED;
    if (reading.unknown === 'unread') return UNREAD;
    this.report('ATTRIBUTE_BROKEN', `${name} cannot be read: ${reading.detail}`);
    return BROKEN;
  }
}
