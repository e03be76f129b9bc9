import { isFailure } from '../host/host-reader.ts';
import type { PciAddress } from '../pci/address.ts';
import type { SriovCapability } from '../pci/config/capabilities.ts';
import { FunctionDirectory } from './function-directory.ts';
import type { Kernel } from './kernel.ts';

// The lines of `resource` for the VF BARs: in the PF, for all VFs together.
const FIRST_VF_LINE = 7;
const BARS = 6;
const RESOURCE_LINES = 13;
const NO_RESOURCE = '0x0000000000000000 0x0000000000000000 0x0000000000000000';

/**
 * Creates the directory of a VF. A captured VF gets its captured files. Another gets those that the kernel derives
 * from its PF: vendor, class, revision, node, and its share of the PF's BARs. Its registers and its link are unknown.
 */
export function putVirtualFunction(
  kernel: Kernel,
  pf: FunctionDirectory,
  address: PciAddress,
  path: string,
  index: number,
  capability: SriovCapability | undefined,
): void {
  const { host } = kernel;
  if (kernel.captured(address)?.path === path) {
    host.reveal(path);
    const vf = new FunctionDirectory(host, address, path);
    vf.hideMade();
    vf.hideDriverLinks();
    vf.setDriver(null, false);
    vf.override = null;
    host.hide(vf.at('iommu_group'));
    return;
  }
  const vf = new FunctionDirectory(host, address, path);
  host.put(path, { kind: 'directory' });
  for (const [name, value] of Object.entries(identityOf(pf, capability))) vf.put(name, value);
  host.putText(vf.at('uevent'), ueventOf(vf));
  vf.override = null;
  vf.put('enable', '0');
  vf.put('numa_node', pf.text('numa_node') ?? '-1');
  // SR-IOV requires that every VF can be reset on its own.
  vf.put('reset_method', 'flr');
  vf.put('reset', '');
  const resource = resourceOf(host.readText(pf.at('resource')), index, capability?.totalVfs);
  if (resource === null) host.put(vf.at('resource'), { kind: 'unread' });
  else host.putText(vf.at('resource'), resource);
  for (const name of ['config', 'power_state']) host.put(vf.at(name), { kind: 'unread' });
}

function identityOf(
  pf: FunctionDirectory,
  capability: SriovCapability | undefined,
): Readonly<Record<string, string>> {
  const device = pf.text('sriov_vf_device') ?? capability?.vfDeviceId ?? pf.needed('sriov_vf_device');
  const { ids } = pf;
  const identity = {
    vendor: `0x${ids.vendorId}`,
    device: `0x${device.padStart(4, '0')}`,
    subsystem_vendor: `0x${ids.subsystemVendorId ?? '0000'}`,
    // These are registers of the VF; in all examined cards they equal those of the PF.
    subsystem_device: `0x${ids.subsystemDeviceId ?? '0000'}`,
    class: `0x${ids.classCode}`,
    revision: pf.needed('revision'),
  };
  return { ...identity, modalias: modaliasOf(identity) };
}

function modaliasOf(identity: Readonly<Record<string, string>>): string {
  const digits = (name: string, width: number): string =>
    (identity[name] ?? '').replace(/^0x/, '').toUpperCase().padStart(width, '0');
  const code = digits('class', 6);
  return (
    `pci:v${digits('vendor', 8)}d${digits('device', 8)}` +
    `sv${digits('subsystem_vendor', 8)}sd${digits('subsystem_device', 8)}` +
    `bc${code.slice(0, 2)}sc${code.slice(2, 4)}i${code.slice(4, 6)}`
  );
}

function ueventOf(vf: FunctionDirectory): string {
  const digits = (name: string): string => (vf.text(name) ?? '').replace(/^0x/, '').toUpperCase();
  return [
    `PCI_CLASS=${digits('class').replace(/^0+(?=.)/, '')}`,
    `PCI_ID=${digits('vendor')}:${digits('device')}`,
    `PCI_SUBSYS_ID=${digits('subsystem_vendor')}:${digits('subsystem_device')}`,
    `PCI_SLOT_NAME=${vf.address}`,
    `MODALIAS=${vf.text('modalias')}`,
    '',
  ].join('\n');
}

/** The `resource` of a VF, `null` if that of the PF is unknown, or the number of VFs that share it. */
function resourceOf(pfText: unknown, index: number, totalVfs: number | undefined): string | null {
  if (typeof pfText !== 'string' || isFailure(pfText) || totalVfs === undefined || totalVfs === 0)
    return null;
  const lines = pfText.split('\n').slice(FIRST_VF_LINE, FIRST_VF_LINE + BARS);
  const own = lines.map((line) => {
    const [start = 0n, end = 0n, flags = 0n] = line.split(' ').map((word) => BigInt(word || '0'));
    if (end === 0n || end <= start) return NO_RESOURCE;
    const size = (end - start + 1n) / BigInt(totalVfs);
    const at = start + size * BigInt(index);
    return [at, at + size - 1n, flags].map((value) => `0x${value.toString(16).padStart(16, '0')}`).join(' ');
  });
  const rest = Array<string>(RESOURCE_LINES - own.length).fill(NO_RESOURCE);
  return [...own, ...rest].map((line) => `${line}\n`).join('');
}
