import { isUnknown, type Known, knownValue } from '../../base/known.ts';
import { plausibleSerial } from '../../pci/plausible-serial.ts';
import type { AttachmentPlace } from '../device/attachment-place.ts';
import type { DeviceSource } from '../device/device-source.ts';

// The kernel creates `nqn.2014.08.org.nvmexpress:…` from ids, serial number and model, for a drive without another
// name.
const MADE_NQN = /^nqn\.2014\.08\.org\.nvmexpress:/;
/** Other names are derived from the serial number: `nvme.1b36-…`. */
const OWN_WWID = /^(eui|uuid)\./;
const HOST_PHY = /^phy-\d+:\d+$/;
const HOST_ROUTER = /^\d+-0$/;

/** A globally unique name of an attachment; `null` if its kind has none. */
export function readWorldWideName(source: DeviceSource, place: AttachmentPlace): Known<string> {
  const { kind, name, path } = place;
  switch (kind) {
    case 'scsi_host':
      return readHostName(source, place);
    case 'nvme':
      return readDriveName(source, place);
    case 'infiniband':
      return source.text(`${path}/node_guid`);
    case 'thunderbolt':
      return readRouterId(source, path);
    case 'drm':
      // From amdgpu, and the same for each node of the GPU.
      return /^card\d+$/.test(name) && source.has('unique_id') ? source.text('unique_id') : null;
    default:
      return null;
  }
}

/**
 * Both names of a Fibre Channel port, `0x… 0x…`, or the address of a SAS host. Virtual ports are created and removed,
 * so they identify nothing.
 */
function readHostName(source: DeviceSource, { name, path, beside = [] }: AttachmentPlace): Known<string> {
  if (/(^|\/)vport-/.test(path)) return null;
  const host = path.slice(0, -`/scsi_host/${name}`.length);
  if (beside.includes('fc_host')) {
    const names = ['port_name', 'node_name'].map((each) => source.text(`${host}/fc_host/${name}/${each}`));
    const unknown = names.find(isUnknown);
    if (unknown !== undefined) return unknown;
    return joined(names.map((each) => plausibleSerial(knownValue(each))));
  }
  const phys = beside.filter((each) => HOST_PHY.test(each)).sort((a, b) => phyNumber(a) - phyNumber(b));
  if (!beside.includes('sas_host') && phys.length === 0) return null;
  const own = source.text(`${path}/host_sas_address`);
  if (own !== null) return own;
  const [first] = phys;
  return first === undefined ? null : source.text(`${host}/${first}/sas_phy/${first}/sas_address`);
}

function joined(names: readonly (string | null)[]): string | null {
  const there = names.filter((name) => name !== null);
  return there.length === 0 ? null : there.join(' ');
}

function phyNumber(phy: string): number {
  return Number(phy.slice(phy.lastIndexOf(':') + 1));
}

/** The name of a drive with a blank serial number: its subsystem, or its only namespace. */
function readDriveName(source: DeviceSource, { path }: AttachmentPlace): Known<string> {
  const serial = source.text(`${path}/serial`);
  if (isUnknown(serial) || plausibleSerial(serial?.trim()) !== null) return null;
  const nqn = source.text(`${path}/subsysnqn`);
  if (typeof nqn === 'string' && nqn !== '' && !MADE_NQN.test(nqn)) return nqn;
  const entries = source.list(path);
  const namespaces = (knownValue(entries) ?? []).filter((each) => /^nvme\d+(c\d+)?n\d+$/.test(each));
  const [only, second] = namespaces;
  if (only === undefined || second !== undefined) return isUnknown(nqn) ? nqn : null;
  const wwid = source.text(`${path}/${only}/wwid`);
  return typeof wwid === 'string' && !OWN_WWID.test(wwid) ? null : wwid;
}

/** The unique id of the host router: `domain0/0-0/unique_id`. */
function readRouterId(source: DeviceSource, path: string): Known<string> {
  const names = source.list(path);
  if (names === null || isUnknown(names)) return names;
  const router = names.find((each) => HOST_ROUTER.test(each));
  return router === undefined ? null : source.text(`${path}/${router}/unique_id`);
}
