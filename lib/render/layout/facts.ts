import { isUnknown, type Known, type UnknownReason } from '../../base/known.ts';
import { escapeControls } from '../../base/text.ts';
import { type PciAddress, shortAddress } from '../../pci/address.ts';
import type { DeviceWith, NamedId } from '../../pci/device.ts';

/** The text for each reason of an unknown fact. */
const UNKNOWN_TEXT: Record<UnknownReason, string> = {
  denied: 'not readable without root',
  broken: 'could not be read',
  unread: 'unknown',
};

/** A fact in a narrow cell: the value, `-` for absent, `?` for unknown. */
export function cellText<T>(fact: Known<T>, format: (value: T) => string = String): string {
  if (fact === null) return '-';
  return isUnknown(fact) ? '?' : escapeControls(format(fact));
}

/** A fact in a wide cell: the value, `none` for absent, the reason for unknown. */
export function factText<T>(fact: Known<T>, format: (value: T) => string = String, none = 'none'): string {
  if (fact === null) return none;
  return isUnknown(fact) ? UNKNOWN_TEXT[fact.unknown] : escapeControls(format(fact));
}

// The legal form of a company, which does not identify it.
const COMPANY_FORM =
  /,? (Corporation|Corp\.?|Incorporated|Inc\.?|Co\.?,? Ltd\.?|Company|Limited|Ltd\.?|GmbH|AG|Technologies|Technology|Semiconductor|Electronics Co)\b\.?.*$/;

/** The usual name of a vendor: `Intel`, `AMD`, `Samsung`. */
function shortVendor(name: string): string {
  const bracketed = /\[([^\]/]+)/.exec(name)?.[1];
  return bracketed ?? (name.replace(COMPANY_FORM, '') || name);
}

/** A device with its names. */
export type TitledDevice = DeviceWith<'vendor' | 'device'>;

// The devices of one kind share their ids, and a large host has thousands of a kind.
const titles = new WeakMap<NamedId, string>();

/** The usual name of a device: vendor and device by name, by id if there is no name. */
export function deviceTitle({ vendor, device }: TitledDevice): string {
  if (vendor === null || isUnknown(vendor) || device === null || isUnknown(device)) return '?';
  const known = titles.get(device);
  if (known !== undefined) return known;
  const maker = vendor.name === null ? null : shortVendor(vendor.name);
  const title = escapeControls(
    device.name === null
      ? `${maker === null ? '' : `${maker} `}${vendor.id}:${device.id}`
      : `${maker ?? vendor.id} ${device.name}`,
  );
  titles.set(device, title);
  return title;
}

/** `[8086:10c9]`, or empty if the ids are unknown. */
export function idText({ vendor, device }: TitledDevice): string {
  if (vendor === null || isUnknown(vendor) || device === null || isUnknown(device)) return '?';
  return `${vendor.id}:${device.id}`;
}

/** The first addresses of a list: `03:00.1, 03:00.2, +4`. */
export function addressList(addresses: readonly PciAddress[], most = 3): string {
  const shown = addresses.slice(0, most).map(shortAddress).join(', ');
  return addresses.length > most ? `${shown}, +${addresses.length - most}` : shown;
}
