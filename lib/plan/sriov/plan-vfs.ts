import { PortalGunError } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import { count } from '../../base/text.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { DeviceWith, PciDevice } from '../../pci/device.ts';
import type { PhysicalFunction } from '../../pci/sriov/sriov.ts';
import { NO_MAC } from '../../pci/sriov/vf-settings.ts';
import { whyNoVfs } from '../../pci/sriov/why-no-vfs.ts';
import type { VfsState } from '../change-states.ts';
import { type LinkChange, linkKind } from '../changes/host/link.ts';
import { type VfsChange, vfsKind } from '../changes/host/vfs.ts';
import { type GuardField, guardOf } from '../guard.ts';
import type { Plan, Step } from '../plan.ts';
import type { PfState, VfGoal } from './vf-goal.ts';
import { changedVfs, remadeVfs, settingsOf } from './vfs-states.ts';

/** The facts of a PF that planning needs. */
export type PfField = GuardField | 'sriov' | 'driver';
/** The facts of its VFs that planning needs. */
export type VfField = 'driver' | 'driverOverride';

/** The changes that bring a PF to its requested state. */
export interface VfsProposal<Pf extends DeviceWith<never> = PciDevice, Vf extends DeviceWith<never> = Pf> {
  readonly plan: Plan;
  readonly state: PfState<Pf, Vf>;
  readonly from: VfsState;
  readonly to: VfsState;
  /** Whether its interface is set up. */
  readonly goesUp: boolean;
  /** The VFs that are removed, and may be created again: all, if their number changes. */
  readonly lost: readonly PciAddress[];
}

/**
 * The plan that brings a PF to its requested state. Remaining VFs keep their settings, and VFIO drivers, even if all
 * must be removed for a moment.
 *
 * @throws PortalGunError NO_SRIOV, BAD_ARGUMENT, PERMISSION_DENIED
 */
export function planVfs<Pf extends DeviceWith<PfField>, Vf extends DeviceWith<VfField>>(
  state: PfState<Pf, Vf>,
  goal: VfGoal,
): VfsProposal<Pf, Vf> {
  const { pf, vfs, link } = state;
  const role = pfRoleOf(pf);
  const before = vfs.length;
  const after = goal.count ?? before;
  refuseImpossible(state, role, goal, after);
  const autoprobe = knownValue(role.autoprobe) ?? null;
  const isNew = after !== before;
  const pairs = isNew ? remadeVfs(state, goal, after) : changedVfs(state, goal);
  const from: VfsState = { count: before, autoprobe, vfs: pairs.from };
  const to: VfsState = { count: after, autoprobe: goal.autoprobe ?? autoprobe, vfs: pairs.to };
  refuseTwins(state, to, isNew);
  const goesUp = goal.isUp && after > 0 && link?.isUp === false;
  const isChanged = isNew || from.autoprobe !== to.autoprobe || to.vfs.length > 0;
  const { address } = pf;
  const vfsSteps = isChanged ? [vfsStep({ kind: 'vfs', address, from, to })] : [];
  const linkSteps = goesUp ? [linkStep(address, link.interface)] : [];
  // The driver of a VF asks the PF for its MAC, and the PF answers only while it is up.
  const steps = isNew ? [...linkSteps, ...vfsSteps] : [...vfsSteps, ...linkSteps];
  const plan = {
    title: titleOf(state, from, to),
    guards: steps.length === 0 ? [] : [guardOf(pf)],
    steps,
  };
  return { plan, state, from, to, goesUp, lost: isNew ? vfs.map((vf) => vf.address) : [] };
}

function vfsStep(change: VfsChange): Step {
  return { words: vfsKind.words(change), change };
}

function linkStep(address: PciAddress, name: string): Step {
  const change: LinkChange = { kind: 'link', address, from: false, to: true };
  const words = linkKind.words(change, name);
  return { words: `${words}: without it, VFs have no link and libvirt cannot configure them`, change };
}

/**
 * The PF role of a device, if its driver can create VFs.
 *
 * @throws PortalGunError NO_SRIOV
 */
export function pfRoleOf({ address, sriov, driver }: DeviceWith<'sriov' | 'driver'>): PhysicalFunction {
  const role = knownValue(sriov);
  const refuse = (message: string, hint?: string): PortalGunError =>
    new PortalGunError('NO_SRIOV', message, { subject: address, ...(hint === undefined ? {} : { hint }) });
  if (role === undefined) throw refuse('is not a PF');
  if (role.role === 'vf') {
    throw refuse(`is itself a VF, of ${role.physicalFunction}`, `use its PF: ${role.physicalFunction}`);
  }
  const why = whyNoVfs(driver);
  if (why !== null) {
    throw refuse(
      why,
      driver === null
        ? `let the kernel probe for its driver first: echo ${address} > /sys/bus/pci/drivers_probe`
        : 'return it to its host driver first: pci unbind',
    );
  }
  return role;
}

type AnyPfState = PfState<DeviceWith<never>>;

function refuseImpossible(
  { pf, link }: AnyPfState,
  role: PhysicalFunction,
  goal: VfGoal,
  after: number,
): void {
  const { address } = pf;
  const most = knownValue(role.totalVfs);
  if (most !== undefined && after > most) {
    throw new PortalGunError('BAD_ARGUMENT', `${address} can have ${count(most, 'VF')} at most`, {
      subject: '--vfs',
    });
  }
  const stranger = [...goal.each.keys()].find((index) => index >= after);
  if (stranger !== undefined) {
    throw new PortalGunError(
      'BAD_ARGUMENT',
      `${address} has no VF ${stranger}: of ${after} the first is VF 0`,
      {
        subject: '--vf',
      },
    );
  }
  const wishes = [goal.all, ...goal.each.values()].some((each) => Object.keys(each).length > 0);
  if (wishes && link === null) {
    throw new PortalGunError(
      'BAD_ARGUMENT',
      'has no network interface, so its VFs have no MAC, VLAN and similar settings',
      {
        subject: address,
        hint: 'use only --vfs and --autoprobe',
      },
    );
  }
  if (goal.autoprobe !== null && knownValue(role.autoprobe) === undefined) {
    throw new PortalGunError('BAD_ARGUMENT', `the kernel has no sriov_drivers_autoprobe for ${address}`, {
      subject: '--autoprobe',
    });
  }
}

/** Two VFs with the same MAC would get each other's frames. */
function refuseTwins(state: AnyPfState, to: VfsState, isNew: boolean): void {
  const macs = new Map<string, number>();
  const changing = new Map(to.vfs.map(({ index, settings }) => [index, settings.mac]));
  for (let index = 0; index < to.count; index += 1) {
    const mac = changing.get(index) ?? (isNew ? undefined : settingsOf(state, index).mac);
    if (mac === undefined || mac === NO_MAC) continue;
    const other = macs.get(mac);
    if (other !== undefined) {
      throw new PortalGunError('BAD_ARGUMENT', `VF ${other} and VF ${index} would both have ${mac}`, {
        subject: state.pf.address,
        hint: 'set a MAC for each: --vf 0:mac=…; or --mac stable',
      });
    }
    macs.set(mac, index);
  }
}

function titleOf({ pf, link }: AnyPfState, from: VfsState, to: VfsState): string {
  const name = `${pf.address}${link === null ? '' : ` (${link.interface})`}`;
  if (from.count !== to.count) return `Change ${name} from ${count(from.count, 'VF')} to ${to.count}`;
  return `Configure ${name} and its ${count(to.count, 'VF')}`;
}
