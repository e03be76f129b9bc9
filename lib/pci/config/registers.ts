/** Registers from 0 to `end`, and a list for their errors. */
export interface Registers {
  readonly view: DataView;
  readonly end: number;
  readonly problems: string[];
}

/** The size of the header, the only part that an ordinary user can read. */
export const HEADER_BYTES = 64;
/** The same for a CardBus bridge. */
export const CARDBUS_HEADER_BYTES = 128;
/** The size of a conventional space. */
export const SPACE_BYTES = 256;
/** The size of an extended space. */
export const EXTENDED_SPACE_BYTES = 4096;

/** A register as lowercase hex with leading zeros. */
export function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
