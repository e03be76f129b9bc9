import { PortalGunError } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import type { PciDevice } from '../../pci/device.ts';
import type { Inventory } from '../../pci/inventory.ts';
import { selectDevices } from '../../pci/selector/selector.ts';
import { HOST_DRIVER, type Policy, type PolicyDevice } from '../../plan/policy/policy.ts';
import type { PolicyBinding } from '../../plan/policy/policy-rebinding.ts';
import { planVfs, type VfsProposal } from '../../plan/sriov/plan-vfs.ts';
import type { VfGoal } from '../../plan/sriov/vf-goal.ts';
import type { HostSession } from '../session/host-session.ts';
import { readPf } from '../sriov/pf-state.ts';

/** A PF in a policy. */
interface PolicyPf {
  readonly goal: VfGoal;
  readonly proposal: VfsProposal;
}

/** The state of a host for a policy. */
export interface PolicyState {
  readonly pfs: readonly PolicyPf[];
  readonly bindings: readonly PolicyBinding[];
  /** The entries that cannot be planned before the VFs exist. */
  readonly postponed: readonly PolicyDevice[];
}

/**
 * Finds the devices of a policy, and the changes for its PFs.
 *
 * @throws PortalGunError DEVICE_NOT_FOUND, AMBIGUOUS_DEVICE, BAD_POLICY, and the errors of `planVfs` and `readPf`;
 * each with the position in the policy
 */
export async function readPolicyState(
  session: HostSession,
  policy: Policy,
  inventory: Inventory,
): Promise<PolicyState> {
  const { devices } = inventory;
  const pfs: PolicyPf[] = [];
  const bindings: PolicyBinding[] = [];
  const postponed: PolicyDevice[] = [];
  for (const { device, goal, driver } of policy.virtualFunctions) {
    const pf = onlyOne(device, devices);
    if (pfs.some(({ proposal }) => proposal.state.pf === pf)) {
      throw new PortalGunError('BAD_POLICY', `the policy already contains ${pf.address}`, {
        subject: device.at,
      });
    }
    const proposal = await placed(device, async () => planVfs(await readPf(session, inventory, pf), goal));
    pfs.push({ goal, proposal });
    if (driver === undefined || goal.count === 0) continue;
    if (isNew(proposal)) postponed.push(device);
    else bindings.push(...proposal.state.vfs.map((vf) => ({ device: vf, driver, at: device.at })));
  }
  for (const { device, driver } of policy.bindings) {
    const found = await devicesOf(
      device,
      devices,
      pfs.some(({ proposal }) => isNew(proposal)),
    );
    // VFs that are removed may be created again.
    const staying = found.filter(
      ({ address }) => !pfs.some(({ proposal }) => proposal.lost.includes(address)),
    );
    if (found.length === 0 || staying.length < found.length) postponed.push(device);
    bindings.push(...staying.map((each) => ({ device: each, driver, at: device.at })));
  }
  return { pfs, bindings: bindings.filter(isMeant), postponed };
}

/** A VF for the host needs no change if it is on a host driver. */
function isMeant({ device, driver }: PolicyBinding): boolean {
  return driver !== HOST_DRIVER || knownValue(device.driver) !== undefined;
}

function isNew({ from, to }: VfsProposal): boolean {
  return from.count !== to.count;
}

/** The devices of a part of the policy; none if they may not exist yet. */
function devicesOf(
  { selector, at }: PolicyDevice,
  devices: readonly PciDevice[],
  mayCome: boolean,
): Promise<readonly PciDevice[]> {
  return placed({ selector, at }, () =>
    selectDevices(devices, [{ ...selector, mustMatch: selector.mustMatch && !mayCome }]),
  );
}

function onlyOne(device: PolicyDevice, devices: readonly PciDevice[]): PciDevice {
  const { selector, at } = device;
  const found = devices.filter((each) => selector.matches(each));
  const [first, second] = found;
  if (first !== undefined && second === undefined) return first;
  if (first === undefined) {
    throw new PortalGunError('DEVICE_NOT_FOUND', 'no such device on this host', {
      subject: `${at} (${selector.text})`,
    });
  }
  throw new PortalGunError('AMBIGUOUS_DEVICE', `matches ${found.length} devices, but must match one`, {
    subject: `${at} (${selector.text})`,
  });
}

/** Adds the position in the policy to an error. */
async function placed<T>({ at }: PolicyDevice, make: () => T | Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof PortalGunError)) throw error;
    const { code, message, subject, hint } = error;
    throw new PortalGunError(code, message, {
      subject: subject === null ? at : `${at} (${subject})`,
      hint,
      cause: error.cause,
    });
  }
}
