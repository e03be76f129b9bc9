import { isUnknown, type Known, knownValue, UNREAD, type Unknown } from '../../base/known.ts';
import { isPciAddress, type PciAddress } from '../../pci/address.ts';
import { parseVfBars } from '../../pci/config/bar.ts';
import type { PhysicalFunction, SriovRole } from '../../pci/sriov/sriov.ts';
import type { HostContext } from '../host-context.ts';
import { parseCount, parseFlag } from './attribute-parsers.ts';
import type { DeviceSource } from './device-source.ts';

// A PF has 16 bits for the number of its VFs.
const MAX_VFS = 65536;

/**
 * Whether a function is a PF or a VF, from its links `physfn` and `virtfn0`, `virtfn1` …, and its `sriov_*`
 * attributes (Linux 3.8 and newer).
 */
export function readSriov(source: DeviceSource, context: HostContext): Known<SriovRole> {
  return readRole(source, context, readVfSettings);
}

/** The same, but of a PF only which VFs exist, and their maximum number. */
export function readVfCounts(source: DeviceSource, context: HostContext): Known<SriovRole> {
  return readRole(source, context, () => UNREAD_SETTINGS);
}

type VfSettings = Pick<PhysicalFunction, 'autoprobe' | 'offset' | 'stride' | 'vfDeviceId' | 'vfBars'>;

const UNREAD_SETTINGS: VfSettings = {
  autoprobe: UNREAD,
  offset: UNREAD,
  stride: UNREAD,
  vfDeviceId: UNREAD,
  vfBars: UNREAD,
};

function readVfSettings(source: DeviceSource): VfSettings {
  return {
    autoprobe: source.parsed('sriov_drivers_autoprobe', parseFlag),
    offset: source.parsed('sriov_offset', parseCount),
    stride: source.parsed('sriov_stride', parseCount),
    vfDeviceId: source.parsed('sriov_vf_device', (text) =>
      /^[0-9a-f]{1,4}$/i.test(text) ? text.toLowerCase().padStart(4, '0') : undefined,
    ),
    vfBars: source.parsed('resource', parseVfBars),
  };
}

function readRole(
  source: DeviceSource,
  context: HostContext,
  settingsOf: (source: DeviceSource) => VfSettings,
): Known<SriovRole> {
  // The PF may be missing on the bus, if a VMD controller or a hypervisor hides it: its link is then broken.
  const name = source.linkName('physfn');
  if (name !== null) return readVirtualFunction(source, context, name);
  if (source.has('sriov_totalvfs')) return readPhysicalFunction(source, context, settingsOf);
  return null;
}

function readVirtualFunction(
  source: DeviceSource,
  context: HostContext,
  name: string | Unknown,
): Known<SriovRole> {
  if (isUnknown(name)) return name;
  if (!isPciAddress(name)) return source.broken('physfn', name);
  const own = context.virtualFunctions(name, readVirtualFunctions).get(source.address);
  if (own === undefined) {
    source.report('VF_LINK_BROKEN', `names ${name} as its physical function, which does not list it`);
  }
  return { role: 'vf', physicalFunction: name, index: own ?? null };
}

function readPhysicalFunction(
  source: DeviceSource,
  context: HostContext,
  settingsOf: (source: DeviceSource) => VfSettings,
): PhysicalFunction {
  const numVfs = numVfsOf(source);
  const virtualFunctions = [...context.virtualFunctions(source.address, readVirtualFunctions).keys()];
  const expected = knownValue(numVfs);
  if (expected !== undefined && expected !== virtualFunctions.length) {
    source.report('VF_LINK_BROKEN', `has ${expected} VFs by number and ${virtualFunctions.length} by link`);
  }
  return {
    role: 'pf',
    totalVfs: source.parsed('sriov_totalvfs', parseCount),
    numVfs,
    ...settingsOf(source),
    virtualFunctions,
  };
}

/** The VFs in the order of their index: `virtfn0`, `virtfn1`, … `virtfn10`, until there is no next. */
function readVirtualFunctions(source: DeviceSource): readonly PciAddress[] {
  const found: PciAddress[] = [];
  const expected = knownValue(numVfsOf(source));
  while (found.length < MAX_VFS) {
    const link = `virtfn${found.length}`;
    // If a PF reports its number of VFs, the read of one more, which does not exist, is not needed.
    if (found.length === expected && !source.has(link)) break;
    const name = source.linkName(link);
    if (name === null) break;
    if (isUnknown(name) && name.unknown === 'unread') break;
    if (isUnknown(name) || !isPciAddress(name)) {
      source.report('VF_LINK_BROKEN', `${link} names no PCI function`);
      break;
    }
    found.push(name);
  }
  return found;
}

function numVfsOf(source: DeviceSource): Known<number> {
  return source.once('sriov_numvfs', () => source.parsed('sriov_numvfs', parseCount));
}
