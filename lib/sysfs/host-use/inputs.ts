import { BROKEN, isUnknown, type Known, mapKnown } from '../../base/known.ts';
import type { HostReader } from '../../host/host-reader.ts';
import type { InputDevice } from '../../pci/host-use.ts';
import { SYS_PATHS } from '../paths.ts';
import { readAttribute, readClass } from './known-reading.ts';

// The first 31 keys after the reserved one: Escape, the digits, Q to D. udev knows a keyboard by them.
const KEYBOARD_KEYS = 0xffff_fffen;
// EV_REL of include/uapi/linux/input-event-codes.h: a mouse moves by relative steps.
const EV_REL = 1n << 2n;
const BITMAP = /^[0-9a-f]{1,16}( [0-9a-f]{1,16})*$/;

/**
 * The input devices of `/sys/class/input`, `input3` and the like. What one can do stands in `capabilities`, words of
 * hex with the lowest last: `ev` is `120013`, `key` is `1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe`.
 * `null` where the kernel has no input.
 */
export function readInputs(host: HostReader): Known<readonly InputDevice[]> {
  return mapKnown(readClass(host, SYS_PATHS.inputClass), (members) =>
    members
      .filter(({ name }) => /^input\d+$/.test(name))
      .map(({ name, directory, function: on }) => ({
        name,
        function: on,
        title: readAttribute(host, `${directory}/name`),
        isPs2: /\/serio\d+\//.test(directory),
        kind: readKind(host, `${directory}/capabilities`),
      })),
  );
}

function readKind(host: HostReader, path: string): InputDevice['kind'] {
  const keys = readLowWord(host, `${path}/key`);
  const events = readLowWord(host, `${path}/ev`);
  if (isUnknown(keys)) return keys;
  if (isUnknown(events)) return events;
  if (keys !== null && (keys & KEYBOARD_KEYS) === KEYBOARD_KEYS) return 'keyboard';
  return events !== null && (events & EV_REL) !== 0n ? 'pointer' : 'other';
}

function readLowWord(host: HostReader, path: string): Known<bigint> {
  return mapKnown(readAttribute(host, path), (text) =>
    BITMAP.test(text) ? BigInt(`0x${text.slice(text.lastIndexOf(' ') + 1)}`) : BROKEN,
  );
}
