import { isUnknown, knownValue, UNREAD } from '../../base/known.ts';
import type { DeviceHolder, LiveUse, OpenNode } from '../../facts/host-use.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { DeviceWith } from '../../pci/device.ts';
import { staysWithHost } from '../../pci/group/iommu-group.ts';
import { isPassthroughDriver } from '../../pci/vfio-state.ts';
import { mayHaveDisks } from './storage-view.ts';

/** A process, with its relevant nodes. */
export interface NodeHolder {
  readonly holder: DeviceHolder;
  readonly nodes: readonly OpenNode[];
}

/** The processes that have nodes of a function open, and those with nodes that may belong to it. */
export interface NodeUse {
  readonly holders: readonly NodeHolder[];
  readonly unsure: readonly NodeHolder[];
}

/** The rules about open nodes; each node belongs to one rule. */
export type NodeRule =
  | 'block-open'
  | 'machine-has-it'
  | 'drm-in-use'
  | 'sound-in-use'
  | 'input-open'
  | 'node-open';

const RULES: Readonly<Record<string, NodeRule>> = {
  block: 'block-open',
  vfio: 'machine-has-it',
  'vfio-dev': 'machine-has-it',
  drm: 'drm-in-use',
  graphics: 'drm-in-use',
  accel: 'drm-in-use',
  nvidia: 'drm-in-use',
  kfd: 'drm-in-use',
  sound: 'sound-in-use',
  input: 'input-open',
};

/** The rule that reports nodes of a class or bus. */
export function nodeRuleOf({ block, subsystem }: Pick<OpenNode, 'block' | 'subsystem'>): NodeRule {
  if (block !== null) return 'block-open';
  return RULES[subsystem ?? ''] ?? 'node-open';
}

/**
 * The class codes of functions that can have nodes of a class or bus, by their first digits. For other classes and
 * buses, any function with a driver can have them.
 */
const CLASSES: Readonly<Record<string, RegExp>> = {
  drm: /^(03|12|0b40)/,
  graphics: /^03/,
  accel: /^(12|0b40|0880|ff)/,
  nvidia: /^03/,
  kfd: /^(03|12|0b40)/,
  sound: /^(04|0c03)/,
  input: /^(09|0c0[35]|0c80|1180|0780|0801)/,
  usb: /^0c03/,
  usbmisc: /^0c03/,
  'usb-serial': /^0c03/,
  hidraw: /^(09|0c0[35]|0c80|1180)/,
  nvme: /^0108/,
  scsi_generic: /^(01|0c03|0805)/,
  scsi_tape: /^(01|0c0[034])/,
  infiniband_verbs: /^(02|0c06|12)/,
  hfi1_user: /^02/,
  hvc: /^0780/,
  // CXL memory, and memory that the firmware reserves of it.
  dax: /^(05|00ff)/,
  tty: /^(07|0b40|0c|0d|09|11|12|ff)/,
  watchdog: /^(0601|0680|07|08|09|0c|1[0138]|ff)/,
};

/** Nodes of a driver for all of its devices. A process that uses a device also has a node of that device open. */
const SHARED: Readonly<Record<string, { readonly driver: string; readonly own: readonly string[] }>> = {
  nvidia: { driver: 'nvidia', own: ['nvidia', 'drm'] },
  kfd: { driver: 'amdgpu', own: ['drm'] },
  // The security processor, which VMs with encrypted memory need.
  sev: { driver: 'ccp', own: [] },
  tee: { driver: 'ccp', own: [] },
};

/**
 * The facts that show which nodes may belong to a function. Without configuration space, its class shows whether it
 * is a bridge; a function whose disks are unknown may have some.
 */
export type NodeDevice = DeviceWith<'driver' | 'class' | 'iommuGroup' | 'attachments'> &
  Partial<DeviceWith<'config' | 'blockDevices'>>;

const NOBODY: NodeUse = { holders: [], unsure: [] };

/** The open nodes of processes, by the function of each node. */
export class OpenNodesView {
  readonly #sure = new Map<PciAddress, Map<NodeRule, NodeHolder[]>>();
  /** Nodes of unknown devices, and of devices that are on no function, although an object on a function has their name. */
  readonly #unsure: { readonly holder: DeviceHolder; readonly node: OpenNode }[] = [];
  readonly #devices: readonly DeviceWith<'driver'>[];
  #drivers: ReadonlySet<string> | undefined;

  constructor(devices: readonly DeviceWith<'driver'>[], { holders }: LiveUse) {
    this.#devices = devices;
    for (const holder of holders) {
      for (const node of holder.nodes) {
        const functions = knownValue(node.functions) ?? [];
        for (const address of functions) this.#add(address, holder, node);
        if (isUnfound(node) || (functions.length === 0 && node.block === null))
          this.#unsure.push({ holder, node });
      }
    }
  }

  /**
   * The processes with open nodes of a function that a rule reports. Block devices include those that are built on
   * them.
   */
  useOf(device: NodeDevice, rule: NodeRule): NodeUse {
    const sure = this.#sure.get(device.address)?.get(rule) ?? [];
    const open = this.#unsure.filter(({ node }) => nodeRuleOf(node) === rule);
    if (open.length === 0) return sure.length === 0 ? NOBODY : { holders: sure, unsure: [] };
    const named = open.filter(({ node }) => isNamedAs(node, device));
    const unsure = open.filter(({ node, holder }) => this.#mayBeOf(node, holder, device));
    return { holders: [...sure, ...named.map(single)], unsure: unsure.map(single) };
  }

  #add(address: PciAddress, holder: DeviceHolder, node: OpenNode): void {
    const rules = this.#sure.get(address) ?? new Map<NodeRule, NodeHolder[]>();
    const rule = nodeRuleOf(node);
    const held = rules.get(rule) ?? [];
    const last = held.at(-1);
    if (last?.holder === holder) held[held.length - 1] = { holder, nodes: [...last.nodes, node] };
    else held.push({ holder, nodes: [node] });
    this.#sure.set(address, rules.set(rule, held));
  }

  #mayBeOf(node: OpenNode, holder: DeviceHolder, device: NodeDevice): boolean {
    const { driver } = device;
    if (driver === null || staysWithHost({ config: UNREAD, ...device })) return false;
    const name = knownValue(driver);
    const subsystem = node.subsystem ?? '';
    if (subsystem === 'vfio' || subsystem === 'vfio-dev')
      return isUnfound(node) && mayBeInGroup(node, device);
    if (name !== undefined && isPassthroughDriver(name)) return false;
    const shared = SHARED[subsystem];
    if (shared !== undefined) {
      if (!isUnfound(node)) return false;
      const isOfAnother = holder.nodes.some(
        (other) => shared.own.includes(other.subsystem ?? '') && knownValue(other.functions)?.length === 1,
      );
      return !isOfAnother && (name ?? shared.driver) === shared.driver;
    }
    this.#drivers ??= new Set(this.#devices.flatMap((each) => knownValue(each.driver) ?? []));
    const makers = [...this.#drivers].filter((maker) => isNamedBy(node, maker));
    if (makers.length > 0) return name === undefined || makers.includes(name);
    if (!isUnfound(node)) return false;
    if (subsystem === 'block') return mayHaveDisks({ blockDevices: UNREAD, ...device });
    const code = knownValue(device.class)?.code;
    const classes = CLASSES[subsystem];
    return code === undefined || classes === undefined || classes.test(code) || hasKind(device, subsystem);
  }
}

function single({ holder, node }: { readonly holder: DeviceHolder; readonly node: OpenNode }): NodeHolder {
  return { holder, nodes: [node] };
}

function isUnfound({ functions }: OpenNode): boolean {
  return isUnknown(functions);
}

/** Whether an object on a function has the name of a node that is on none: `hfi1_0`, an InfiniBand adapter. */
function isNamedAs({ name, functions }: OpenNode, { attachments }: DeviceWith<'attachments'>): boolean {
  return !isUnknown(functions) && (knownValue(attachments) ?? []).some((each) => each.name === name);
}

/** Whether a node has the name of a driver, or the class has: `nvidia-uvm` for nvidia. */
function isNamedBy({ name, subsystem }: OpenNode, driver: string): boolean {
  // Not a node of a controller, but for connections to controllers of other machines.
  if (subsystem === 'nvme-fabrics') return false;
  return [name, subsystem ?? ''].some(
    (each) => each.startsWith(driver) && !/^[a-z]/i.test(each.slice(driver.length)),
  );
}

function mayBeInGroup(
  { name, subsystem }: OpenNode,
  { driver, iommuGroup }: DeviceWith<'driver' | 'iommuGroup'>,
): boolean {
  const known = knownValue(driver);
  if (known !== undefined && !isPassthroughDriver(known)) return false;
  const group = knownValue(iommuGroup);
  return subsystem !== 'vfio' || group === undefined || name === String(group) || !/^\d+$/.test(name);
}

function hasKind({ attachments }: DeviceWith<'attachments'>, subsystem: string): boolean {
  return (knownValue(attachments) ?? []).some(({ kind }) => kind === subsystem);
}
