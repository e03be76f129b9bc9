import { PortalGunError } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import type { HostReader } from '../../host/host-reader.ts';
import type { Runner } from '../../host/runner.ts';
import type { DeviceField, DeviceWith } from '../../pci/device.ts';
import { deviceAt } from '../../pci/device-at.ts';
import { IDENTITY_FIELDS, identityOf } from '../../pci/identity.ts';
import type { Inventory } from '../../pci/inventory.ts';
import type { PfState } from '../../plan/sriov/vf-goal.ts';
import { isLinkFailure, readCapturedLink, readPfLink } from '../../sysfs/device/pf-link.ts';
import { readFunction } from '../../sysfs/device/read-inventory.ts';
import type { HostSession } from '../session/host-session.ts';

/** The facts of every device for planning VFs. */
export const PF_FIELDS: readonly DeviceField[] = [
  'location',
  'class',
  'vendor',
  'device',
  'subsystem',
  'driver',
  'vfio',
  'driverOverride',
  'iommuGroup',
  'sriov',
  'netInterfaces',
];

/**
 * A PF of a session's host with its VFs and its interface; fewer facts for a captured host, which has no `ip`.
 *
 * @throws PortalGunError TOOL_MISSING, TOOL_FAILED
 */
export function readPf<Device extends DeviceWith<'sriov'>>(
  { host, isCaptured, ports }: HostSession,
  inventory: Inventory<Device>,
  pf: Device,
): Promise<PfState<Device>> {
  return readPfState(host, isCaptured ? null : ports.runner, inventory, pf);
}

/**
 * A PF with its VFs and its interface.
 *
 * @param runner runs `ip`; `null` for a captured host, with fewer facts
 * @throws PortalGunError TOOL_MISSING, TOOL_FAILED
 */
export async function readPfState<Device extends DeviceWith<'sriov'>>(
  host: HostReader,
  runner: Runner | null,
  { devices }: Inventory<Device>,
  pf: Device,
): Promise<PfState<Device>> {
  const role = knownValue(pf.sriov);
  const addresses = role?.role === 'pf' ? role.virtualFunctions : [];
  const link =
    runner === null ? readCapturedLink(host, pf.address) : await readPfLink(host, runner, pf.address);
  if (isLinkFailure(link)) {
    if ('missing' in link) {
      throw new PortalGunError('TOOL_MISSING', 'is not installed', {
        subject: link.missing,
        hint: 'install iproute2',
      });
    }
    throw new PortalGunError('TOOL_FAILED', link.failed, { subject: pf.address });
  }
  return {
    pf,
    vfs: addresses.flatMap((address) => deviceAt(devices, address) ?? []),
    link,
    card: link === null ? null : (link.mac ?? serialOf(host, pf)),
  };
}

function serialOf(host: HostReader, { address }: DeviceWith<never>): string | null {
  const device = readFunction(host, address, IDENTITY_FIELDS);
  return device === null ? null : identityOf(device).serial;
}
