#!/bin/sh
# The quick init of the lab: what systemd would have set up, as far as hardware and libvirt need it. Started
# by /lab-init of the root file system, which has mounted the kernel's file systems and the project.
udevd=/usr/lib/systemd/systemd-udevd
"$udevd" --daemon
udevadm trigger --action=add --type=subsystems
udevadm trigger --action=add --type=devices
udevadm settle --timeout=240

hostname lab
ip link set lo up
/portal-gun/test/lab/guest/session.sh
sync
echo o > /proc/sysrq-trigger
sleep 60
