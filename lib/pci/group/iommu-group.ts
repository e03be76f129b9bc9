import { isUnknown, type Known, knownValue, UNREAD } from '../../base/known.ts';
import { type PciAddress, shortAddress } from '../address.ts';
import { HEADER_BYTES } from '../config/registers.ts';
import type { DeviceField, DeviceWith, PciDevice } from '../device.ts';
import { isBusBridge } from '../device-class.ts';
import { boundToOwnDriver, isWithVfio } from '../vfio-state.ts';
import { groupWhenAsked } from './group-when-asked.ts';

/** A range of I/O virtual addresses that the IOMMU reserves for a group. */
export interface ReservedRegion {
  /** Hex with `0x`. */
  readonly start: string;
  readonly end: string;
  /** `direct` (used by the firmware: RMRR), `direct-relaxable`, `reserved`, `msi`; the kernel's word. */
  readonly kind: string;
}

/** The attributes of a group in the kernel, apart from its members. */
export interface GroupAttributes {
  /** The name that its driver gave it, in `name`: `vfio-noiommu`. `null` for nearly all; omitted if unknown. */
  readonly name?: Known<string>;
  /** The default domain's type: `DMA`, `DMA-FQ`, `identity`, `blocked`. */
  readonly type: Known<string>;
  readonly reservedRegions: Known<readonly ReservedRegion[]>;
}

/** Why a group cannot be passed to a VM in its current state, or at all. */
export type ObstacleCode =
  /** A host driver has the member; binding it to vfio-pci removes this. */
  | 'HOST_DRIVER'
  /** Only the driver of the member can pass it through, and it is not ready: a VF without a vGPU type. */
  | 'OWN_DRIVER'
  /** The driver of the member is unknown. */
  | 'DRIVER_UNKNOWN'
  /** No member is on a VFIO driver. */
  | 'NOT_BOUND'
  /** It is unknown which memory the firmware uses through the group. */
  | 'REGIONS_UNKNOWN'
  /** The firmware uses memory through the member (RMRR), so the kernel refuses to pass the group through. */
  | 'DIRECT_REGION'
  /** VFIO created the group for a device that no IOMMU covers (`enable_unsafe_noiommu_mode`). */
  | 'WITHOUT_IOMMU'
  /** It is unknown whether an IOMMU covers the group. */
  | 'IOMMU_UNKNOWN'
  /** The member does not answer: its configuration space reads all ones. */
  | 'NOT_ANSWERING'
  /** The member is a VF, and its PF is in the same group: if the PF leaves its driver, the VF no longer exists. */
  | 'VF_WITH_PF'
  /** The group has only bridges: there is no device to pass through. */
  | 'BRIDGES_ONLY';

/** The obstacles that a change of drivers does not remove. */
const LASTING: readonly ObstacleCode[] = [
  'WITHOUT_IOMMU',
  'NOT_ANSWERING',
  'VF_WITH_PF',
  'DIRECT_REGION',
  'BRIDGES_ONLY',
];

export interface GroupObstacle {
  readonly code: ObstacleCode;
  /** The member of the obstacle, `null` if it is about the whole group. */
  readonly subject: PciAddress | null;
  readonly message: string;
}

export interface GroupMember<Device extends DeviceWith<never> = PciDevice> {
  readonly device: Device;
  /** Ports and bridges stay with the host if the rest of their group is passed through. */
  readonly stays: boolean;
  /**
   * The member above it that creates its bus without being a bridge, such as a VMD controller: both are passed
   * through together. `null` for nearly all.
   */
  readonly behind: PciAddress | null;
}

/**
 * - `ready`: a member is on a VFIO driver, and the others are too, or on pci-stub, or without a driver.
 * - `bindable`: it can be passed through after the members that an obstacle names are bound to vfio-pci.
 * - `unknown`: no obstacle is known, but not all facts were readable.
 * - `never`: it cannot be passed through on this host.
 */
export type GroupVerdict = 'ready' | 'bindable' | 'unknown' | 'never';

export interface IommuGroup<Device extends DeviceWith<never> = PciDevice> extends GroupAttributes {
  readonly id: number;
  /** Ordered by address. */
  readonly members: readonly GroupMember<Device>[];
  readonly verdict: GroupVerdict;
  readonly obstacles: readonly GroupObstacle[];
}

type JudgedGroup = Omit<IommuGroup, 'id' | 'members'>;

/** Whether a function is a port or bridge, which stays with its driver when its group is passed through. */
export function staysWithHost(device: DeviceWith<'class' | 'config'>): boolean {
  const headerType = knownValue(knownValue(device.config)?.headerType ?? null);
  if (headerType !== undefined) return headerType !== 0;
  return isBusBridge(knownValue(device.class)?.code ?? '');
}

// The bridges to the CPU, to ISA, EISA and Micro Channel have an ordinary header, and are parts of the board.
const BOARD_BRIDGE = /^060[0-3]/;

/**
 * Whether a function is a bridge of any kind, to another bus or of the host, which a VM cannot use. The header
 * decides, because class 06 also has endpoints, such as NVSwitch and non-transparent bridges (0680).
 */
export function isBridge(device: DeviceWith<'class' | 'config'>): boolean {
  return staysWithHost(device) || BOARD_BRIDGE.test(knownValue(device.class)?.code ?? '');
}

/**
 * Whether a function is known not to answer, for example after a failed reset, or without power or link. The ids in
 * sysfs are those that the kernel saved; the registers read all ones, or values that no header has.
 */
export function isSilent({ vendor, config }: DeviceWith<'config'> & Partial<DeviceWith<'vendor'>>): boolean {
  if (knownValue(vendor)?.id === 'ffff') return true;
  const space = knownValue(config);
  if (space === undefined || space.sizeBytes < HEADER_BYTES) return false;
  return space.isSilent || isUnknown(space.headerType);
}

/** The fields that {@link groupDevices} needs. */
export const GROUP_FIELDS = [
  'location',
  'class',
  'driver',
  'vfio',
  'iommuGroup',
  'sriov',
  'config',
] as const satisfies readonly DeviceField[];
/** One of {@link GROUP_FIELDS}. */
export type GroupField = (typeof GROUP_FIELDS)[number];

/**
 * The IOMMU groups of devices, ordered by number, each with a verdict. A verdict is computed when it is first read,
 * because a large host has thousands of groups, and most questions are about one.
 */
export function groupDevices<Device extends DeviceWith<GroupField>>(
  devices: readonly Device[],
  attributesOf: (group: number) => GroupAttributes,
): readonly IommuGroup<Device>[] {
  const members = new Map<number, Device[]>();
  for (const device of devices) {
    const id = knownValue(device.iommuGroup);
    if (id === undefined) continue;
    const known = members.get(id);
    if (known === undefined) members.set(id, [device]);
    else known.push(device);
  }
  return [...members.keys()]
    .sort((a, b) => a - b)
    .map((id) => {
      const own = toMembers(members.get(id) ?? []);
      return groupWhenAsked(id, own, () => judge(own, attributesOf(id)));
    });
}

/** A member with the facts for verdicts. */
type Member = GroupMember<DeviceWith<GroupField>>;

function toMembers<Device extends DeviceWith<GroupField>>(
  devices: readonly Device[],
): readonly GroupMember<Device>[] {
  const [only] = devices;
  // As nearly all are, of thousands of groups.
  if (only !== undefined && devices.length === 1) {
    return [{ device: only, stays: staysWithHost(only), behind: null }];
  }
  const makers = new Set(devices.filter((device) => !isBridge(device)).map(({ address }) => address));
  return devices.map((device) => ({
    device,
    stays: staysWithHost(device),
    behind: knownValue(device.location)?.bridges.find((above) => makers.has(above)) ?? null,
  }));
}

function judge(members: readonly Member[], attributes: GroupAttributes): JudgedGroup {
  const obstacles = [...blockers(members, attributes), ...driverObstacles(members)];
  return { ...attributes, verdict: verdictOf(obstacles), obstacles };
}

function verdictOf(obstacles: readonly GroupObstacle[]): GroupVerdict {
  const has = (...codes: readonly ObstacleCode[]): boolean =>
    obstacles.some(({ code }) => codes.includes(code));
  if (has(...LASTING)) return 'never';
  if (has('REGIONS_UNKNOWN', 'DRIVER_UNKNOWN', 'IOMMU_UNKNOWN')) return 'unknown';
  return obstacles.length > 0 ? 'bindable' : 'ready';
}

function blockers(members: readonly Member[], attributes: GroupAttributes): readonly GroupObstacle[] {
  if (members.every(({ device }) => isBridge(device))) {
    return [
      { code: 'BRIDGES_ONLY', subject: null, message: 'contains only bridges; nothing to pass through' },
    ];
  }
  return [
    ...translationObstacles(attributes),
    ...members.flatMap((member) => memberObstacles(member, members)),
    ...regionObstacles(attributes),
  ];
}

/** The types of a default domain, which only a group of an IOMMU has. */
const DOMAIN_TYPE = /^(DMA|DMA-FQ|identity|blocked)$/;
const VFIO_NO_IOMMU = 'vfio-noiommu';

/** Whether VFIO created a group for a device that no IOMMU covers: it has a name, but no domain and no regions. */
export function isWithoutIommu({ name, type, reservedRegions }: GroupAttributes): Known<boolean> {
  if (name === VFIO_NO_IOMMU) return true;
  if (DOMAIN_TYPE.test(knownValue(type) ?? '')) return false;
  if ((knownValue(reservedRegions)?.length ?? 0) > 0) return false;
  return name === undefined ? UNREAD : isUnknown(name) ? name : false;
}

function translationObstacles(attributes: GroupAttributes): readonly GroupObstacle[] {
  const without = isWithoutIommu(attributes);
  if (without === false) return [];
  if (without === true) {
    const message =
      'no IOMMU covers it: VFIO created it (enable_unsafe_noiommu_mode), and a device in it can access all memory of the host';
    return [{ code: 'WITHOUT_IOMMU', subject: null, message }];
  }
  // If the regions are unknown, that obstacle implies this one.
  if (knownValue(attributes.reservedRegions) === undefined) return [];
  return [{ code: 'IOMMU_UNKNOWN', subject: null, message: 'it is unknown whether an IOMMU covers it' }];
}

function memberObstacles(
  { device, stays, behind }: Member,
  members: readonly Member[],
): readonly GroupObstacle[] {
  if (stays || behind !== null) return [];
  const { address } = device;
  if (isSilent(device)) {
    const message = `${shortAddress(address)} does not answer: its configuration space reads as all ones`;
    return [{ code: 'NOT_ANSWERING', subject: address, message }];
  }
  const role = knownValue(device.sriov);
  if (role?.role !== 'vf') return [];
  const { physicalFunction } = role;
  if (!members.some((member) => member.device.address === physicalFunction)) return [];
  const message = `${shortAddress(address)} is a VF of ${shortAddress(physicalFunction)}, which is in the group too: if the PF leaves its driver, the VF no longer exists`;
  return [{ code: 'VF_WITH_PF', subject: address, message }];
}

function regionObstacles({ reservedRegions }: GroupAttributes): readonly GroupObstacle[] {
  const regions = knownValue(reservedRegions);
  if (regions === undefined) {
    const message = 'it is unknown whether the firmware uses memory through it (RMRR)';
    return [{ code: 'REGIONS_UNKNOWN', subject: null, message }];
  }
  return regions
    .filter(({ kind }) => kind === 'direct')
    .map(({ start, end }) => ({
      code: 'DIRECT_REGION',
      subject: null,
      message: `the firmware uses ${start} to ${end} through it (RMRR); the kernel refuses to pass it through`,
    }));
}

/**
 * The obstacles that prevent a member from being passed through with any drivers: those of the whole group, of the
 * member itself, or of a device that must be passed through with it. VFs are no obstacle for their PF: they can be
 * removed first.
 */
export function lastingObstacles(
  group: IommuGroup<DeviceWith<never>>,
  { address }: DeviceWith<never>,
): readonly GroupObstacle[] {
  return group.obstacles.filter(
    ({ code, subject }) => LASTING.includes(code) && (code !== 'VF_WITH_PF' || subject === address),
  );
}

function driverObstacles(members: readonly Member[]): readonly GroupObstacle[] {
  const held = members.flatMap(driverObstacle);
  const bound = members.some(({ device }) => isWithVfio(device));
  if (held.length > 0 || bound || members.every(({ device }) => isBridge(device))) return held;
  return [{ code: 'NOT_BOUND', subject: null, message: 'no member is on vfio-pci yet' }];
}

function driverObstacle({ device, stays, behind }: Member): readonly GroupObstacle[] {
  if (stays || behind !== null || device.driver === null) return [];
  const name = shortAddress(device.address);
  if (isUnknown(device.driver)) {
    return [{ code: 'DRIVER_UNKNOWN', subject: device.address, message: `the driver of ${name} is unknown` }];
  }
  if (isWithVfio(device)) return [];
  const own = boundToOwnDriver(device);
  if (own !== null) return [{ code: 'OWN_DRIVER', subject: device.address, message: `${name} ${own}` }];
  return [{ code: 'HOST_DRIVER', subject: device.address, message: `${name} is held by ${device.driver}` }];
}
