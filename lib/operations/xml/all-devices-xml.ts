import { PortalGunError } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import { formatHostDevice } from '../../libvirt/hostdev/host-device-text.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { PciDevice } from '../../pci/device.ts';
import { lastingObstacles } from '../../pci/group/iommu-group.ts';
import { checkOfOne, type HostdevChoice, hostdevOptionsOf } from '../assignment/hostdev-options.ts';
import { type HostdevState, readHostdevState, toHostdevOf } from '../assignment/hostdev-state.ts';
import type { HostView } from '../inventory/host-view.ts';
import type { HostSession } from '../session/host-session.ts';
import { inventorySourceOf } from '../session/inventory-source.ts';

/** A device without XML. */
export interface LeftOut {
  readonly address: PciAddress;
  readonly why: string;
}

/** XML for each device of a host that can be passed to a VM. */
export interface AllDevicesXml extends HostView {
  readonly documents: readonly {
    readonly address: PciAddress;
    /** The name of its file, as libvirt names the device: `pci_0000_03_00_0.xml`. */
    readonly file: string;
    readonly text: string;
  }[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * Writes the XML for each device that a VM can have. Nothing is changed.
 *
 * @throws PortalGunError BAD_ARGUMENT for options for only one device, and the errors of opening the host
 */
export async function allDevicesXml(
  session: HostSession,
  choice: HostdevChoice = {},
): Promise<AllDevicesXml> {
  const wishes = hostdevOptionsOf(session, choice);
  checkOfOne(choice, wishes, Number.POSITIVE_INFINITY);
  const source = await inventorySourceOf(session);
  const state = await readHostdevState(source, session.names, []);
  const documents: AllDevicesXml['documents'][number][] = [];
  const leftOut: LeftOut[] = [];
  for (const device of state.selected) {
    const { address } = device;
    const why = groupProblem(state, device);
    try {
      if (why !== null) leftOut.push({ address, why });
      else {
        const { device: handed } = toHostdevOf(state, device, wishes, [device]);
        documents.push({ address, file: fileName(address), text: `${formatHostDevice(handed)}\n` });
      }
    } catch (error) {
      if (!(error instanceof PortalGunError)) throw error;
      leftOut.push({ address, why: error.message });
    }
  }
  return { inventory: state.inventory, origin: source.label, documents, leftOut };
}

/** Why the group of a device can never be passed through. */
function groupProblem({ groups, inventory }: HostdevState, device: PciDevice): string | null {
  if (inventory.iommu === false) return 'the kernel runs without an IOMMU';
  const group = groups.find(({ id }) => id === knownValue(device.iommuGroup));
  const obstacle =
    group === undefined
      ? undefined
      : lastingObstacles(group, device).find(({ code }) => code !== 'BRIDGES_ONLY');
  return obstacle === undefined ? null : `group ${group?.id}: ${obstacle.message}`;
}

function fileName(address: PciAddress): string {
  return `pci_${address.replaceAll(/[:.]/g, '_')}.xml`;
}
