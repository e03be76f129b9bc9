import { quote } from '../../../base/shell-command.ts';
import {
  ALIAS_PREFIX,
  ASSIGNMENT_POLICIES,
  type AssignedDevice,
  type AssignedState,
  addressOf,
  PORT_ALIAS_PREFIX,
} from '../../../libvirt/assignment/assignment.ts';
import type { ChangeKind, Direction, OtherForms, XmlTexts } from '../../change-kind.ts';
import {
  arePlaces,
  isListOf,
  isName,
  isNullOr,
  isOfMachine,
  isParts,
  isTextOrNull,
  isWhole,
} from '../../change-parts.ts';
import type { VfPlace } from '../../change-states.ts';
import { metadataLine, vfLine } from '../shell-lines.ts';

/**
 * A change of the devices in a VM's definition, as far as they belong to portal-gun. The rest of the definition is
 * unchanged, also if another program changed it in the meantime. It takes effect at the next start of the VM.
 */
export interface AssignmentChange {
  readonly kind: 'assignment';
  /** The libvirt of the VM. */
  readonly uri: string;
  /** Its UUID. */
  readonly machine: string;
  readonly from: AssignedState;
  readonly to: AssignedState;
  /** The element of portal-gun for `virsh metadata --set`, for `to`; `null` if none remains. Only for scripts. */
  readonly metadata: string | null;
  /** VFs in `to`, which must be the planned ones when it is made. */
  readonly vfs?: readonly VfPlace[];
}

export const assignmentKind = {
  hasForm: (parts, other) =>
    isOfMachine(parts) &&
    isAssignedState(parts['from'], other) &&
    isAssignedState(parts['to'], other) &&
    isTextOrNull(parts['metadata']) &&
    arePlaces(parts['vfs']),
  /** `about` is the name of the VM. */
  words({ from, to }, about) {
    const lost = from.devices.filter(({ alias }) => !to.devices.some((each) => each.alias === alias));
    const gained = to.devices.filter(
      (device) =>
        !from.devices.some((each) => each.alias === device.alias && addressOf(each) === addressOf(device)),
    );
    const parts = [
      ...(gained.length > 0 ? [`add ${named(gained)}`] : []),
      ...(lost.length > 0 ? [`remove ${named(lost)}`] : []),
    ];
    return `${about}: ${parts.length > 0 ? parts.join(', and ') : 'update its assignment records'}`;
  },
  script: {
    parts: ({ vfs }) => ['definitions', ...(vfs === undefined ? [] : ['vfs' as const])],
    checks: () => [],
    lines: scriptLines,
  },
  madeBy: 'libvirt',
  functions: (change, direction) => addedDevices(change, direction).flatMap((each) => addressOf(each) ?? []),
  removesFunctions: false,
  safety(change, direction) {
    // A definition takes nothing before the VM starts, and then the libvirt hook checks it.
    if (direction === 'from') return { asks: 'nothing' };
    const devices = addedDevices(change, 'to').flatMap((device) => {
      const address = addressOf(device);
      return address === null ? [] : [{ address, allowed: device.assignment?.allowed ?? [] }];
    });
    return { asks: 'assigning', devices };
  },
  loads: () => null,
  touches: ({ machine }) => [machine],
  endsWithBoot: () => false,
  unlessUndone: 'stuck',
} satisfies ChangeKind<AssignmentChange>;

/** The devices that a definition has only in the state of one direction. */
function addedDevices({ from, to }: AssignmentChange, direction: Direction): readonly AssignedDevice[] {
  const [goal, other] = direction === 'to' ? [to, from] : [from, to];
  return goal.devices.filter(
    (device) => !other.devices.some((each) => addressOf(each) === addressOf(device)),
  );
}

function named(devices: readonly AssignedDevice[]): string {
  return devices.map((each) => addressOf(each) ?? each.alias).join(', ');
}

function isAssignedState(value: unknown, other: OtherForms): boolean {
  return (
    isParts(value) &&
    isListOf(value['devices'], (each) => isAssignedDevice(each, other)) &&
    isListOf(value['rootPorts'], (index) => isWhole(index, 0xff))
  );
}

function isAssignedDevice(value: unknown, other: OtherForms): boolean {
  return (
    isParts(value) &&
    isAlias(value['alias']) &&
    isNullOr(value['assignment'], (assignment) => isAssignment(assignment, other)) &&
    isNullOr(value['device'], other.isHostDevice)
  );
}

function isAssignment(value: unknown, { isPersistedDevice }: OtherForms): boolean {
  if (!isParts(value)) return false;
  const { alias, policy, device, iommuGroup, allowed = [] } = value;
  return (
    isAlias(alias) &&
    ASSIGNMENT_POLICIES.some((each) => each === policy) &&
    isParts(device) &&
    isPersistedDevice(device) &&
    isNullOr(iommuGroup, (group) => isWhole(group, Number.MAX_SAFE_INTEGER)) &&
    isListOf(allowed, isName)
  );
}

/** Whether a value is an alias of pci assign. */
export function isAlias(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith(ALIAS_PREFIX) && isName(value);
}

/** A part of a definition, with its element. */
interface Part {
  readonly alias: string;
  readonly xml: string;
}

/** The virsh commands that bring a VM's definition from one state to the other. */
function scriptLines(change: AssignmentChange, xml: XmlTexts): readonly string[] {
  const at = `${quote(change.uri)} ${change.machine}`;
  const line = (verb: 'attach' | 'detach', part: Part): string =>
    `${verb} ${at} ${quote(part.alias)} ${quote(part.xml)}`;
  const [before, after] = [partsOf(change.from, xml), partsOf(change.to, xml)];
  const isIn = (parts: readonly Part[], { alias, xml }: Part): boolean =>
    parts.some((part) => part.alias === alias && part.xml === xml);
  // A port is added before its device, and removed after it.
  const gone = before.filter((part) => !isIn(after, part)).reverse();
  return [
    ...(change.vfs ?? []).map(vfLine),
    ...gone.map((part) => line('detach', part)),
    ...after.filter((part) => !isIn(before, part)).map((part) => line('attach', part)),
    metadataLine(change, '--config', xml),
  ];
}

function partsOf({ rootPorts, devices }: AssignedState, xml: XmlTexts): readonly Part[] {
  return [
    ...rootPorts.map((index): Part => {
      const alias = `${PORT_ALIAS_PREFIX}${index}`;
      return { alias, xml: xml.rootPort(index, alias) };
    }),
    ...devices.flatMap(({ alias, device }: AssignedDevice): readonly Part[] =>
      device === null ? [] : [{ alias, xml: xml.device(device) }],
    ),
  ];
}
