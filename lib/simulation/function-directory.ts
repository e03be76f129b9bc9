import { resolveLink } from '../host/file/resolve-link.ts';
import { isFailure } from '../host/host-reader.ts';
import { splitPath } from '../host/snapshot/snapshot.ts';
import type { PciAddress } from '../pci/address.ts';
import { isMadeByDriver } from '../sysfs/device/attachments.ts';
import { parseUevent, type UeventIds } from '../sysfs/device/uevent.ts';
import { busEntryPath, driverPath, lastName, SYS_PATHS } from '../sysfs/paths.ts';
import { gap } from './gap.ts';
import type { OverlayHost } from './overlay-host.ts';

/** The directory of one function in sysfs, as the kernel updates it with its drivers. */
export class FunctionDirectory {
  readonly address: PciAddress;
  readonly path: string;
  readonly #host: OverlayHost;

  constructor(host: OverlayHost, address: PciAddress, path: string) {
    this.#host = host;
    this.address = address;
    this.path = path;
  }

  at(name: string): string {
    return `${this.path}/${name}`;
  }

  /** An attribute without surrounding whitespace; `null` if it is absent or could not be read. */
  text(name: string): string | null {
    const reading = this.#host.readText(this.at(name));
    return typeof reading === 'string' ? reading.trim() : null;
  }

  /** An attribute that is required for an answer. */
  needed(name: string): string {
    const text = this.text(name);
    if (text === null) throw gap(this.address, `its ${name} is not in the snapshot`);
    return text;
  }

  /** Whether the directory has it: `false` also if that is unknown. */
  has(name: string): boolean {
    return this.#host.exists(this.at(name));
  }

  put(name: string, value: string): void {
    this.#host.putText(this.at(name), `${value}\n`);
  }

  /** `null` if none is set. */
  get override(): string | null {
    const text = this.#host.readText(this.at('driver_override'));
    const value = typeof text === 'string' ? text.replace(/\n$/, '') : '(null)';
    return value === '(null)' ? null : value;
  }

  set override(value: string | null) {
    this.put('driver_override', value ?? '(null)');
  }

  /** The driver in the kernel. During a release its links are already removed, but it is still this driver. */
  get driver(): string | null {
    const uevent = this.#host.readText(this.at('uevent'));
    return typeof uevent === 'string' ? parseUevent(uevent, new Map()).driver : null;
  }

  /** Its ids: from `uevent`, which a capture always contains if it could be read. */
  get ids(): UeventIds {
    return parseUevent(this.needed('uevent'), new Map()).ids;
  }

  /** Writes the kernel's data about the driver of a function: a line of `uevent`, and if requested the links. */
  setDriver(driver: string | null, links: boolean): void {
    const uevent = this.#host.readText(this.at('uevent'));
    const kept = typeof uevent === 'string' ? uevent.replace(/^DRIVER=.*\n/m, '') : '';
    this.#host.putText(this.at('uevent'), driver === null ? kept : `DRIVER=${driver}\n${kept}`);
    if (driver !== null && links) {
      this.#host.putLink(this.at('driver'), driverPath(driver));
      this.#host.putLink(`${driverPath(driver)}/${this.address}`, this.path);
    }
  }

  /** Removes the links between the function and its driver, which the kernel does first. */
  hideDriverLinks(): void {
    const { driver } = this;
    this.#host.hide(this.at('driver'));
    if (driver !== null) this.#host.hide(`${driverPath(driver)}/${this.address}`);
  }

  /** Removes the objects of its driver below it, and their entries in the class directories. */
  hideMade(): void {
    for (const entry of this.#classEntries()) this.#host.hide(entry);
    for (const name of this.#made()) this.#host.hide(this.at(name));
  }

  /** Restores the objects of the captured driver, as they were captured. */
  revealMade(captured: CapturedMade): void {
    for (const name of captured.names) this.#host.reveal(this.at(name));
    for (const entry of captured.classEntries) this.#host.reveal(entry);
  }

  /** The objects of its driver below it, to restore them later. */
  made(): CapturedMade {
    return { names: this.#made(), classEntries: this.#classEntries() };
  }

  /** Adds a network interface, as a driver creates one, with the first free name. */
  putInterface(): void {
    let index = 0;
    while (this.#host.readLink(`${SYS_PATHS.netClass}/eth${index}`) !== null) index += 1;
    const path = this.at(`net/eth${index}`);
    this.#host.put(`${path}/address`, { kind: 'unread' });
    this.#host.putText(`${path}/operstate`, 'down\n');
    this.#host.putLink(`${SYS_PATHS.netClass}/eth${index}`, path);
  }

  putOnBus(): void {
    this.#host.putLink(busEntryPath(this.address), this.path);
  }

  hideFromBus(): void {
    this.#host.hide(busEntryPath(this.address));
    this.#host.hide(this.path);
  }

  #made(): readonly string[] {
    const names = this.#host.list(this.path);
    return names === null || isFailure(names) ? [] : names.filter(isMadeByDriver);
  }

  #classEntries(): readonly string[] {
    return [SYS_PATHS.netClass, SYS_PATHS.block].flatMap((directory) => {
      const names = this.#host.list(directory);
      if (names === null || isFailure(names)) return [];
      return names.map((name) => `${directory}/${name}`).filter((entry) => this.#isOwn(entry));
    });
  }

  /** Whether a class entry leads below this function, and not below another behind it. */
  #isOwn(entry: string): boolean {
    const target = this.#host.readLink(entry);
    const to = typeof target === 'string' ? resolveLink(entry, target) : null;
    if (to === null || !to.startsWith(`${this.path}/`)) return false;
    return isMadeByDriver(to.slice(this.path.length + 1).split('/')[0] ?? '');
  }
}

/** The objects of a driver below a function when the host was captured. */
export interface CapturedMade {
  readonly names: readonly string[];
  readonly classEntries: readonly string[];
}

/** The parent directory of a function: that of its bridge, or of the root. */
export function directoryAbove(path: string): string {
  return splitPath(path).directory;
}

/** The path of the bridge above a function, `null` for one on a root bus. */
export function bridgeAbove(path: string): string | null {
  const above = directoryAbove(path);
  return /^pci/.test(lastName(above)) ? null : above;
}
