import { knownValue } from '../base/known.ts';
import { isFailure } from '../host/host-reader.ts';
import type { PciAddress } from '../pci/address.ts';
import type { SriovCapability } from '../pci/config/capabilities.ts';
import { parseConfigSpace } from '../pci/config/config-space.ts';
import { vfAddress } from '../pci/sriov/vf-address.ts';
import { parseUnsigned } from './attribute-values.ts';
import { deviceLock, probe, release } from './driver-operations.ts';
import { directoryAbove, type FunctionDirectory } from './function-directory.ts';
import { gap } from './gap.ts';
import type { Kernel } from './kernel.ts';
import type { Answer, Call, Operation } from './operation.ts';
import { putVirtualFunction } from './virtual-function.ts';

/** The lock for adding functions to the bus and removing them, also VFs (`pci_lock_rescan_remove`). */
export const BUS_LOCK = 'bus';

const MAX_U16 = 0xffff;

/** Drivers that create VFs on request, and whether they remove them when they release the PF. */
const SRIOV_DRIVERS: ReadonlyMap<string, 'takes them away' | 'leaves them'> = new Map([
  ...[
    'be2net',
    'bnx2x',
    'bnxt_en',
    'cxgb4',
    'fm10k',
    'hinic',
    'hns3',
    'i40e',
    'ice',
    'igb',
    'ixgbe',
    'liquidio',
    'mlx4_core',
    'mlx5_core',
    'nfp',
    'qede',
    'qlcnic',
    'sfc',
    'virtio-pci',
  ].map((driver) => [driver, 'takes them away'] as const),
  ['nvme', 'leaves them'],
  ['pci-pf-stub', 'leaves them'],
]);

// vfio-pci does so only with its parameter enable_sriov.
const NO_SRIOV: ReadonlySet<string> = new Set(['vfio-pci', 'pci-stub', 'pcieport']);

/** Releases a function from its driver, and removes the VFs of a PF that depend on the driver. */
export function* unbind(kernel: Kernel, call: Call, each: FunctionDirectory): Operation<void> {
  yield* release(kernel, call, each, function* removeVfs(driver) {
    const leaves = SRIOV_DRIVERS.get(driver) === 'leaves them';
    if (numVfs(each) > 0 && !leaves) yield* disable(kernel, call, each);
    // The limit of the driver is lost with it.
    const capability = each.has('sriov_totalvfs') ? sriovCapability(kernel, each) : undefined;
    if (capability !== undefined) each.put('sriov_totalvfs', String(capability.totalVfs));
  });
}

/** A write to `sriov_numvfs` (drivers/pci/iov.c, `sriov_numvfs_store`). */
export function* setNumVfs(
  kernel: Kernel,
  call: Call,
  pf: FunctionDirectory,
  text: string,
): Operation<Answer> {
  const wanted = parseUnsigned(text);
  if (wanted === null || wanted > MAX_U16) return 'EINVAL';
  if (wanted > Number(pf.needed('sriov_totalvfs'))) return 'ERANGE';
  yield* call.lock(deviceLock(pf));
  const { driver } = pf;
  const before = numVfs(pf);
  if (wanted === before) return null;
  if (driver === null || NO_SRIOV.has(driver)) return 'ENOENT';
  if (!SRIOV_DRIVERS.has(driver)) throw gap(pf.address, `whether ${driver} sets up VFs is not known`);
  if (wanted === 0) yield* disable(kernel, call, pf);
  else if (before > 0) return 'EBUSY';
  else yield* enable(kernel, call, pf, wanted);
  return null;
}

/** Whether removing the function from the bus would leave VFs without their PF. */
export function leavesOrphans(each: FunctionDirectory): boolean {
  const { driver } = each;
  return numVfs(each) > 0 && (driver === null || SRIOV_DRIVERS.get(driver) === 'leaves them');
}

function numVfs(pf: FunctionDirectory): number {
  return Number(pf.text('sriov_numvfs') ?? 0);
}

function* enable(kernel: Kernel, call: Call, pf: FunctionDirectory, count: number): Operation<void> {
  const addresses = addressesOf(kernel, pf, count);
  yield* call.lock(BUS_LOCK);
  for (const [index, address] of addresses.entries()) {
    const path = `${directoryAbove(pf.path)}/${address}`;
    putVirtualFunction(kernel, pf, address, path, index, sriovCapability(kernel, pf));
    const vf = kernel.addToBus(address, path);
    kernel.host.putLink(vf.at('physfn'), pf.path);
    kernel.host.putLink(pf.at(`virtfn${index}`), path);
    kernel.groups.enumerate(vf, pf);
    yield* probe(kernel, call, vf);
  }
  pf.put('sriov_numvfs', String(count));
}

function* disable(kernel: Kernel, call: Call, pf: FunctionDirectory): Operation<void> {
  yield* call.lock(BUS_LOCK);
  for (const [index, address] of kernel.virtualFunctions(pf).entries()) {
    const vf = kernel.find(address);
    kernel.host.hide(pf.at(`virtfn${index}`));
    if (vf === undefined) continue;
    kernel.host.hide(vf.at('physfn'));
    yield* release(kernel, call, vf);
    kernel.groups.leave(vf);
    kernel.dropFromBus(vf);
  }
  pf.put('sriov_numvfs', '0');
}

function addressesOf(kernel: Kernel, pf: FunctionDirectory, count: number): readonly PciAddress[] {
  const capability = sriovCapability(kernel, pf);
  const offset = Number(pf.text('sriov_offset') ?? capability?.vfOffset);
  const stride = Number(pf.text('sriov_stride') ?? capability?.vfStride);
  if (!Number.isInteger(offset) || !Number.isInteger(stride)) {
    throw gap(pf.address, 'neither sriov_offset and sriov_stride nor its registers are in the snapshot');
  }
  return Array.from({ length: count }, (_, index) => {
    const address = vfAddress(pf.address, { offset, stride }, index);
    if (address === null) throw gap(pf.address, `its VF ${index} would have no address`);
    return address;
  });
}

function sriovCapability(kernel: Kernel, pf: FunctionDirectory): SriovCapability | undefined {
  const bytes = kernel.host.readBytes(pf.at('config'));
  if (bytes === null || isFailure(bytes) || bytes.length === 0) return undefined;
  return knownValue(parseConfigSpace(bytes).sriov);
}
