import type { PciAddress } from '../../lib/pci/address.ts';
import type { DeviceWith } from '../../lib/pci/device.ts';
import { TRAIT_FIELDS } from '../../lib/pci/device-traits.ts';
import { NO_NAMES } from '../../lib/pci/pci-ids.ts';
import { planVfs, type VfsProposal } from '../../lib/plan/sriov/plan-vfs.ts';
import type { VfGoal } from '../../lib/plan/sriov/vf-goal.ts';
import { isLinkFailure, readPfLink } from '../../lib/sysfs/device/pf-link.ts';
import { readInventory } from '../../lib/sysfs/device/read-inventory.ts';
import type { SimulatedMachine } from './simulated-changes.ts';

/** The network card with SR-IOV in the machines of the lab. */
export const NETWORK_PF = '0000:01:00.0' as PciAddress;
/** The NVMe controller with SR-IOV. */
export const NVME_PF = '0000:02:00.0' as PciAddress;

/** The default request for a PF: only that its interface is up. */
export const NO_GOAL: VfGoal = { count: null, autoprobe: null, all: {}, each: new Map(), isUp: true };

const FIELDS = [...TRAIT_FIELDS, 'driverOverride', 'iommuGroup'] as const;

type PlannedDevice = DeviceWith<(typeof FIELDS)[number]>;

/** Plans to bring a PF of a simulated machine to a requested state. */
export async function proposeVfs(
  machine: SimulatedMachine,
  address: PciAddress,
  goal: Partial<VfGoal>,
): Promise<VfsProposal<PlannedDevice>> {
  const { devices } = readInventory(machine.reader, NO_NAMES, FIELDS);
  const pf = devices.find((device) => device.address === address);
  if (pf === undefined) throw new Error(`there is no ${address}`);
  const link = await readPfLink(machine.reader, machine.runner, address);
  if (isLinkFailure(link)) throw new Error('ip is simulated');
  const vfs = devices.filter(
    ({ sriov }) =>
      sriov !== null && 'role' in sriov && sriov.role === 'vf' && sriov.physicalFunction === address,
  );
  return planVfs({ pf, vfs, link, card: link?.mac ?? null }, { ...NO_GOAL, ...goal });
}
