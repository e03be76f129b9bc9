import { BOOT_LOADER_PATHS, SYS_PATHS } from '../../sysfs/paths.ts';
import type { ScriptPart } from '../change-kind.ts';

/** Part of every script. */
export const HEAD = `# Requires root. It stops at the first failure. If it is run again, it makes only the missing changes.
set -eu
umask 022
export LC_ALL=C

fail() { echo "$0: $*" >&2; exit 1; }

# same ADDRESS IDS SUBSYSTEM GROUP: stops if the device is not the planned one. A dash is an unknown value.
same() {
  at=${SYS_PATHS.pciDevices}/$1
  [ -e "$at" ] || fail "$1 is not on the PCI bus"
  [ "$(cat "$at/vendor") $(cat "$at/device")" = "0x\${2%:*} 0x\${2#*:}" ] || fail "another device is at $1"
  [ "$3" = - ] || [ "$(cat "$at/subsystem_vendor") $(cat "$at/subsystem_device")" = "0x\${3%:*} 0x\${3#*:}" ] ||
    fail "another device is at $1"
  [ "$4" = - ] || [ "$(basename "$(readlink "$at/iommu_group")")" = "$4" ] || fail "$1 is not in IOMMU group $4"
}

# driver_of ADDRESS: prints its driver; empty if it has none
driver_of() { if [ -e "${SYS_PATHS.pciDevices}/$1/driver" ]; then basename "$(readlink "${SYS_PATHS.pciDevices}/$1/driver")"; fi; }

# move ADDRESS DRIVER OVERRIDE: binds it to a driver, or unbinds it if empty; then sets driver_override
move() {
  at=${SYS_PATHS.pciDevices}/$1
  if [ "$(driver_of "$1")" != "$2" ]; then
    [ -z "$2" ] || printf "%s\\n" "$2" > "$at/driver_override"
    [ -z "$(driver_of "$1")" ] || echo "$1" > "$at/driver/unbind"
    [ -z "$2" ] || echo "$1" > ${SYS_PATHS.pciBus}/drivers_probe
    [ "$(driver_of "$1")" = "$2" ] || fail "$2 does not bind $1"
  fi
  printf "%s\\n" "$3" > "$at/driver_override"
}

# release ADDRESS: returns it to the driver that the kernel finds
release() {
  at=${SYS_PATHS.pciDevices}/$1
  echo > "$at/driver_override"
  case $(driver_of "$1") in
    vfio-pci | pci-stub | *vfio_pci | *vfio-pci) echo "$1" > "$at/driver/unbind" ;;
  esac
  [ -n "$(driver_of "$1")" ] || echo "$1" > ${SYS_PATHS.pciBus}/drivers_probe
}
`;

const VF_CHECKS_PART = `
# take_vfs ADDRESS COUNT [skipped]...: the same check for its VFs, if their number changes
take_vfs() {
  [ "$(cat "${SYS_PATHS.pciDevices}/$1/sriov_numvfs")" != "$2" ] || return 0
  pf=$1
  shift 2
  for at in "${SYS_PATHS.pciDevices}/$pf"/virtfn*; do
    [ ! -e "$at" ] || unused "$(basename "$(readlink "$at")")" "$@"
  done
}
`;

const VFS_PART = `
# vfs ADDRESS COUNT AUTOPROBE: sets its number of VFs, and before that sriov_drivers_autoprobe unless empty
vfs() {
  at=${SYS_PATHS.pciDevices}/$1
  if [ "$(cat "$at/sriov_numvfs")" != "$2" ]; then
    [ -z "$3" ] || echo "$3" > "$at/sriov_drivers_autoprobe"
    [ "$(cat "$at/sriov_numvfs")" = 0 ] || echo 0 > "$at/sriov_numvfs"
    [ "$2" = 0 ] || echo "$2" > "$at/sriov_numvfs"
  fi
}

# vf ADDRESS INDEX: prints the address of one of its VFs
vf() { basename "$(readlink "${SYS_PATHS.pciDevices}/$1/virtfn$2")"; }

# probe ADDRESS: lets the kernel probe for a driver if it has none
probe() { [ -n "$(driver_of "$1")" ] || echo "$1" > ${SYS_PATHS.pciBus}/drivers_probe; }

# net ADDRESS: prints its network interface
net() { ls "${SYS_PATHS.pciDevices}/$1/net" | head -n 1; }
`;

const BOOT_LOADER_PART = `
# given WORD...: whether a Linux entry of GRUB contains all words
given() {
  lines=$(tr '\\t' ' ' < ${BOOT_LOADER_PATHS.grubConfiguration} 2> /dev/null | sed -n 's/^ *linux [^ ]*\\(.*\\)$/\\1 /p')
  for word; do lines=$(printf '%s\\n' "$lines" | grep -F -- " $word ") || return 1; done
}
`;

const DEFINITIONS_PART = `
# given URI VM ALIAS: whether its definition contains a device or port with the alias
given() { virsh --connect "$1" dumpxml --inactive "$2" | grep -qF "<alias name='$3'/>"; }

# attach URI VM ALIAS XML: adds it to the definition
attach() { given "$1" "$2" "$3" || printf "%s\\n" "$4" | virsh --quiet --connect "$1" attach-device "$2" /dev/stdin --config; }

# detach URI VM ALIAS XML: removes it from the definition
detach() { ! given "$1" "$2" "$3" || printf "%s\\n" "$4" | virsh --quiet --connect "$1" detach-device "$2" /dev/stdin --config; }
`;

const RUNNING_PART = `
# runs URI VM: whether it runs
runs() { virsh --quiet --connect "$1" list --uuid | grep -qx "$2"; }

# has URI VM ALIAS: whether it runs with a device with the alias
has() { runs "$1" "$2" && virsh --connect "$1" dumpxml "$2" | grep -qF "<alias name='$3'/>"; }

# plug URI VM ALIAS XML: attaches it to the running VM
plug() { has "$1" "$2" "$3" || printf "%s\\n" "$4" | virsh --quiet --connect "$1" attach-device "$2" /dev/stdin --live; }

# unplug URI VM ALIAS: asks the guest to release it, and waits for that
unplug() {
  virsh --quiet --connect "$1" list > /dev/null
  left=30
  while has "$1" "$2" "$3"; do
    [ "$left" -gt 0 ] || fail "the guest of $2 does not release $3"
    [ $((left % 6)) -ne 0 ] || virsh --quiet --connect "$1" detach-device-alias "$2" "$3" --live || :
    left=$((left - 1))
    sleep 1
  done
}
`;

const MACHINES_PART = `
# define URI MACHINE XML: defines it, or changes its definition
define() { printf "%s\\n" "$3" | virsh --quiet --connect "$1" define /dev/stdin --validate > /dev/null; }

# undefine URI MACHINE: removes its definition, if there is one
undefine() {
  if virsh --connect "$1" list --all --uuid | grep -qx "$2"; then virsh --quiet --connect "$1" undefine "$2" --keep-nvram --keep-tpm 2> /dev/null ||
    virsh --quiet --connect "$1" undefine "$2" --keep-nvram; fi
}

# state URI MACHINE: off, paused or running
state() {
  case $(virsh --connect "$1" domstate "$2" 2> /dev/null) in
    running | idle | blocked | "in shutdown") echo running ;;
    paused) echo paused ;;
    *) echo off ;;
  esac
}

# power URI MACHINE STATE SECONDS: starts, pauses, resumes or stops it; a guest has so long to shut down
power() {
  now=$(state "$1" "$2")
  [ "$now" != "$3" ] || return 0
  case $now-$3 in
    off-running) virsh --quiet --connect "$1" start "$2" ;;
    off-paused) virsh --quiet --connect "$1" start "$2" --paused ;;
    paused-running) virsh --quiet --connect "$1" resume "$2" ;;
    running-paused) virsh --quiet --connect "$1" suspend "$2" ;;
    *-off)
      left=$4
      [ "$left" -eq 0 ] || virsh --quiet --connect "$1" shutdown "$2" || left=0
      while [ "$left" -gt 0 ] && [ "$(state "$1" "$2")" != off ]; do
        left=$((left - 1))
        sleep 1
      done
      [ "$(state "$1" "$2")" = off ] || virsh --quiet --connect "$1" destroy "$2" ;;
  esac > /dev/null
}
`;

const HOOKS_PART = `
# reload_libvirt FILE...: lets the processes of libvirt with these files look for hooks
reload_libvirt() {
  for file; do
    [ ! -r "$file" ] || kill -HUP "$(cat "$file")"
  done
}
`;

const NETWORKS_PART = `
# network URI NAME AUTOSTART XML: defines and starts it
network() {
  virsh --connect "$1" net-info "$2" > /dev/null 2>&1 || printf "%s\\n" "$4" | virsh --quiet --connect "$1" net-define /dev/stdin > /dev/null
  [ "$3" = off ] || virsh --quiet --connect "$1" net-autostart "$2" > /dev/null
  virsh --connect "$1" net-list --name | grep -qx "$2" || virsh --quiet --connect "$1" net-start "$2" > /dev/null
}

# remove_network URI NAME: stops and removes it, if there is one
remove_network() {
  if virsh --connect "$1" net-list --name | grep -qx "$2"; then virsh --quiet --connect "$1" net-destroy "$2" > /dev/null; fi
  if virsh --connect "$1" net-list --all --name | grep -qx "$2"; then virsh --quiet --connect "$1" net-undefine "$2" > /dev/null; fi
}
`;

const GUESTS_PART = `
# guest_run MACHINE SCRIPT BASE64: runs a script in the guest of a machine, with bytes as its stdin
guest_run() {
  command -v portal > /dev/null || fail "portal is not installed: it reaches the guest of $1"
  printf "%s" "$3" | base64 -d | portal exec "$1" --input - -- sh -c "$2" > /dev/null
}
`;

/** What stands in scripts whose lines call it, in the order in which it stands there. */
export const SCRIPT_PARTS: Readonly<Record<ScriptPart, string>> = {
  'vf-checks': VF_CHECKS_PART,
  vfs: VFS_PART,
  'boot-loader': BOOT_LOADER_PART,
  definitions: DEFINITIONS_PART,
  'running-machines': RUNNING_PART,
  machines: MACHINES_PART,
  networks: NETWORKS_PART,
  hooks: HOOKS_PART,
  guests: GUESTS_PART,
};
