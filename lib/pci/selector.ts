import { PortalGunError } from '../base/errors.ts';
import { knownValue } from '../base/known.ts';
import { suggest } from '../base/text.ts';
import { parsePciAddress, slotOf } from './address.ts';
import type { DeviceField, PciDevice } from './device.ts';
import { categoryOf, DEVICE_CATEGORIES } from './device-class.ts';

/** What picks devices out of an inventory. */
export interface Selector {
  /** As it was written. */
  readonly text: string;
  /** Whether it names something that must be there: then matching nothing is an error. A filter may be empty. */
  readonly mustMatch: boolean;
  /** What it looks at. */
  readonly fields: readonly DeviceField[];
  matches(device: PciDevice): boolean;
}

/** Why text is no selector. */
interface Problem {
  readonly problem: string;
  readonly hint?: string;
}

type Matcher = Pick<Selector, 'fields' | 'matches'> & { readonly mustMatch?: boolean };

const NONE = 'none';

/** The selectors with a key, by key; each makes a matcher of the value, or says what is wrong with it. */
const KEYED: Record<string, (value: string) => Matcher | Problem> = {
  class: parseClass,
  driver: (value) => ({
    fields: ['driver'],
    matches: ({ driver }) => (value === NONE ? driver === null : driver === value),
  }),
  group: (value) => numeric(value, 'iommuGroup', true),
  numa: (value) => numeric(value, 'numaNode', false),
  netdev: (value) => ({
    fields: ['netInterfaces'],
    mustMatch: true,
    matches: ({ netInterfaces }) => knownValue(netInterfaces)?.includes(value) ?? false,
  }),
  block: (rawValue) => {
    const value = rawValue.replace(/^\/dev\//, '');
    return {
      fields: ['blockDevices'],
      mustMatch: true,
      matches: ({ blockDevices }) => knownValue(blockDevices)?.includes(value) ?? false,
    };
  },
};

const ROLES = ['pf', 'vf'] as const;

/** The keys of selectors: `class`, `driver`, … */
export const SELECTOR_KEYS: readonly string[] = Object.keys(KEYED);

/**
 * Reads a selector: an address (`0000:01:00.0`, `01:00.0`, `01:00` for the whole card), `vendor:device`
 * (`8086:10c9`, `8086:` for all of the vendor), `pf`, `vf`, `class=`, `driver=`, `group=`, `netdev=`, `block=`,
 * `numa=` (`none` for what has none), or else a word sought in the names of vendor and device.
 *
 * @throws PortalGunError BAD_SELECTOR
 */
export function parseSelector(text: string): Selector {
  const matcher = parseMatcher(text);
  if ('problem' in matcher) {
    const { problem, hint } = matcher;
    throw new PortalGunError('BAD_SELECTOR', problem, {
      subject: text,
      ...(hint === undefined ? {} : { hint }),
    });
  }
  return { text, mustMatch: false, ...matcher };
}

function parseMatcher(text: string): Matcher | Problem {
  const equals = text.indexOf('=');
  if (equals > 0) return parseKeyed(text.slice(0, equals), text.slice(equals + 1));
  const role = ROLES.find((known) => known === text.toLowerCase());
  if (role !== undefined)
    return { fields: ['sriov'], matches: ({ sriov }) => knownValue(sriov)?.role === role };
  return parseAddressLike(text) ?? parseIds(text) ?? parseWord(text);
}

function parseKeyed(key: string, value: string): Matcher | Problem {
  const parse = Object.hasOwn(KEYED, key) ? KEYED[key] : undefined;
  if (parse === undefined) {
    const meant = suggest(key, SELECTOR_KEYS);
    return { problem: `there is no selector "${key}="`, ...didYouMean(meant, `${meant}=${value}`) };
  }
  return value === '' ? { problem: `needs a value after "${key}="` } : parse(value);
}

function didYouMean(meant: string | undefined, written = meant): { hint?: string } {
  return meant === undefined ? {} : { hint: `did you mean ${written}?` };
}

function parseClass(value: string): Matcher | Problem {
  const wanted = value.toLowerCase();
  const named = DEVICE_CATEGORIES.find((category) => category === wanted);
  if (named !== undefined) {
    return { fields: ['class'], matches: (device) => categoryOf(codeOf(device)) === named };
  }
  const code = /^(?:0x)?((?:[0-9a-f]{2}){1,3})$/.exec(wanted)?.[1];
  if (code !== undefined) return { fields: ['class'], matches: (device) => codeOf(device).startsWith(code) };
  const meant = suggest(wanted, DEVICE_CATEGORIES);
  const known = { hint: `known are ${DEVICE_CATEGORIES.join(', ')}, and codes such as 0200` };
  return { problem: 'is no class', ...(meant === undefined ? known : didYouMean(meant, `class=${meant}`)) };
}

function codeOf(device: PciDevice): string {
  return knownValue(device.class)?.code ?? '-';
}

function numeric(value: string, field: 'iommuGroup' | 'numaNode', mustMatch: boolean): Matcher | Problem {
  if (value === NONE) return { fields: [field], matches: (device) => device[field] === null };
  if (!/^\d{1,9}$/.test(value)) return { problem: `needs a number, or ${NONE}` };
  const wanted = Number(value);
  return { fields: [field], mustMatch, matches: (device) => device[field] === wanted };
}

function parseAddressLike(text: string): Matcher | undefined {
  const address = parsePciAddress(text);
  if (address !== undefined)
    return { fields: [], mustMatch: true, matches: (device) => device.address === address };
  const card = parsePciAddress(`${text}.0`);
  if (card === undefined || !/^([0-9a-f]{1,8}:)?[0-9a-f]{1,2}:[0-9a-f]{1,2}$/i.test(text)) return undefined;
  return { fields: [], mustMatch: true, matches: (device) => slotOf(device.address) === slotOf(card) };
}

function parseIds(text: string): Matcher | Problem | undefined {
  const [, vendorId, deviceId] = /^([0-9a-f]{4}):([0-9a-f]{4})?$/i.exec(text.toLowerCase()) ?? [];
  if (vendorId !== undefined) {
    return {
      fields: ['vendor', 'device'],
      matches: ({ vendor, device }) =>
        knownValue(vendor)?.id === vendorId &&
        (deviceId === undefined || knownValue(device)?.id === deviceId),
    };
  }
  return /^[0-9a-z]*:[0-9a-z:.]*$/i.test(text)
    ? { problem: 'is neither an address nor vendor:device' }
    : undefined;
}

function parseWord(text: string): Matcher | Problem {
  const word = text.trim().toLowerCase();
  if (word === '') return { problem: 'is empty' };
  return {
    fields: ['vendor', 'device'],
    mustMatch: true,
    matches: ({ vendor, device }) =>
      [vendor, device].some((id) => knownValue(id)?.name?.toLowerCase().includes(word) ?? false),
  };
}

/**
 * The devices that any of the selectors matches, in their own order; all where there is no selector.
 *
 * @throws PortalGunError DEVICE_NOT_FOUND where a selector names something that is not there
 */
export function selectDevices(
  devices: readonly PciDevice[],
  selectors: readonly Selector[],
): readonly PciDevice[] {
  if (selectors.length === 0) return devices;
  for (const selector of selectors) {
    if (selector.mustMatch && !devices.some((device) => selector.matches(device)))
      throw notFound(selector, devices);
  }
  return devices.filter((device) => selectors.some((selector) => selector.matches(device)));
}

function notFound(selector: Selector, devices: readonly PciDevice[]): PortalGunError {
  return new PortalGunError('DEVICE_NOT_FOUND', 'no device of the host is that', {
    subject: selector.text,
    ...(selector.fields.length === 0
      ? neighbours(selector, devices)
      : didYouMean(nearest(selector, devices))),
  });
}

/** What is on the same bus as an address that nothing is at. */
function neighbours({ text }: Selector, devices: readonly PciDevice[]): { hint?: string } {
  const wanted = parsePciAddress(text) ?? parsePciAddress(`${text}.0`);
  const bus = wanted?.slice(0, wanted.lastIndexOf(':'));
  const near = devices.filter(({ address }) => address.slice(0, address.lastIndexOf(':')) === bus);
  if (near.length === 0) return bus === undefined ? {} : { hint: `nothing is on bus ${bus}; see pci list` };
  return { hint: `on bus ${bus} there are ${sample(near)}` };
}

function sample(devices: readonly PciDevice[]): string {
  const shown = devices.slice(0, 8).map(({ address }) => address);
  return `${shown.join(', ')}${devices.length > shown.length ? ', …' : ''}`;
}

/** The value on this host that a selector was most likely meant to have: `driver=vfio-pci` for `driver=vfio_pci`. */
export function nearest({ text, fields }: Selector, devices: readonly PciDevice[]): string | undefined {
  const key = text.slice(0, text.indexOf('=') + 1);
  const [field] = fields;
  if (key === '' || field === undefined) return undefined;
  const values = devices.flatMap((device): readonly unknown[] => {
    const value: unknown = device[field];
    return Array.isArray(value) ? value : [value];
  });
  const candidates = new Set(
    values.filter((value) => typeof value === 'string').map((value) => `${key}${value}`),
  );
  return suggest(text, [...candidates]);
}

/**
 * The one device that a selector means.
 *
 * @throws PortalGunError DEVICE_NOT_FOUND, AMBIGUOUS_DEVICE, BAD_SELECTOR
 */
export function selectOne(devices: readonly PciDevice[], text: string): PciDevice {
  const found = selectDevices(devices, [{ ...parseSelector(text), mustMatch: true }]);
  const [first, second] = found;
  if (first !== undefined && second === undefined) return first;
  throw new PortalGunError('AMBIGUOUS_DEVICE', `means ${found.length} devices, where one is needed`, {
    subject: text,
    hint: `say which: ${sample(found)}`,
  });
}
