import { isFailure } from '../host/host-reader.ts';
import type { PciAddress } from '../pci/address.ts';
import { groupPath, lastName, SYS_PATHS } from '../sysfs/paths.ts';
import { bridgeAbove, type FunctionDirectory } from './function-directory.ts';
import { gap } from './gap.ts';
import type { OverlayHost } from './overlay-host.ts';

/**
 * The IOMMU groups. A function that returns joins its earlier members. A VF has its own group, unless the bridge
 * above its PF, which does not isolate its functions, is in the group of the PF (`pci_device_group`). Free numbers
 * are used again, the lowest first.
 */
export class GroupTable {
  readonly #host: OverlayHost;
  readonly #numbers = new Map<PciAddress, number>();
  /** The functions of one group: by the captured number, or by the address for a group of one. */
  readonly #bonds = new Map<PciAddress, string>();
  /** With virtio-iommu a function gets its group when it is first offered to a driver. */
  readonly #isLate: boolean;

  constructor(host: OverlayHost, functions: readonly FunctionDirectory[]) {
    this.#host = host;
    for (const each of functions) {
      const number = this.#linked(each);
      if (number === null) continue;
      this.#numbers.set(each.address, number);
      this.#bonds.set(each.address, `group ${number}`);
    }
    const units = host.list(SYS_PATHS.iommuClass);
    const isOther =
      units === null || isFailure(units) || units.some((name) => /^(dmar|ivhd|smmu)/.test(name));
    this.#isLate = this.#numbers.size > 0 && !isOther;
  }

  numberOf(address: PciAddress): number | null {
    return this.#numbers.get(address) ?? null;
  }

  members(number: number): readonly PciAddress[] {
    return [...this.#numbers].filter(([, each]) => each === number).map(([address]) => address);
  }

  /** Adds a new function on the bus to its group, if the IOMMU does so at that time. */
  enumerate(each: FunctionDirectory, pf: FunctionDirectory | null): void {
    const like = pf === null ? null : this.numberOf(pf.address);
    if (pf !== null && like !== null && !this.#bonds.has(each.address))
      this.#bonds.set(each.address, this.#bondOfVf(each, pf, like));
    if (!this.#isLate) this.#join(each, like);
  }

  /** Adds a function that is offered to a driver to its group, if the IOMMU does so only then. */
  probe(each: FunctionDirectory): void {
    if (!this.#isLate || this.#numbers.has(each.address)) return;
    if (!this.#bonds.has(each.address)) this.#bonds.set(each.address, this.#lateBond(each));
    this.#join(each, null);
  }

  leave(each: FunctionDirectory): void {
    const number = this.#numbers.get(each.address);
    if (number === undefined) return;
    this.#numbers.delete(each.address);
    this.#host.hide(`${groupPath(number)}/devices/${each.address}`);
    this.#host.hide(each.at('iommu_group'));
    if (this.members(number).length === 0) this.#host.hide(groupPath(number));
  }

  /** `like` is a group with the attributes for a new one. */
  #join(each: FunctionDirectory, like: number | null): void {
    const bond = this.#bonds.get(each.address);
    if (bond === undefined) return;
    const mate = [...this.#numbers].find(([address]) => this.#bonds.get(address) === bond);
    const number = mate?.[1] ?? this.#newGroup(bond, like);
    this.#numbers.set(each.address, number);
    this.#host.putLink(each.at('iommu_group'), groupPath(number));
    this.#host.putLink(`${groupPath(number)}/devices/${each.address}`, each.path);
  }

  #newGroup(bond: string, like: number | null): number {
    const names = this.#host.list(SYS_PATHS.iommuGroups);
    const taken = new Set(names === null || isFailure(names) ? [] : names);
    for (const number of this.#numbers.values()) taken.add(String(number));
    let number = 0;
    while (taken.has(String(number))) number += 1;
    const path = groupPath(number);
    // With its earlier number, it is the captured group.
    if (bond === `group ${number}`) this.#host.reveal(path);
    else this.#putAttributes(path, like);
    return number;
  }

  /** Nearly all groups have the type of the host; of the regions, only `direct` ones belong to a single device. */
  #putAttributes(path: string, like: number | null): void {
    for (const name of ['type', 'reserved_regions']) {
      const text = like === null ? null : this.#host.readText(`${groupPath(like)}/${name}`);
      if (typeof text !== 'string') this.#host.put(`${path}/${name}`, { kind: 'unread' });
      else this.#host.putText(`${path}/${name}`, text.replace(/^.* direct\S*\n/gm, ''));
    }
  }

  #bondOfVf(vf: FunctionDirectory, pf: FunctionDirectory, number: number): string {
    const bond = this.#bonds.get(pf.address);
    const bridge = bridgeAbove(pf.path);
    const isShared = bridge !== null && this.members(number).includes(lastName(bridge) as PciAddress);
    return isShared && bond !== undefined ? bond : `single ${vf.address}`;
  }

  /** The group of a function that was never offered to a driver was not captured. */
  #lateBond(each: FunctionDirectory): string {
    if (bridgeAbove(each.path) !== null || !each.address.endsWith('.0')) {
      throw gap(each.address, 'the snapshot does not show the IOMMU group that it would get from a driver');
    }
    return `single ${each.address}`;
  }

  #linked(each: FunctionDirectory): number | null {
    const target = this.#host.readLink(each.at('iommu_group'));
    const name = typeof target === 'string' ? lastName(target) : '';
    return /^\d+$/.test(name) ? Number(name) : null;
  }
}
