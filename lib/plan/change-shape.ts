import { PortalGunError } from '../base/errors.ts';
import type { AssignedDevice } from '../libvirt/assignment/assignment.ts';
import { ALIAS_PREFIX, ASSIGNMENT_POLICIES } from '../libvirt/assignment/assignment.ts';
import { parseHostDevice } from '../libvirt/hostdev/host-device-parser.ts';
import { formatHostDevice } from '../libvirt/hostdev/host-device-text.ts';
import { isCategory } from '../libvirt/machine/category.ts';
import { parseXml } from '../libvirt/xml/xml-document.ts';
import { isPciAddress } from '../pci/address.ts';
import { isPersistedDevice } from '../pci/persisted/persisted-device.ts';
import type { Change, PluggedDevice } from './change.ts';
import { isOwnPath } from './persistence/own-paths.ts';
import { areSettings } from './sriov/setting-forms.ts';

/** A JSON object whose parts are not known yet. */
type Parts = Readonly<Record<string, unknown>>;

const MAX_VFS = 0xffff;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** The name of a driver or module: one directory in sysfs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it keeps out
const NAME = /^(?!\.{1,2}$|-)[^/\x00-\x1f\x7f]{1,255}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it keeps out
const URI = /^(?!-)[^\s\x00-\x1f\x7f]{1,1024}$/;

/** Whether something is a change of a kind of ours, with every part in its form: of what a journal says, nothing else is made. */
export function isChange(value: unknown): value is Change {
  if (!isParts(value) || typeof value['kind'] !== 'string') return false;
  return Object.hasOwn(SHAPES, value['kind']) && SHAPES[value['kind'] as Change['kind']](value);
}

const SHAPES: { readonly [K in Change['kind']]: (parts: Parts) => boolean } = {
  driver: ({ address, from, to }) => isAddress(address) && isDriverState(from) && isDriverState(to),
  module: ({ module, driver, from, to }) =>
    isName(module) && isNullOr(driver, isName) && isBoolean(from) && isBoolean(to),
  file: ({ path, from, to, executable = false }) =>
    typeof path === 'string' && isOwnPath(path) && isText(from) && isText(to) && isBoolean(executable),
  initramfs: ({ from, to }) => isText(from) && isText(to),
  'boot-loader': ({ from, to }) => isText(from) && isText(to),
  vfs: ({ address, from, to }) => isAddress(address) && isVfsState(from) && isVfsState(to),
  link: ({ address, from, to }) => isAddress(address) && isBoolean(from) && isBoolean(to),
  assignment: (parts) =>
    isOfMachine(parts) &&
    isAssignedState(parts['from']) &&
    isAssignedState(parts['to']) &&
    isText(parts['metadata']) &&
    arePlaces(parts['vfs']),
  attachment: (parts) => {
    const { address, from, to, vfs } = parts;
    if (!isOfMachine(parts) || !isAddress(address) || !arePlaces(vfs)) return false;
    const devices = [from, to].filter((each) => each !== null);
    return devices.length > 0 && devices.every((each) => isPlugged(each) && each.address === address);
  },
  category: (parts) =>
    isOfMachine(parts) &&
    (parts['place'] === 'definition' || parts['place'] === 'live') &&
    isNullOr(parts['from'], isName) &&
    isNullOr(parts['to'], (to) => typeof to === 'string' && isCategory(to)) &&
    isText(parts['metadata']),
};

function isParts(value: unknown): value is Parts {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNullOr(value: unknown, is: (value: unknown) => boolean): boolean {
  return value === null || is(value);
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function isText(value: unknown): boolean {
  return value === null || typeof value === 'string';
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && NAME.test(value);
}

function isAddress(value: unknown): boolean {
  return typeof value === 'string' && isPciAddress(value);
}

function isWhole(value: unknown, most: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
}

/** Also none, which a VF has before anybody sets one. */
function isMac(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(value);
}

function isListOf(value: unknown, is: (value: unknown) => boolean): value is readonly unknown[] {
  return Array.isArray(value) && value.every(is);
}

function isDriverState(value: unknown): boolean {
  return isParts(value) && isNullOr(value['driver'], isName) && isNullOr(value['override'], isName);
}

function isVfsState(value: unknown): boolean {
  if (!isParts(value)) return false;
  const { count, autoprobe, vfs } = value;
  return (
    isWhole(count, MAX_VFS) &&
    isNullOr(autoprobe, isBoolean) &&
    isListOf(
      vfs,
      (vf) =>
        isParts(vf) &&
        isWhole(vf['index'], MAX_VFS) &&
        areSettings(vf['settings'], isMac) &&
        isDriverState(vf['driver']),
    )
  );
}

function isOfMachine({ uri, machine }: Parts): boolean {
  return (
    [uri, machine].every((each) => typeof each === 'string') && URI.test(`${uri}`) && UUID.test(`${machine}`)
  );
}

function arePlaces(value: unknown = []): boolean {
  return isListOf(
    value,
    (place) =>
      isParts(place) &&
      isAddress(place['address']) &&
      isAddress(place['pf']) &&
      isWhole(place['index'], MAX_VFS),
  );
}

function isAssignedState(value: unknown): boolean {
  return (
    isParts(value) &&
    isListOf(value['devices'], isAssignedDevice) &&
    isListOf(value['rootPorts'], (index) => isWhole(index, 0xff))
  );
}

function isAssignedDevice(value: unknown): value is AssignedDevice {
  return (
    isParts(value) &&
    isAlias(value['alias']) &&
    isNullOr(value['assignment'], isAssignment) &&
    isNullOr(value['device'], isHostDevice)
  );
}

function isAssignment(value: unknown): boolean {
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

function isAlias(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith(ALIAS_PREFIX) && NAME.test(value);
}

function isPlugged(value: unknown): value is PluggedDevice {
  return isHostDevice(value) && isParts(value) && isAlias(value['alias']) && isAddress(value['address']);
}

/** Its XML has to be read as the very same device: then there is nothing in it that is not of its form. */
function isHostDevice(value: unknown): boolean {
  if (!isParts(value)) return false;
  try {
    const text = formatHostDevice(value as unknown as PluggedDevice);
    const document = parseXml(text, 'a device');
    const device = parseHostDevice(document, document.root);
    return device !== null && formatHostDevice(device) === text;
  } catch (error) {
    if (error instanceof PortalGunError || error instanceof TypeError || error instanceof RangeError)
      return false;
    throw error;
  }
}
