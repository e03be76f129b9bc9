import { createHash } from 'node:crypto';
import type { SerialAt } from '../pci/persisted-device.ts';
import type { PersistedBinding } from './persisted-bindings.ts';

/** The program that makes bindings before drivers of the host are loaded. */
export const EARLY_PROGRAM_PATH = '/etc/portal-gun/early-bindings';

/** Says that the program has run in this boot. */
export const EARLY_DONE_PATH = '/run/portal-gun/early-done';

/** By absolute path, since whoever runs the program may have no search path. */
export const OCTAL_DUMP = '/usr/bin/od';

const TOKEN_LINE = '# token ';
const TOKEN_LENGTH = 16;

// Only what the shell itself has, and od: in an initial RAM disk there is little else.
const HEAD = `# Run by udev before it has any driver of PCI loaded. A device that does not answer to all that is known of it is left
# alone, and so is one that a driver has.
export LC_ALL=C

# claim DRIVER VENDOR DEVICE SUBVENDOR SUBDEVICE SERIAL DIRECTORY...: the directories are what the place came to
claim() {
  driver=$1 ids="$2 $3 $4 $5" serial=$6
  shift 6
  [ $# -eq 1 ] && [ -e "$1/driver_override" ] && [ ! -e "$1/driver" ] || return 0
  at=$1
  read -r now < "$at/driver_override" && [ "$now" != "$driver" ] || return 0
  read -r vendor < "$at/vendor" && read -r device < "$at/device" || return 0
  read -r subvendor < "$at/subsystem_vendor" && read -r subdevice < "$at/subsystem_device" || return 0
  case "$vendor $device $subvendor $subdevice" in
    $ids) ;;
    *) return 0 ;;
  esac
  if [ -n "$serial" ]; then
    # The offset of the capability, its id, and the number, as bytes.
    set -- $(${OCTAL_DUMP} -An -v -tx1 -j"\${serial%%:*}" -N12 "$at/config" 2> /dev/null)
    [ $# -eq 12 ] && [ "$1 $2" = "03 00" ] || return 0
    shift 4
    [ "$*" = "\${serial#*:}" ] || return 0
  fi
  echo "$driver" > "$at/driver_override"
  # Where it is there already it is asked now; otherwise it asks when it comes.
  if [ -d "/sys/bus/pci/drivers/$driver" ]; then echo "\${at##*/}" > /sys/bus/pci/drivers_probe; fi
}
`;

const TAIL = `
mkdir -p ${EARLY_DONE_PATH.slice(0, EARLY_DONE_PATH.lastIndexOf('/'))}
[ -e ${EARLY_DONE_PATH} ] || : > ${EARLY_DONE_PATH}
`;

/**
 * A POSIX shell program that sets the `driver_override` of each device that is at its place and is the one that was meant, by
 * its ids and its serial number. It says and unbinds nothing.
 */
export function formatEarlyProgram(bindings: readonly PersistedBinding[]): string {
  const lines = bindings.map((binding) => `# ${binding.address}\n${claimLine(binding)}\n`);
  const body = `${HEAD}\n${lines.join('')}${TAIL}`;
  const token = createHash('sha256').update(body).digest('hex').slice(0, TOKEN_LENGTH);
  return `#!/bin/sh\n# Made by pci bind --persist from /etc/portal-gun/bindings.json, and made anew by it: edits are lost.\n${TOKEN_LINE}${token}\n${body}`;
}

/** What tells one program of {@link formatEarlyProgram} from another; `null` for what is none. */
export function tokenOf(program: string | null): string | null {
  const line = program?.split('\n').find((each) => each.startsWith(TOKEN_LINE));
  return line === undefined ? null : line.slice(TOKEN_LINE.length);
}

function claimLine({ driver, path, id, subsystem, deviceSerial }: PersistedBinding): string {
  const [root = '', ...steps] = path.split('/');
  // Buses are numbered anew at each start; the slot and the function below a bridge stay.
  const place = ['/sys/devices', root, ...steps.map((step) => `*:??:${step}`)].join('/');
  // Patterns: a device may say nothing of its subsystem.
  const ids = [...id.split(':'), ...(subsystem?.split(':') ?? [])].map((each) => `0x${each}`);
  const words = [...ids, "'*'", "'*'"].slice(0, 4);
  return `claim ${driver} ${words.join(' ')} '${deviceSerial === null ? '' : serialWord(deviceSerial)}' ${place}`;
}

/** As the configuration space has it, the lowest byte first. */
function serialWord({ offset, value }: SerialAt): string {
  return `${offset}:${value.split('-').reverse().join(' ')}`;
}
