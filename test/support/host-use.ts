import type { Known } from '../../lib/base/known.ts';
import type { Finding } from '../../lib/checks/finding.ts';
import { checkSafety } from '../../lib/checks/safety/check-safety.ts';
import { SAFETY_FIELDS } from '../../lib/checks/safety/safety-fields.ts';
import type { HostUse, LiveUse, OpenNode } from '../../lib/facts/host-use.ts';
import type { NetInterface } from '../../lib/facts/network-use.ts';
import type { BlockDevice, Mount } from '../../lib/facts/storage-use.ts';
import { SnapshotHost } from '../../lib/host/snapshot/snapshot-host.ts';
import type { PciAddress } from '../../lib/pci/address.ts';
import { groupDevices } from '../../lib/pci/group/iommu-group.ts';
import { subsystemByPath } from '../../lib/sysfs/host-use/node/node-names.ts';
import { readGroupAttributes } from '../../lib/sysfs/read-groups.ts';
import { buildHost } from './host-builder.ts';
import type { FunctionSpec, HostSpec } from './host-spec.ts';
import { readHost } from './reading.ts';

/** A host without uses, all of them known. */
const IDLE: HostUse = {
  blocks: [],
  mounts: [],
  fileSystems: [],
  swaps: [],
  hibernation: null,
  pools: null,
  deviceNames: [],
  exports: null,
  shares: null,
  automounts: null,
  tunnels: null,
  interfaces: [],
  ipv4: { addresses: [], routes: [] },
  ipv6: { addresses: null, routes: null },
  network: { ports: [], hasIpoib: false, rdmaUsers: [] },
  targetPorts: null,
  displayClaims: [],
  framebuffers: null,
  framebufferConsole: null,
  framebufferMap: null,
  consoles: [],
  inputs: [],
  bluetoothAdapters: null,
  tpms: null,
  soundStreams: null,
  deviceNodes: [],
  watchdogs: null,
  systemMemory: [],
  mediatedDevices: null,
  vdpaDevices: null,
  kernelWork: [],
};

/** No process holds a device, and the session is at the console. */
export const IDLE_LIVE: LiveUse = {
  holders: [],
  unseen: null,
  mountNamespaces: [],
  unseenMounts: null,
  packetSockets: null,
  connections: null,
  elsewhere: { interfaces: [], unseen: [], missed: null },
  sessionAddress: null,
};

/** The function of most tests. */
export const HERE = '0000:00:03.0' as PciAddress;

export function block(name: string, facts: Partial<BlockDevice> = {}): BlockDevice {
  return {
    name,
    number: null,
    functions: [],
    partitionOf: null,
    holders: [],
    kind: null,
    title: null,
    backingFile: null,
    remote: null,
    signature: null,
    label: null,
    ...facts,
  };
}

export function mount(source: string, point: string, facts: Partial<Mount> = {}): Mount {
  return {
    number: '0:50',
    point,
    type: 'ext4',
    source,
    directories: [],
    devices: [],
    remote: null,
    ...facts,
  };
}

/** An open node of a process, for some functions; its class and block device follow from its path. */
export function openNode(path: string, functions: Known<readonly string[]> = []): OpenNode {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const subsystem = subsystemByPath(path);
  const block = subsystem === 'block' && Array.isArray(functions) ? name : null;
  return { path, name, subsystem, block, functions: functions as OpenNode['functions'] };
}

export function link(name: string, facts: Partial<NetInterface> = {}): NetInterface {
  return {
    name,
    function: null,
    index: null,
    kind: 'other',
    linkLayer: 'ethernet',
    port: null,
    isUp: true,
    state: 'up',
    uppers: [],
    missedUppers: null,
    master: null,
    users: [],
    ...facts,
  };
}

/** A function at {@link HERE} with a group of its own that can be reset. */
export function functionHere(facts: Partial<FunctionSpec> = {}): FunctionSpec {
  return { address: HERE, ids: '8086:10c9', classCode: '020000', group: 3, resetMethods: 'flr', ...facts };
}

export interface State {
  readonly functions?: readonly FunctionSpec[];
  readonly host?: Partial<HostSpec>;
  readonly use?: Partial<HostUse>;
  readonly live?: Partial<LiveUse>;
  /** The requested devices; {@link HERE} by default. */
  readonly take?: readonly string[];
  readonly tellsResetMethods?: boolean;
}

/** The findings for a described host. */
export function findingsOf(state: State): readonly Finding[] {
  const { functions = [functionHere()], host = {}, use = {}, live = {}, take = [HERE] } = state;
  const reader = new SnapshotHost(buildHost({ label: 'described', functions, ...host }));
  const { devices } = readHost(reader, SAFETY_FIELDS);
  return checkSafety(take as readonly PciAddress[], {
    devices,
    groups: groupDevices(devices, (group) => readGroupAttributes(reader, group)),
    use: { ...IDLE, ...use },
    live: { ...IDLE_LIVE, ...live },
    tellsResetMethods: state.tellsResetMethods ?? true,
  });
}

/** The same as lines: `mounted refuses 00:03.0 contains mounted file systems: sda1 on /srv`. */
export function linesOf(state: State): readonly string[] {
  return findingsOf(state).map(
    ({ name, severity, subject, message }) => `${name} ${severity} ${subject.slice(5)} ${message}`,
  );
}
