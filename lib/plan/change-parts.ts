import { isPciAddress } from '../pci/address.ts';
import type { DriverState, VfPlace } from './change-states.ts';

/** A JSON object whose parts are not checked yet. */
export type Parts = Readonly<Record<string, unknown>>;

export const MAX_VFS = 0xffff;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** The name of a driver or module: one directory in sysfs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern excludes them
const NAME = /^(?!\.{1,2}$|-)[^/\x00-\x1f\x7f]{1,255}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern excludes them
const URI = /^(?!-)[^\s\x00-\x1f\x7f]{1,1024}$/;

export function isParts(value: unknown): value is Parts {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isNullOr(value: unknown, is: (value: unknown) => boolean): boolean {
  return value === null || is(value);
}

export function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

export function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string';
}

export function isName(value: unknown): boolean {
  return typeof value === 'string' && NAME.test(value);
}

export function isAddress(value: unknown): boolean {
  return typeof value === 'string' && isPciAddress(value);
}

export function isWhole(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
}

export function isListOf(value: unknown, is: (value: unknown) => boolean): value is readonly unknown[] {
  return Array.isArray(value) && value.every(is);
}

export function isDriverState(value: unknown): value is DriverState {
  return isParts(value) && isNullOr(value['driver'], isName) && isNullOr(value['override'], isName);
}

/** Whether a value is the URI of a libvirt. */
export function isUri(value: unknown): boolean {
  return typeof value === 'string' && URI.test(value);
}

/** Whether a change names a machine, and the libvirt that has it. */
export function isOfMachine({ uri, machine }: Parts): boolean {
  return (
    [uri, machine].every((each) => typeof each === 'string') && URI.test(`${uri}`) && UUID.test(`${machine}`)
  );
}

/** Whether it is a list of VFs by their PFs, or omitted. */
export function arePlaces(value: unknown = []): value is readonly VfPlace[] {
  return isListOf(
    value,
    (place) =>
      isParts(place) &&
      isAddress(place['address']) &&
      isAddress(place['pf']) &&
      isWhole(place['index'], MAX_VFS),
  );
}
