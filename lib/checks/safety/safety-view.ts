import { knownValue } from '../../base/known.ts';
import type { HostUse, LiveUse, OpenNode } from '../../facts/host-use.ts';
import type { PciAddress } from '../../pci/address.ts';
import { deviceAt } from '../../pci/device-at.ts';
import type { IommuGroup } from '../../pci/group/iommu-group.ts';
import { NetworkView } from './network-view.ts';
import { type NodeHolder, OpenNodesView } from './open-nodes.ts';
import type { SafetyDevice } from './safety-fields.ts';
import { StorageView } from './storage-view.ts';
import { virtualFunctionsByPf } from './virtual-functions.ts';

const NONE: ReadonlySet<PciAddress> = new Set();

/** The facts that decide whether a change is safe. */
export interface SafetyHost {
  /** Every function of the host. */
  readonly devices: readonly SafetyDevice[];
  readonly groups: readonly IommuGroup<SafetyDevice>[];
  readonly use: HostUse;
  readonly live: LiveUse;
  /** Whether the kernel reports how devices can be reset (5.15 and newer do). */
  readonly tellsResetMethods: boolean;
}

/** A host with the devices that a change would take, prepared for the rules. */
export class SafetyView {
  readonly host: SafetyHost;
  /** The requested functions. */
  readonly asked: ReadonlySet<PciAddress>;
  /** The functions that leave the host: the requested ones, and their groups. */
  readonly given: ReadonlySet<PciAddress>;
  /** The same, and the functions that disappear with them: those behind them, and VFs. */
  readonly taken: ReadonlySet<PciAddress>;
  readonly storage: StorageView;
  readonly network: NetworkView;
  readonly nodes: OpenNodesView;
  readonly #vfs: ReadonlyMap<PciAddress, ReadonlySet<PciAddress>>;

  constructor(
    host: SafetyHost,
    asked: ReadonlySet<PciAddress>,
    given: ReadonlySet<PciAddress>,
    taken: ReadonlySet<PciAddress>,
  ) {
    this.host = host;
    this.asked = asked;
    this.given = given;
    this.taken = taken;
    this.storage = new StorageView(host.use, host.live);
    this.network = new NetworkView(host.use);
    this.nodes = new OpenNodesView(host.devices, host.live);
    this.#vfs = virtualFunctionsByPf(host.devices);
  }

  device(address: PciAddress): SafetyDevice | undefined {
    return deviceAt(this.host.devices, address);
  }

  /** The VFs of a PF; none for another function. */
  virtualFunctionsOf(pf: PciAddress): ReadonlySet<PciAddress> {
    return this.#vfs.get(pf) ?? NONE;
  }

  groupOf(device: SafetyDevice): IommuGroup<SafetyDevice> | undefined {
    return this.host.groups.find(({ id }) => id === knownValue(device.iommuGroup));
  }

  /** The processes that hold selected nodes open. */
  holdersOf(isMeant: (node: OpenNode) => boolean): readonly NodeHolder[] {
    return this.host.live.holders.flatMap((holder) => {
      const nodes = holder.nodes.filter(isMeant);
      return nodes.length === 0 ? [] : [{ holder, nodes }];
    });
  }
}
