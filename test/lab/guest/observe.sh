#!/bin/sh
# What others say of the PCI functions of this machine, for a second opinion, as files in the folder $1: raw
# attributes of sysfs, where network interfaces and drives hang, and lspci.
# Nothing of the project's is used.
set -e
into=$1
mkdir -p "$into" /tmp/raw

# Attributes of functions and groups, and the links between them; what can't be read is left out, and told.
find /sys/devices/pci* /sys/bus/pci/devices /sys/kernel/iommu_groups \
  \( -type l \( -path '/sys/bus/*' -o -path '/sys/kernel/*' -o -name driver -o -name iommu_group \
       -o -name physfn -o -name 'virtfn*' \) \) -o \
  \( -type f -path '*:*:*' \( -name vendor -o -name device -o -name class -o -name revision -o -name config \
       -o -name subsystem_vendor -o -name subsystem_device -o -name numa_node -o -name resource \
       -o -name driver_override -o -name reset_method -o -name power_state -o -name boot_vga \
       -o -name modalias -o -name '*_link_speed' -o -name '*_link_width' -o -name 'sriov_*' \) \) -o \
  \( -type f -path '/sys/kernel/*' \) |
  xargs cp --no-dereference --parents --target-directory=/tmp/raw 2> "$into/unread" || true
tar -C /tmp/raw -cf "$into/raw.tar" sys

# `NAME DIRECTORY` of each.
for name in /sys/class/net/*; do
  echo "${name##*/} $(readlink -f "$name")"
done > "$into/net"
for disk in /sys/block/*; do
  [ "$(cat "$disk/hidden")" = 1 ] || echo "${disk##*/} $(readlink -f "$disk")"
done > "$into/block"
# `SUBSYSTEM CONTROLLER'S-DIRECTORY`: the disks of a subsystem are reached through its controllers.
for subsystem in /sys/class/nvme-subsystem/*; do
  for controller in "$subsystem"/nvme*; do
    [ -L "$controller" ] && echo "$(readlink -f "$subsystem") $(readlink -f "$controller")"
  done
done > "$into/nvme"
grep -s . /sys/bus/pci/slots/*/address > "$into/slots" || true

lspci -vmmnnkD > "$into/lspci-records"
lspci -vvnnkD > "$into/lspci-details"
lspci -nnD > "$into/lspci-lines"
