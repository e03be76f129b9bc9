import { isUnknown, type Known, type UnknownReason } from '../../base/known.ts';
import { escapeControls } from '../../base/text.ts';
import { type PciAddress, shortAddress } from '../../pci/address.ts';
import type { DeviceWith, NamedId } from '../../pci/device.ts';

/** What a person is told about each reason for not knowing. */
const UNKNOWN_TEXT: Record<UnknownReason, string> = {
  denied: 'not readable without root',
  broken: 'could not be read',
  unread: 'not told',
};

/** A fact in a narrow cell: the value, `-` for absent, `?` for unknown. */
export function cellText<T>(fact: Known<T>, format: (value: T) => string = String): string {
  if (fact === null) return '-';
  return isUnknown(fact) ? '?' : escapeControls(format(fact));
}

/** A fact where there is room: the value, `none` for absent, the reason for unknown. */
export function factText<T>(fact: Known<T>, format: (value: T) => string = String, none = 'none'): string {
  if (fact === null) return none;
  return isUnknown(fact) ? UNKNOWN_TEXT[fact.unknown] : escapeControls(format(fact));
}

// What a name says about the kind of company, and nothing about which.
const COMPANY_FORM =
  /,? (Corporation|Corp\.?|Incorporated|Inc\.?|Co\.?,? Ltd\.?|Company|Limited|Ltd\.?|GmbH|AG|Technologies|Technology|Semiconductor|Electronics Co)\b\.?.*$/;

/** A vendor as people call it: `Intel`, `AMD`, `Samsung`. */
function shortVendor(name: string): string {
  const bracketed = /\[([^\]/]+)/.exec(name)?.[1];
  return bracketed ?? (name.replace(COMPANY_FORM, '') || name);
}

/** A device with what it is called by. */
export type TitledDevice = DeviceWith<'vendor' | 'device'>;

// The devices of one kind share their ids, and a large host has thousands of a kind.
const titles = new WeakMap<NamedId, string>();

/** A device as people call it: vendor and device by name, by id where there is no name. */
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

/** `[8086:10c9]`, or nothing where the ids are not known. */
export function idText({ vendor, device }: TitledDevice): string {
  if (vendor === null || isUnknown(vendor) || device === null || isUnknown(device)) return '?';
  return `${vendor.id}:${device.id}`;
}

/** Addresses in a row, the first few: `03:00.1, 03:00.2, +4`. */
export function addressList(addresses: readonly PciAddress[], most = 3): string {
  const shown = addresses.slice(0, most).map(shortAddress).join(', ');
  return addresses.length > most ? `${shown}, +${addresses.length - most}` : shown;
}
