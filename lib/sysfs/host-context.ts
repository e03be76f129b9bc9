import { type Known, mapKnown } from '../base/known.ts';
import { type HostReader, isFailure, knownOf, type Reading } from '../host/host-reader.ts';
import type { PciAddress } from '../pci/address.ts';
import type { DeviceClass, NamedId, SubsystemId } from '../pci/device.ts';
import type { PciNames } from '../pci/pci-ids.ts';
import { earlierEntries } from '../pci/persisted/last-seen.ts';
import { readBootId } from './boot-id.ts';
import { diskOfPath } from './device/attachments.ts';
import { parseCount } from './device/attribute-parsers.ts';
import { type ClassIndex, readClassIndex } from './device/class-index.ts';
import type { DeviceSource } from './device/device-source.ts';
import type { ModuleAlias } from './device/module-alias.ts';
import { readAliasesPath } from './kernel-release.ts';
import { EARLIER_DRIVERS_PATH, SYS_PATHS } from './paths.ts';
import { readGroupMembers } from './read-groups.ts';

/** The shared data of the device readers of one host; each part is read on first use. */
export class HostContext {
  readonly host: HostReader;
  readonly #names: PciNames;
  // A host has few different ids: each gets one object with its names, which all its devices share.
  readonly #vendors = new Map<string, NamedId>();
  readonly #devices = new Map<string | null, Map<string, NamedId>>();
  readonly #subsystems = new Map<string, SubsystemId>();
  readonly #classes = new Map<string, DeviceClass>();
  readonly #sources: ReadonlyMap<PciAddress, DeviceSource>;
  readonly #virtualFunctions = new Map<PciAddress, ReadonlyMap<PciAddress, number>>();
  #netIndex: ClassIndex | null | undefined;
  #blockIndex: ClassIndex | null | undefined;
  #slotNames: ReadonlyMap<string, string> | undefined;
  #groupsByMember: ReadonlyMap<string, number> | undefined;
  #aliasesPath: Reading<string> | undefined;
  #earlierEntries: Known<Readonly<Record<string, unknown>>> | undefined;
  #bootId: string | null | undefined;
  readonly #moduleAliases = new Map<string, Reading<readonly ModuleAlias[]>>();

  constructor(host: HostReader, names: PciNames, sources: ReadonlyMap<PciAddress, DeviceSource>) {
    this.host = host;
    this.#names = names;
    this.#sources = sources;
  }

  /**
   * The VFs of a PF with their indexes, in order, read once by `read` from the directory of the PF; empty if the PF
   * is not on the bus.
   */
  virtualFunctions(
    pf: PciAddress,
    read: (source: DeviceSource) => readonly PciAddress[],
  ): ReadonlyMap<PciAddress, number> {
    const known = this.#virtualFunctions.get(pf);
    if (known !== undefined) return known;
    const source = this.#sources.get(pf);
    const found = new Map<PciAddress, number>();
    const addresses = source === undefined ? [] : read(source);
    for (let index = 0; index < addresses.length; index += 1)
      found.set(addresses[index] as PciAddress, index);
    this.#virtualFunctions.set(pf, found);
    return found;
  }

  vendor(id: string): NamedId {
    return once(this.#vendors, id, () => ({ id, name: this.#names.vendor(id) }));
  }

  /** The device id of a vendor; without the vendor it has no name. */
  device(vendorId: string | null, id: string): NamedId {
    return once(once(this.#devices, vendorId, newMap), id, () => ({
      id,
      name: vendorId === null ? null : this.#names.device(vendorId, id),
    }));
  }

  subsystem(
    vendorId: string | null,
    deviceId: string | null,
    subVendor: string,
    subDevice: string,
  ): SubsystemId {
    return once(this.#subsystems, `${vendorId}:${deviceId}:${subVendor}:${subDevice}`, () => ({
      vendorId: subVendor,
      deviceId: subDevice,
      vendorName: this.#names.vendor(subVendor),
      name:
        vendorId === null || deviceId === null
          ? null
          : this.#names.subsystem(vendorId, deviceId, subVendor, subDevice),
    }));
  }

  deviceClass(code: string): DeviceClass {
    return once(this.#classes, code, () => ({ code, name: this.#names.deviceClass(code) }));
  }

  netIndex(): ClassIndex | null {
    if (this.#netIndex === undefined) this.#netIndex = readClassIndex(this.host, SYS_PATHS.netClass);
    return this.#netIndex;
  }

  blockIndex(): ClassIndex | null {
    if (this.#blockIndex === undefined)
      this.#blockIndex = readClassIndex(this.host, SYS_PATHS.block, diskOfPath);
    return this.#blockIndex;
  }

  /**
   * The names of hot-plug slots by the address of the slot (`0000:01:00`), from
   * `/sys/bus/pci/slots/NAME/address`.
   */
  slotNames(): ReadonlyMap<string, string> {
    if (this.#slotNames === undefined) {
      const names = this.host.list(SYS_PATHS.pciSlots);
      const found = new Map<string, string>();
      for (const name of names === null || isFailure(names) ? [] : names) {
        const address = this.host.readText(`${SYS_PATHS.pciSlots}/${name}/address`);
        if (typeof address === 'string') found.set(address.trim(), name);
      }
      this.#slotNames = found;
    }
    return this.#slotNames;
  }

  /** The number of the IOMMU group by its members, from `/sys/kernel/iommu_groups/N/devices`. */
  groupsByMember(): ReadonlyMap<string, number> {
    if (this.#groupsByMember === undefined) {
      const names = this.host.list(SYS_PATHS.iommuGroups);
      const numbers = (names === null || isFailure(names) ? [] : names).flatMap(
        (name) => parseCount(name) ?? [],
      );
      this.#groupsByMember = new Map(
        numbers.flatMap((group) =>
          readGroupMembers(this.host, group).map((address) => [address, group] as const),
        ),
      );
    }
    return this.#groupsByMember;
  }

  /** The recorded marks of functions that `pci` bound, by address; `null` if there are none. */
  earlierEntries(): Known<Readonly<Record<string, unknown>>> {
    this.#earlierEntries ??= mapKnown(knownOf(this.host.readText(EARLIER_DRIVERS_PATH)), earlierEntries);
    return this.#earlierEntries;
  }

  bootId(): string | null {
    if (this.#bootId === undefined) this.#bootId = readBootId(this.host);
    return this.#bootId;
  }

  /** The path of the running kernel's table of module aliases, `null` if its release is unknown. */
  aliasesPath(): Reading<string> {
    if (this.#aliasesPath === undefined) this.#aliasesPath = readAliasesPath(this.host);
    return this.#aliasesPath;
  }

  /** The module aliases for devices of these ids, `pci:v00008086d000010C9`; read once for each by `read`. */
  moduleAliases(ids: string, read: () => Reading<readonly ModuleAlias[]>): Reading<readonly ModuleAlias[]> {
    const known = this.#moduleAliases.get(ids);
    if (known !== undefined) return known;
    const aliases = read();
    this.#moduleAliases.set(ids, aliases);
    return aliases;
  }
}

/** The value of a key, made when it is first asked for. */
function once<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  let value = known.get(key);
  if (value === undefined) {
    value = make();
    known.set(key, value);
  }
  return value;
}

function newMap(): Map<string, NamedId> {
  return new Map();
}
