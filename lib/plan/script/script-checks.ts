import { type Finding, refusalsAmong } from '../../checks/finding.ts';
import { SYS_PATHS } from '../../sysfs/paths.ts';
import type { Change } from '../change.ts';
import { kindOf } from '../change-kinds.ts';

/** The checks of a device in a script before it is taken. */
type Look = 'disks' | 'net' | 'open';

/**
 * Part of scripts that take devices. A script may run long after it was made, so it checks again everything that can
 * have changed: mount points of every mount namespace, and every open file by its device number.
 */
export const CHECKS_HEAD = `
# unused ADDRESS [disks] [net] [open]: stops if the host uses it now; the named checks are skipped
unused() {
  address=$1 dir=$(readlink -f "${SYS_PATHS.pciDevices}/$1") nodes=
  shift
  skip=" $* "
  for file in $(find "$dir" -name dev -type f); do
    node=\${file%/dev} number=$(cat "$file")
    name=\${node##*/} hex=$(printf "%x:%x" "\${number%:*}" "\${number#*:}")
    case $(readlink "$node/subsystem") in
      */block) nodes="$nodes|block special file $hex" ;;
      *) nodes="$nodes|character special file $hex"; continue ;;
    esac
    case $skip in *" disks "*) continue ;; esac
    if cat /proc/[0-9]*/mountinfo 2> /dev/null | awk -v number="$number" -v disk="/dev/$name" '
      $3 == number { found = 1 }
      { for (i = 7; i < NF - 1; i++) if ($i == "-" && $(i + 2) == disk) found = 1 }
      END { exit !found }'; then fail "$address is in use: $name is mounted"; fi
    for swap in $(awk 'NR > 1 { print $1 }' /proc/swaps); do
      [ "$(basename "$(readlink -f "$swap")")" != "$name" ] || fail "$address is in use: $name is swap"
    done
    for holder in "$node"/holders/* /sys/fs/btrfs/*/devices/"$name"; do
      [ ! -e "$holder" ] || fail "$address is in use: $name is part of $holder"
    done
    if grep -qs ID_FS_TYPE=zfs_member "/run/udev/data/b$number"; then
      for pool in /proc/spl/kstat/zfs/*/; do [ ! -d "$pool" ] || fail "$address may be in use: $name belongs to a ZFS pool"; done
    fi
  done
  case $skip in *" net "*) ;; *)
    for file in $(find "$dir" -name ifindex -type f); do
      link=\${file%/ifindex}
      name=\${link##*/}
      for upper in "$link"/upper_*; do [ ! -e "$upper" ] || fail "$address is in use: $name is part of \${upper##*/upper_}"; done
      addresses=$(ip -o addr show dev "$name" scope global) || fail "cannot read the addresses of $name"
      [ -z "$addresses" ] || fail "$address is in use: $name has an address"
      routes=$(ip -4 route show dev "$name"; ip -6 route show dev "$name" | grep -Ev "^(fe80::|ff00::|multicast)" || :)
      [ -z "$routes" ] || fail "$address is in use: $name has a route"
    done ;;
  esac
  case $skip in *" open "*) return 0 ;; esac
  group=$(basename "$(readlink "$dir/iommu_group")")
  if [ -e "/sys/class/vfio/$group/dev" ]; then
    number=$(cat "/sys/class/vfio/$group/dev")
    nodes="$nodes|character special file $(printf "%x:%x" "\${number%:*}" "\${number#*:}")"
  fi
  [ -n "$nodes" ] || return 0
  if printf "%s\\n" /proc/[0-9]*/fd/* | xargs stat -L -c "%F %t:%T" 2> /dev/null | grep -qxE "\${nodes#|}"; then
    fail "$address is in use: a process has a node of it open"
  fi
}

# take ADDRESS DRIVER [skipped]...: unused, unless it is on that driver
take() {
  on=$(driver_of "$1")
  [ "$on" != "$2" ] || return 0
  case $on in
    vfio-pci | pci-stub | *vfio_pci | *vfio-pci) unused "$1" disks net ;;
    *) taken=$1; shift 2; unused "$taken" "$@" ;;
  esac
}

# unheld ADDRESS: stops if a VM has it
unheld() {
  case $(driver_of "$1") in
    vfio-pci | pci-stub | *vfio_pci | *vfio-pci) unused "$1" disks net ;;
  esac
}
`;

const DISK_RULES: readonly string[] = 'mounted swap lvm md crypt device-mapper bcache zfs'.split(' ');

/** The checks that are skipped, because their finding is known and was accepted. */
export function passedOver(findings: readonly Finding[], allowed: ReadonlySet<string>): readonly Look[] {
  const known = findings.filter(({ severity }) => severity !== 'unknown');
  const lifted = refusalsAmong(known, new Set()).filter(({ name }) => allowed.has(name));
  return [...new Set(lifted.map(({ name }) => lookOf(name)))].sort();
}

function lookOf(name: string): Look {
  if (DISK_RULES.includes(name)) return 'disks';
  return name.startsWith('net-') || name === 'session' ? 'net' : 'open';
}

/** The lines that check whether the host now uses what a change takes. */
export function checkLines(change: Change, over: readonly Look[]): readonly string[] {
  return kindOf(change).script.checks(change, over.map((look) => ` ${look}`).join(''));
}
