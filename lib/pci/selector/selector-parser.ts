import { PortalGunError } from '../../base/errors.ts';
import { isUnknown, knownValue } from '../../base/known.ts';
import { suggest } from '../../base/text.ts';
import { parsePciAddress, slotOf } from '../address.ts';
import type { DeviceField, DeviceInPart } from '../device.ts';
import { categoryOf, DEVICE_CATEGORIES } from '../device-class.ts';

/** A rule that selects devices of an inventory. */
export interface Selector {
  /** The text as given. */
  readonly text: string;
  /** Whether it names something that must exist: then it is an error if nothing matches. A filter may match nothing. */
  readonly mustMatch: boolean;
  /** The facts of its parts, in order: `role`, `driver`, `address`. */
  readonly keys: readonly string[];
  /** The facts of devices that it needs. */
  readonly fields: readonly DeviceField[];
  matches(device: DeviceInPart): boolean;
}

/** Why text is not a selector. */
interface Problem {
  readonly problem: string;
  readonly hint?: string;
}

type Matcher = Pick<Selector, 'fields' | 'matches'> & { readonly mustMatch?: boolean };
/** One part of a selector, with its key. */
type Part = Matcher & { readonly key: string };

const NONE = 'none';

/** The selectors with a key, by key; each creates a matcher from the value, or returns an error. */
const KEYED: Record<string, (value: string) => Matcher | Problem> = {
  class: parseClass,
  driver: (value) => ({
    fields: ['driver'],
    matches: ({ driver }) => (value === NONE ? driver === null : driver === value),
  }),
  card: (value) => parseCard(value) ?? { problem: 'needs a slot of the host: card=01:00' },
  group: (value) => numeric(value, 'iommuGroup', true),
  numa: (value) => numeric(value, 'numaNode', false),
  netdev: (value) => ({
    fields: ['netInterfaces', 'driver'],
    mustMatch: true,
    matches: ({ netInterfaces }) => knownValue(netInterfaces)?.includes(value) ?? false,
  }),
  block: (rawValue) => {
    const value = rawValue.replace(/^\/dev\//, '');
    return {
      fields: ['blockDevices', 'driver'],
      mustMatch: true,
      matches: ({ blockDevices }) => knownValue(blockDevices)?.includes(value) ?? false,
    };
  },
};

const ROLES = ['pf', 'vf'] as const;

/** The keys of selectors: `class`, `driver`, … */
export const SELECTOR_KEYS: readonly string[] = Object.keys(KEYED);

/**
 * Parses a selector: an address (`0000:01:00.0`, `01:00.0`, `01:00` for the whole card), `vendor:device`
 * (`8086:10c9`, `8086:` for all of the vendor), `pf`, `vf`, `class=`, `driver=`, `card=`, `group=`, `netdev=`,
 * `block=`, `numa=` (`none` for a device without a node), otherwise a word in the names of vendor and device. A comma
 * joins selectors that must all match. `!` selects the devices that are known not to match: `vf,driver=igbvf`,
 * `class=network,!driver=vfio-pci`.
 *
 * @throws PortalGunError BAD_SELECTOR
 */
export function parseSelector(text: string): Selector {
  const parts = text.split(',').map((part) => parsePart(part, text));
  return {
    text,
    mustMatch: parts.some(({ mustMatch }) => mustMatch === true),
    keys: parts.map(({ key }) => key),
    fields: [...new Set(parts.flatMap(({ fields }) => fields))],
    matches: (device) => parts.every((part) => part.matches(device)),
  };
}

/** Joins two selectors: the devices that match either. */
const EITHER = 'or';

/**
 * Parses the selectors of a command that reads: devices that match any of them are selected, with or without `or`
 * between them.
 */
export function parseSelectors(words: readonly string[]): readonly Selector[] {
  return words
    .filter((word, index) => word !== EITHER || index === 0 || index === words.length - 1)
    .map(parseSelector);
}

/**
 * Parses the selectors of a command that changes devices. Two selectors with different keys are ambiguous, so they
 * must be joined by a comma or by `or`. Each must match.
 *
 * @throws PortalGunError BAD_SELECTOR
 */
export function parseNamingSelectors(words: readonly string[]): readonly Selector[] {
  const selectors = parseSelectors(words).map((selector) => ({ ...selector, mustMatch: true }));
  const isJoined = words.length > 1 && words.length === 2 * selectors.length - 1;
  const [first] = selectors;
  const other = selectors.find(({ keys }) => keys.join() !== first?.keys.join());
  if (first === undefined || other === undefined || isJoined) return selectors;
  throw new PortalGunError('BAD_SELECTOR', `is ambiguous: it can mean devices that match both, or either`, {
    subject: `${first.text} ${other.text}`,
    hint: `for both: '${first.text},${other.text}'; for either: ${first.text} ${EITHER} ${other.text}`,
  });
}

function parsePart(text: string, whole: string): Part {
  const isNegated = text.startsWith('!');
  const part = parseMatcher(isNegated ? text.slice(1) : text);
  if ('problem' in part) {
    const { problem, hint } = part;
    throw new PortalGunError('BAD_SELECTOR', problem, {
      subject: text === '' ? whole : text,
      ...(hint === undefined ? {} : { hint }),
    });
  }
  return isNegated ? negated(part) : part;
}

/** The devices that a part does not match. A device with an unknown fact may match it, so it is excluded. */
function negated({ key, fields, matches }: Part): Part {
  return {
    key,
    fields,
    matches: (device) => !matches(device) && fields.every((field) => isTold(device[field])),
  };
}

/** Whether a fact is known, or known to be absent. */
function isTold(fact: unknown): boolean {
  return fact !== undefined && !isUnknown(fact);
}

function parseMatcher(text: string): Part | Problem {
  const equals = text.indexOf('=');
  if (equals > 0)
    return keyed(text.slice(0, equals), parseKeyed(text.slice(0, equals), text.slice(equals + 1)));
  const role = ROLES.find((known) => known === text.toLowerCase());
  if (role !== undefined) {
    return {
      key: 'role',
      fields: ['sriov'],
      matches: ({ sriov }) => knownValue(sriov)?.role === role,
    };
  }
  return (
    keyed('address', parseAddressLike(text)) ?? keyed('ids', parseIds(text)) ?? keyed('name', parseWord(text))
  );
}

function keyed(key: string, matcher: Matcher | Problem): Part | Problem;
function keyed(key: string, matcher: Matcher | Problem | undefined): Part | Problem | undefined;
function keyed(key: string, matcher: Matcher | Problem | undefined): Part | Problem | undefined {
  return matcher === undefined || 'problem' in matcher ? matcher : { key, ...matcher };
}

function parseKeyed(key: string, value: string): Matcher | Problem {
  const parse = Object.hasOwn(KEYED, key) ? KEYED[key] : undefined;
  if (parse === undefined) {
    const meant = suggest(key, SELECTOR_KEYS);
    return { problem: `there is no selector "${key}="`, ...didYouMean(meant, `${meant}=${value}`) };
  }
  return value === '' ? { problem: `needs a value after "${key}="` } : parse(value);
}

/** The hint with the probable spelling. */
export function didYouMean(meant: string | undefined, written = meant): { hint?: string } {
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
  const known = { hint: `the classes are ${DEVICE_CATEGORIES.join(', ')}, and codes such as 0200` };
  return {
    problem: 'is not a class',
    ...(meant === undefined ? known : didYouMean(meant, `class=${meant}`)),
  };
}

function codeOf(device: DeviceInPart): string {
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
  return parseCard(text);
}

/** All functions of a slot: `01:00`, `0000:01:00`. */
function parseCard(text: string): Matcher | undefined {
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
