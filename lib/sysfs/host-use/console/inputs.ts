import { BROKEN, isUnknown, type Known, mapKnown } from '../../../base/known.ts';
import type { HostThing, InputDevice } from '../../../facts/host-use.ts';
import type { HostReader } from '../../../host/host-reader.ts';
import { SYS_PATHS } from '../../paths.ts';
import { readAttribute, readClass } from '../known-reading.ts';

// The first 31 keys after the reserved one: Escape, the digits, Q to D. udev identifies a keyboard by them.
const KEYBOARD_KEYS = 0xffff_fffen;
// EV_REL of include/uapi/linux/input-event-codes.h: a mouse moves by relative steps.
const EV_REL = 1n << 2n;
// EV_ABS: a touchpad, a tablet or a touch screen, and a joystick, report an absolute position.
const EV_ABS = 1n << 3n;
const EV_KEY = 1n << 1n;
// ABS_X and ABS_Y, and those of ABS_MT_POSITION_X and _Y for several fingers.
const PLACE = 0b11n;
const PLACE_OF_FINGERS = 0b11n << 53n;
// The keys from BTN_JOYSTICK to the last of BTN_GAMEPAD: 0x120 to 0x13f.
const FIRST_JOYSTICK_KEY = 0x120n;
const JOYSTICK_KEYS = 0xffff_ffffn;
// BUS_BLUETOOTH, as the kernel names devices for human interfaces, below what makes them for a program.
const BLUETOOTH = /\/uhid\/0005:[0-9A-F]{4}:[0-9A-F]{4}\./;
const BITMAP = /^[0-9a-f]{1,16}( [0-9a-f]{1,16})*$/;

/**
 * The input devices of `/sys/class/input`, `input3` and others. Their abilities are in `capabilities`, words of hex
 * with the lowest last: `ev` is `120013`, `key` is `1000000000007 ff9f207ac14057ff febeffdfffefffff
 * fffffffffffffffe`. `null` if the kernel has no input.
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
        isVirtual: directory.startsWith(`${SYS_PATHS.virtualDevices}/`),
        isBluetooth: BLUETOOTH.test(directory),
        kind: readKind(host, `${directory}/capabilities`),
      })),
  );
}

/**
 * The adapters of `/sys/class/bluetooth`, `hci0` and others, without their connections; `null` if the kernel has
 * none.
 */
export function readBluetoothAdapters(host: HostReader): Known<readonly HostThing[]> {
  return mapKnown(readClass(host, SYS_PATHS.bluetoothClass), (members) =>
    members
      .filter(({ name }) => /^hci\d+$/.test(name))
      .map((member) => ({ name: member.name, function: member.function })),
  );
}

function readKind(host: HostReader, path: string): InputDevice['kind'] {
  const keys = readBits(host, `${path}/key`);
  const events = readBits(host, `${path}/ev`);
  if (isUnknown(keys)) return keys;
  if (isUnknown(events)) return events;
  if (keys !== null && (keys & KEYBOARD_KEYS) === KEYBOARD_KEYS) return 'keyboard';
  if (events === null || (events & EV_REL) !== 0n) return events === null ? 'other' : 'pointer';
  if ((events & EV_ABS) === 0n || (events & EV_KEY) === 0n || isJoystick(keys ?? 0n)) return 'other';
  const axes = readBits(host, `${path}/abs`);
  if (isUnknown(axes)) return axes;
  return axes === null || hasPlace(axes) ? 'pointer' : 'other';
}

function isJoystick(keys: bigint): boolean {
  return ((keys >> FIRST_JOYSTICK_KEY) & JOYSTICK_KEYS) !== 0n;
}

function hasPlace(axes: bigint): boolean {
  return (axes & PLACE) === PLACE || (axes & PLACE_OF_FINGERS) === PLACE_OF_FINGERS;
}

/** All bits of a bitmap of 64-bit words, written highest first and without leading zeros. */
function readBits(host: HostReader, path: string): Known<bigint> {
  return mapKnown(readAttribute(host, path), (text) => {
    if (!BITMAP.test(text)) return BROKEN;
    return text.split(' ').reduce((bits, word) => (bits << 64n) | BigInt(`0x${word}`), 0n);
  });
}
