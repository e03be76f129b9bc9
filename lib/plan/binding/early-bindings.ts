import { createHash } from 'node:crypto';
import type { SerialAt } from '../../pci/device-traits.ts';
import type { PersistedTraits } from '../../pci/persisted/persisted-device.ts';
import { lateReason, STORAGE_CLASSES } from './binding-stage.ts';
import type { PersistedBinding } from './persisted-bindings.ts';

/** The program that binds devices before host drivers are loaded. */
export const EARLY_PROGRAM_PATH = '/etc/portal-gun/early-bindings';

/** The mark that the program has run in this boot. */
export const EARLY_DONE_PATH = '/run/portal-gun/early-done';

/** An absolute path, because the program may run without a search path. */
export const OCTAL_DUMP = '/usr/bin/od';

const TOKEN_LINE = '# token ';
const TOKEN_LENGTH = 16;

// Only shell builtins and od, because an initramfs has few other programs.
const HEAD = `# udev runs this before any PCI driver is loaded. A device is bound only if it is certainly the recorded one: by the
# serial number in its configuration space, or because it is at its place and is the only one of its kind. Unreadable
# facts prove nothing. All other devices are left to portal-gun.service, which can read more facts.
export LC_ALL=C
devices=/sys/bus/pci/devices
log=/dev/kmsg
first=
[ -e ${EARLY_DONE_PATH} ] || first=yes

# left WHY: logs it once in a boot, and fails
left() {
  if [ -n "$first" ]; then { echo "<5>portal-gun: $name is not bound early: $1" >> "$log"; } 2> /dev/null; fi
  return 1
}

# read_ids DIRECTORY: sets vendor, device, and ids (all four)
read_ids() {
  read -r vendor < "$1/vendor" && read -r device < "$1/device" || return 1
  read -r subvendor < "$1/subsystem_vendor" && read -r subdevice < "$1/subsystem_device" || return 1
  ids="$vendor $device $subvendor $subdevice"
}

# The ids of all functions except VFs, one line each.
all=$(
  for each in "$devices"/*; do
    if [ -e "$each/physfn" ]; then continue; fi
    if read_ids "$each"; then echo "|$ids|"; else echo unreadable; fi
  done 2> /dev/null
)

# is_only: whether no other function has the ids of the device, or may have them
is_only() {
  case "$all" in
    *unreadable*) left 'the ids of a device of this host cannot be read'; return 1 ;;
  esac
  key="|$kind $sub|"
  if [ "$sub" = '* *' ]; then key="|$kind "; fi
  rest=\${all#*"$key"}
  if [ "$rest" = "$all" ]; then left 'it is not on the bus'; return 1; fi
  case "$rest" in
    *"$key"*) left 'more than one device has its ids'; return 1 ;;
  esac
  if [ "$sub" = '0x0000 0x0000' ] || [ "$sub" = '* *' ]; then return 0; fi
  case "$all" in
    *"|$kind 0x0000 0x0000|"*) left 'more than one device may have its ids'; return 1 ;;
  esac
}

# read_serial DIRECTORY: sets number; empty if it cannot be read
read_serial() {
  # The offset of the capability, its id, and the number, as bytes.
  set -- $(${OCTAL_DUMP} -An -v -tx1 -j"\${serial%%:*}" -N12 "$1/config" 2> /dev/null)
  number=
  if [ $# -ne 12 ]; then return 0; fi
  number=none
  if [ "$1 $2" != '03 00' ]; then return 0; fi
  shift 4
  number=$*
}

# has_serial: whether the device has the recorded serial number, and no other device of its kind has it
has_serial() {
  read_serial "$at"
  if [ -z "$number" ]; then left 'its serial number cannot be read'; return 1; fi
  if [ "$number" != "\${serial#*:}" ]; then left 'the device at its place has another serial number, or none'; return 1; fi
  case "$all" in
    *unreadable* | *"|$kind "*"|$kind "*) ;;
    *) return 0 ;;
  esac
  for other in "$devices"/*; do
    if [ "\${other##*.}" != "\${at##*.}" ] || [ "\${other##*/}" = "\${at##*/}" ] || [ -e "$other/physfn" ]; then continue; fi
    if ! read_ids "$other"; then left 'the ids of a device of this host cannot be read'; return 1; fi
    if [ "$vendor $device" != "$kind" ]; then continue; fi
    read_serial "$other"
    if [ -z "$number" ] || [ "$number" = "\${serial#*:}" ]; then
      left "\${other##*/} has the same serial number, or one that cannot be read"
      return 1
    fi
  done
}

# may_be_boot_display DIRECTORY: whether it is, or may be, the boot display
may_be_boot_display() {
  if [ -e "$1/boot_display" ]; then return 0; fi
  if [ -e "$1/boot_vga" ]; then
    flag=
    read -r flag < "$1/boot_vga"
    [ "$flag" != 0 ]
    return
  fi
  for other in "$devices"/*/boot_vga; do
    if [ -e "$other" ] && read -r flag < "$other" && [ "$flag" = 1 ]; then return 1; fi
  done
}

# is_spare DIRECTORY: whether the host certainly boots without it; used if no serial number identifies the device
is_spare() {
  class=
  read -r class < "$1/class"
  case "$class" in
    0x${STORAGE_CLASSES.join('* | 0x')}*) left 'a disk of the host may be on it, and no serial number identifies it' ;;
    0x03*) if may_be_boot_display "$1"; then left 'it may be the boot display'; fi ;;
    0x??????) return 0 ;;
    *) left 'its class cannot be read' ;;
  esac
}

# prove SERIAL VENDOR DEVICE SUBVENDOR SUBDEVICE DIRECTORY...: whether the recorded device is at its place, which matches the
# directories; sets at
prove() {
  serial=$1 kind="$2 $3" sub="$4 $5"
  shift 5
  if [ $# -ne 1 ]; then left 'several functions are at its place'; return 1; fi
  at=$1
  if [ ! -e "$at" ]; then left 'no device is at its place'; return 1; fi
  if [ -e "$at/physfn" ]; then left 'a VF is at its place'; return 1; fi
  if ! read_ids "$at"; then left 'its ids cannot be read'; return 1; fi
  case "$ids" in
    "$kind "$sub) ;;
    *) left "another device is at its place: $ids"; return 1 ;;
  esac
  if [ -n "$serial" ]; then has_serial; else is_only; fi
}

# take: binds the device at $at
take() {
  if [ ! -e "$at/driver_override" ] || [ -e "$at/driver" ]; then left 'a driver already has it'; return 0; fi
  read -r now < "$at/driver_override" && [ "$now" != "$driver" ] || return 0
  echo "$driver" > "$at/driver_override"
  # A registered driver probes now; otherwise it probes when it is registered.
  if [ -d "/sys/bus/pci/drivers/$driver" ]; then echo "\${at##*/}" > /sys/bus/pci/drivers_probe; fi
}

# claim NAME DRIVER, then the arguments of prove
claim() {
  name=$1 driver=$2
  shift 2
  prove "$@" || return 0
  if [ -z "$serial" ]; then is_spare "$at" || return 0; fi
  take
}

# claim_vf NAME DRIVER INDEX VENDOR DEVICE SUBVENDOR SUBDEVICE, then the arguments of prove for its PF
claim_vf() {
  name=$1 driver=$2 index=$3 own="$4 $5" own_sub="$6 $7"
  shift 7
  prove "$@" || return 0
  # It is bound when it appears.
  if [ ! -e "$at/virtfn$index" ]; then return 0; fi
  at=$(cd -P "$at/virtfn$index" && pwd -P) || return 0
  if ! read_ids "$at"; then left 'its ids cannot be read'; return 0; fi
  case "$ids" in
    "$own "$own_sub) ;;
    *) left "the virtual function has other ids: $ids"; return 0 ;;
  esac
  if [ -z "$serial" ]; then is_spare "$at" || return 0; fi
  take
}
`;

const TAIL = `
mkdir -p ${EARLY_DONE_PATH.slice(0, EARLY_DONE_PATH.lastIndexOf('/'))}
[ -e ${EARLY_DONE_PATH} ] || : > ${EARLY_DONE_PATH}
`;

/**
 * A POSIX shell program that sets the `driver_override` of each device that is at its place and is identified with
 * certainty; `null` if no device can be identified before drivers are loaded. It logs the skipped devices to the
 * kernel log, and unbinds nothing.
 */
export function formatEarlyProgram(bindings: readonly PersistedBinding[]): string | null {
  const early = bindings.filter((binding) => lateReason(binding) === null);
  if (early.length === 0) return null;
  const lines = early.map((binding) => `# ${binding.address}\n${claimLine(binding)}\n`);
  const body = `${HEAD}\n${lines.join('')}${TAIL}`;
  const token = createHash('sha256').update(body).digest('hex').slice(0, TOKEN_LENGTH);
  return `#!/bin/sh\n# Generated by pci bind --persist from /etc/portal-gun/bindings.json. Do not edit: changes are overwritten.\n${TOKEN_LINE}${token}\n${body}`;
}

/** The token that identifies a program of {@link formatEarlyProgram}; `null` for other text. */
export function tokenOf(program: string | null): string | null {
  const line = program?.split('\n').find((each) => each.startsWith(TOKEN_LINE));
  return line === undefined ? null : line.slice(TOKEN_LINE.length);
}

function claimLine({ address, driver, id, subsystem, vf, ...own }: PersistedBinding): string {
  if (vf === undefined) return `claim ${address} ${driver} ${proofWords({ ...own, id, subsystem })}`;
  return `claim_vf ${address} ${driver} ${vf.index} ${idWords(id, subsystem)} ${proofWords(vf.pf)}`;
}

function proofWords({
  path,
  id,
  subsystem,
  deviceSerial,
}: Pick<PersistedTraits, 'path' | 'id' | 'subsystem' | 'deviceSerial'>): string {
  const [root = '', ...steps] = path.split('/');
  // Buses are renumbered at each start; the slot and the function below a bridge stay.
  const place = ['/sys/devices', root, ...steps.map((step) => `*:??:${step}`)].join('/');
  const serial = deviceSerial === null ? '' : serialWord(deviceSerial);
  return `'${serial}' ${idWords(id, subsystem)} ${place}`;
}

/** Patterns, because a device may have no subsystem. */
function idWords(id: string, subsystem: string | null): string {
  const words = [...id.split(':'), ...(subsystem?.split(':') ?? [])].map((each) => `0x${each}`);
  return [...words, "'*'", "'*'"].slice(0, 4).join(' ');
}

/** As in the configuration space, lowest byte first. */
function serialWord({ offset, value }: SerialAt): string {
  return `${offset}:${value.split('-').reverse().join(' ')}`;
}
