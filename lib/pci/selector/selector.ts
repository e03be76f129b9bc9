import { PortalGunError } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import { suggest } from '../../base/text.ts';
import { parsePciAddress, slotOf } from '../address.ts';
import type { DeviceField, DeviceInPart, DeviceWith } from '../device.ts';
import { isBridge } from '../group/iommu-group.ts';
import { isPassthroughDriver } from '../vfio-state.ts';
import { didYouMean, parseSelector, type Selector } from './selector-parser.ts';

/**
 * The devices that any of the selectors matches, in their order; all if there is no selector.
 *
 * @throws PortalGunError DEVICE_NOT_FOUND if a selector names something that does not exist
 */
export function selectDevices<Device extends DeviceInPart>(
  devices: readonly Device[],
  selectors: readonly Selector[],
): readonly Device[] {
  if (selectors.length === 0) return devices;
  for (const selector of selectors) {
    if (selector.mustMatch && !devices.some((device) => selector.matches(device)))
      throw notFound(selector, devices);
  }
  return devices.filter((device) => selectors.some((selector) => selector.matches(device)));
}

function notFound(selector: Selector, devices: readonly DeviceInPart[]): PortalGunError {
  return new PortalGunError('DEVICE_NOT_FOUND', 'no such device on this host', {
    subject: selector.text,
    ...(selector.fields.length === 0 ? neighbours(selector, devices) : nearestHint(selector, devices)),
  });
}

function nearestHint(selector: Selector, devices: readonly DeviceInPart[]): { hint?: string } {
  const meant = nearest(selector, devices);
  const bound = devices.filter((device) => selector.fields.some((field) => isHidden(device, field)));
  if (meant !== undefined || bound.length === 0) return didYouMean(meant);
  return {
    hint: `a device on a VFIO driver has no interface, disk or host driver; these are on one: ${sample(bound)}`,
  };
}

/** The devices on the bus of an address without a device. */
function neighbours({ text }: Selector, devices: readonly DeviceWith<never>[]): { hint?: string } {
  const wanted = parsePciAddress(text) ?? parsePciAddress(`${text}.0`);
  const bus = wanted?.slice(0, wanted.lastIndexOf(':'));
  const near = devices.filter(({ address }) => address.slice(0, address.lastIndexOf(':')) === bus);
  if (near.length === 0) return bus === undefined ? {} : { hint: `no device is on bus ${bus}; see pci list` };
  return { hint: `the devices on bus ${bus} there are ${sample(near)}` };
}

function sample(devices: readonly DeviceWith<never>[]): string {
  const shown = devices.slice(0, 8).map(({ address }) => address);
  return `${shown.join(', ')}${devices.length > shown.length ? ', …' : ''}`;
}

/** The facts that a device has only on a host driver, and the classes of the devices that have them. */
const BY_DRIVER: { readonly [F in DeviceField]?: RegExp } = {
  driver: /^/,
  netInterfaces: /^(02|0d)/,
  blockDevices: /^(01|0805)/,
};

/** Whether the VFIO driver of a device may hide a fact. */
function isHidden(device: DeviceInPart, field: DeviceField): boolean {
  if (!isPassthroughDriver(knownValue(device.driver) ?? '')) return false;
  const code = knownValue(device.class)?.code;
  return BY_DRIVER[field] !== undefined && (code === undefined || BY_DRIVER[field].test(code));
}

/** The value on this host that a selector most likely means: `driver=vfio-pci` for `driver=vfio_pci`. */
export function nearest(
  { text, keys, fields }: Selector,
  devices: readonly DeviceInPart[],
): string | undefined {
  const key = text.slice(0, text.indexOf('=') + 1);
  const [field] = fields;
  if (key === '' || field === undefined || keys.length > 1 || text.startsWith('!')) return undefined;
  // The selector may mean a device on a VFIO driver, which has no host names, so a suggestion could name another
  // card.
  const isHiding = devices.some((device) => isHidden(device, field));
  const values = devices.flatMap((device): readonly unknown[] => {
    const value: unknown = device[field];
    return Array.isArray(value) ? value : [value];
  });
  const candidates = new Set(
    values
      .filter((value) => typeof value === 'string')
      .filter((value) => !isHiding || (field === 'driver' && isPassthroughDriver(value)))
      .map((value) => `${key}${value}`),
  );
  return suggest(text, [...candidates]);
}

/**
 * The one device that a selector selects.
 *
 * @throws PortalGunError DEVICE_NOT_FOUND, AMBIGUOUS_DEVICE, BAD_SELECTOR
 */
export function selectOne<Device extends DeviceInPart>(devices: readonly Device[], text: string): Device {
  const found = selectDevices(devices, [{ ...parseSelector(text), mustMatch: true }]);
  const [first, second] = found;
  if (first !== undefined && second === undefined) return first;
  throw new PortalGunError('AMBIGUOUS_DEVICE', `matches ${found.length} devices, but one is needed`, {
    subject: text,
    hint: `choose one: ${sample(found)}`,
  });
}

/**
 * The devices of one card or of one IOMMU group, which a selector means together; bridges among other devices
 * are excluded, because they stay with the host.
 *
 * @throws PortalGunError DEVICE_NOT_FOUND, AMBIGUOUS_DEVICE, BAD_SELECTOR
 */
export function selectUnit<Device extends DeviceInPart & DeviceWith<'class' | 'config' | 'iommuGroup'>>(
  devices: readonly Device[],
  text: string,
): readonly Device[] {
  const all = selectDevices(devices, [{ ...parseSelector(text), mustMatch: true }]);
  const others = all.filter((device) => !isBridge(device));
  const found = others.length === 0 ? all : others;
  const isOne = (keyOf: (device: Device) => unknown): boolean =>
    found.every((device) => keyOf(device) !== undefined && keyOf(device) === keyOf(found[0] as Device));
  if (isOne(({ address }) => slotOf(address)) || isOne(({ iommuGroup }) => knownValue(iommuGroup)))
    return found;
  throw new PortalGunError(
    'AMBIGUOUS_DEVICE',
    `matches ${found.length} devices of different cards and IOMMU groups`,
    { subject: text, hint: `choose one: ${sample(found)}` },
  );
}
