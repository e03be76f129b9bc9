import { isUnknown, knownValue } from '../../base/known.ts';
import type { Finding } from '../../checks/finding.ts';
import type { HostUse, InputDevice } from '../../facts/host-use.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { DeviceWith, PciDevice } from '../../pci/device.ts';
import { type IommuGroup, isBridge, staysWithHost } from '../../pci/group/iommu-group.ts';
import type { Selector } from '../../pci/selector/selector-parser.ts';
import { isPassthroughDriver } from '../../pci/vfio-state.ts';

/** Whether a USB controller is kept for a keyboard of the host: if it has none on a PS/2 port, always, or never. */
export const KEEP_USB = ['auto', 'always', 'never'] as const;

/** The devices for VMs of a type. */
interface AssignmentRule {
  readonly selectors: readonly Selector[];
  /** A category of VMs; `null` for devices that stay with the host. */
  readonly to: string | null;
}

/**
 * The distribution of a host's devices: the first matching rule decides. It also decides for devices that must be
 * included, because the members of an IOMMU group stay together.
 */
export interface AssignmentRules {
  readonly rules: readonly AssignmentRule[];
  readonly keepUsb: (typeof KEEP_USB)[number];
}

/**
 * Why a device stays with the host.
 *
 * - `bridge`: it is a port or bridge. `rule`: a rule keeps it; `no-rule`: no rule matches it.
 * - `group`: another member of its IOMMU group stays. `behind`: it depends on the controller that creates its bus.
 * - `vfs`: it is a VF, or has some.
 * - `keyboard`: a USB controller that is kept for a keyboard.
 * - `in-use`: the host uses it. `impossible`: no VM can have it.
 * - `no-machine`: there is no VM of that type. `assigned`: it is assigned exclusively to a VM.
 */
export type LeftCode =
  | 'bridge'
  | 'rule'
  | 'no-rule'
  | 'group'
  | 'behind'
  | 'vfs'
  | 'keyboard'
  | 'in-use'
  | 'impossible'
  | 'no-machine'
  | 'assigned';

interface Obstacle {
  readonly code: LeftCode;
  /** The reason as a clause about the device. */
  readonly reason: string;
  /** With `no-machine`: the type. */
  readonly missingType?: string;
}

/** A device that stays, with the reason. */
export interface LeftDevice<Device extends DeviceWith<never> = PciDevice> extends Obstacle {
  readonly device: Device;
}

/** A device that is assigned to the VMs of a type. */
interface SharedOutDevice<Device extends DeviceWith<never>> {
  readonly device: Device;
  readonly to: string;
  /** Its rule, as written: `class=network`; or the device whose group it is in. */
  readonly reason: string;
}

/** The result for the devices of a host: each is in one of the two lists, in the order of the host. */
export interface SharedOut<Device extends DeviceWith<never> = PciDevice> {
  readonly given: readonly SharedOutDevice<Device>[];
  readonly left: readonly LeftDevice<Device>[];
}

/** The facts of a device for the distribution, in addition to those for the rules. */
type RuledDevice = DeviceWith<'class' | 'config' | 'driver' | 'iommuGroup' | 'location' | 'sriov'>;

/** The host whose devices are distributed. */
export interface HostToShareOut<Device extends DeviceWith<never> = PciDevice> {
  readonly devices: readonly Device[];
  readonly groups: readonly IommuGroup<Device>[];
  readonly inputs: HostUse['inputs'];
  /** Why a VM of a type cannot have a device; `null` if it can. */
  obstacleOf(device: Device, to: string): Obstacle | null;
  /** The findings that prevent these devices from leaving the host together. */
  refusalsOf(addresses: readonly PciAddress[]): readonly Finding[];
}

/** The devices that stay together: the members of an IOMMU group, or one device without a group. */
interface Unit {
  readonly members: readonly RuledDevice[];
  readonly to: string;
  readonly reasons: ReadonlyMap<RuledDevice, string>;
}

/** Distributes the devices of a host by rules. A device that cannot be assigned stays, with the reason. */
export function distribute<Device extends RuledDevice>(
  rules: AssignmentRules,
  host: HostToShareOut<Device>,
): SharedOut<Device> {
  const left = new Map<RuledDevice, Obstacle>();
  const units = unitsOf(host).flatMap((members) => judge(members, rules, host, left));
  const going = new Set(units);
  const keep = (unit: Unit, culprit: RuledDevice, obstacle: Obstacle): void => {
    going.delete(unit);
    leave(unit.members, culprit, obstacle, left);
  };
  // The controller for a keyboard depends on which ones stay anyway.
  keepUsed(host, going, ({ name }) => name !== 'last-input-usb', keep);
  keepKeyboard(rules, host, going, keep);
  keepUsed(host, going, () => true, keep);
  const given = [...going].flatMap(({ to, reasons }) =>
    [...reasons].map(([device, reason]) => ({ device, to, reason })),
  );
  return {
    given: host.devices.flatMap((device) => {
      const found = given.find((each) => each.device === device);
      return found === undefined ? [] : [{ ...found, device }];
    }),
    left: host.devices.flatMap((device) => {
      const obstacle = left.get(device);
      return obstacle === undefined ? [] : [{ device, ...obstacle }];
    }),
  };
}

function unitsOf({ devices, groups }: HostToShareOut<RuledDevice>): readonly (readonly RuledDevice[])[] {
  const grouped = groups.map(({ members }) => members.map(({ device }) => device));
  const single = devices.filter(({ iommuGroup }) => knownValue(iommuGroup) === undefined);
  return [...grouped, ...single.map((device) => [device])];
}

function judge(
  all: readonly RuledDevice[],
  rules: AssignmentRules,
  host: HostToShareOut<RuledDevice>,
  left: Map<RuledDevice, Obstacle>,
): readonly Unit[] {
  for (const device of all.filter(isBridge)) {
    left.set(device, { code: 'bridge', reason: 'is a port or bridge of the host' });
  }
  const makerOf = (device: RuledDevice): PciAddress | null =>
    host.groups.flatMap(({ members }) => members).find((member) => member.device === device)?.behind ?? null;
  const members = all.filter((device) => {
    const maker = isBridge(device) ? null : makerOf(device);
    if (maker !== null)
      left.set(device, {
        code: 'behind',
        reason: `is behind ${maker}, which creates its bus: both are assigned together`,
      });
    return !isBridge(device) && maker === null;
  });
  if (members.length === 0) return [];
  const bridge = all.find(isHeldBridge);
  const ruled = members.map((device) => ({ device, rule: ruleOf(rules, device) }));
  const fitting = rules.rules.find((each) => ruled.some(({ rule }) => rule === each));
  const to = fitting?.to ?? null;
  if (bridge !== undefined || fitting === undefined || to === null) {
    const culprit = bridge ?? ruled.find(({ rule }) => rule === fitting)?.device;
    leave(members, culprit, stayingBy(fitting), left);
    return [];
  }
  for (const device of members) {
    const obstacle = virtualObstacle(device) ?? host.obstacleOf(device, to);
    if (obstacle === null) continue;
    leave(members, device, obstacle, left);
    return [];
  }
  const leader = ruled.find(({ rule }) => rule === fitting)?.device;
  const reasons = ruled.map(({ device, rule }): [RuledDevice, string] => [
    device,
    rule?.to === to ? wordsOf(rule) : `in the IOMMU group of ${leader?.address}`,
  ]);
  return [{ members, to, reasons: new Map(reasons) }];
}

/** A bridge of the host itself, whose driver prevents the kernel from passing its group through. */
function isHeldBridge(device: RuledDevice): boolean {
  if (!isBridge(device) || staysWithHost(device) || device.driver === null) return false;
  return isUnknown(device.driver) || !isPassthroughDriver(device.driver);
}

function ruleOf({ rules }: AssignmentRules, device: RuledDevice): AssignmentRule | undefined {
  return rules.find(({ selectors }) => selectors.some((selector) => selector.matches(device)));
}

function stayingBy(rule: AssignmentRule | undefined): Obstacle {
  return rule === undefined
    ? { code: 'no-rule', reason: 'no rule matches it' }
    : { code: 'rule', reason: `the rules leave it: ${wordsOf(rule)}` };
}

function wordsOf({ selectors }: AssignmentRule): string {
  return selectors.map(({ text }) => text).join(', ');
}

function virtualObstacle({ sriov }: RuledDevice): Obstacle | null {
  const role = knownValue(sriov);
  if (role?.role === 'vf') {
    const reason = `is a VF of ${role.physicalFunction}: rules do not assign VFs; name it, one for each VM`;
    return { code: 'vfs', reason };
  }
  if (role?.role === 'pf' && role.virtualFunctions.length > 0) {
    return { code: 'vfs', reason: 'has VFs, which no longer exist after it is assigned' };
  }
  return null;
}

/** Keeps a unit of devices, because of one of them. */
function leave(
  members: readonly RuledDevice[],
  culprit: RuledDevice | undefined,
  obstacle: Obstacle,
  left: Map<RuledDevice, Obstacle>,
): void {
  for (const device of members) {
    left.set(
      device,
      device === culprit
        ? obstacle
        : { code: 'group', reason: `is in the IOMMU group of ${culprit?.address}, which stays` },
    );
  }
}

type Keep = (unit: Unit, culprit: RuledDevice, obstacle: Obstacle) => void;

/** Keeps the devices that the host uses, until no remaining device is in use. */
function keepUsed(
  host: HostToShareOut<RuledDevice>,
  going: ReadonlySet<Unit>,
  counts: (refusal: Finding) => boolean,
  keep: Keep,
): void {
  for (;;) {
    const addresses = [...going].flatMap(({ members }) => members.map(({ address }) => address));
    const refusals = host.refusalsOf(addresses).filter(counts);
    const before = going.size;
    for (const unit of [...going]) {
      const [first] = refusals.filter(({ subject }) => unit.members.some(takesAlong(subject, host)));
      if (first === undefined) continue;
      const culprit = unit.members.find(takesAlong(first.subject, host)) ?? unit.members[0];
      const reason = `${first.message} (${first.name})`;
      if (culprit !== undefined) keep(unit, culprit, { code: 'in-use', reason });
    }
    if (going.size === before) return;
  }
}

/** Whether a device has the address, or the host loses that address with it. */
function takesAlong(
  subject: PciAddress,
  { devices }: HostToShareOut<RuledDevice>,
): (device: RuledDevice) => boolean {
  const lost = devices.find(({ address }) => address === subject);
  const above = knownValue(lost?.location ?? null)?.bridges ?? [];
  return ({ address }) => address === subject || above.includes(address);
}

/** Keeps a USB controller if the host would have none for a keyboard. */
function keepKeyboard(
  { keepUsb }: AssignmentRules,
  { devices, inputs }: HostToShareOut<RuledDevice>,
  going: ReadonlySet<Unit>,
  keep: Keep,
): void {
  const keyboards = (knownValue(inputs) ?? []).filter(({ kind }) => kind === 'keyboard');
  if (keepUsb === 'never' || (keepUsb === 'auto' && keyboards.some(({ isPs2 }) => isPs2))) return;
  const isGoing = (device: RuledDevice): boolean =>
    [...going].some(({ members }) => members.includes(device));
  const controllers = devices.filter((device) => knownValue(device.class)?.code.startsWith('0c03') === true);
  const used = controllers.filter((device) => keyboards.some((each) => each.function === device.address));
  const candidates = used.length > 0 ? used : controllers;
  const [kept] = candidates;
  if (kept === undefined || !candidates.every(isGoing)) return;
  const unit = [...going].find(({ members }) => members.includes(kept));
  const keyboard = keyboards.find((each) => each.function === kept.address);
  if (unit !== undefined) keep(unit, kept, { code: 'keyboard', reason: keptFor(keyboard, keepUsb, inputs) });
}

function keptFor(
  keyboard: InputDevice | undefined,
  keepUsb: AssignmentRules['keepUsb'],
  inputs: HostUse['inputs'],
): string {
  const why =
    keepUsb === 'always'
      ? 'the rules keep one USB controller'
      : isUnknown(inputs)
        ? 'whether the host has a PS/2 keyboard could not be read, so one USB controller stays'
        : 'the host has no PS/2 keyboard, so one USB controller stays';
  return keyboard === undefined ? why : `${why}: this one has ${knownValue(keyboard.title) ?? keyboard.name}`;
}
