#!/bin/sh
# The quick init of the lab: what systemd would have set up, as far as hardware and libvirt need it. Started
# by /lab-init of the root file system, which has mounted the kernel's file systems and the project.
# What powers off is in memory: the kernel switches off the root disk before the machine, and if init still reads from
# that disk, init dies and the kernel panics.
cp /bin/busybox /run/busybox
hostname lab
# Without an address of its name libvirt asks for one at each start of a machine, and nobody answers: 10 s.
echo '127.0.1.1 lab' >> /etc/hosts
ip link set lo up
ln -s /proc/self/fd /dev/fd
ln -s fd/0 /dev/stdin
/usr/lib/systemd/systemd-udevd --daemon
# The kernel announces once more what hardware hangs on: udevadm would first walk through all that there is. What
# the drivers bring to light announces itself.
for each in /sys/bus/pci/devices/* /sys/bus/usb/devices/* /sys/bus/virtio/devices/* \
  /sys/class/block/* /sys/class/net/* /sys/class/virtio-ports/*; do
  if [ -e "$each" ]; then echo add > "$each/uevent"; fi
done
/portal-gun/test/lab/guest/session.sh
# Init itself does it, by a system call that does not return: no program runs after the request. What is to be kept was
# written out before (test/lab/power-off.ts): a file system that hangs does not stop it.
exec /run/busybox poweroff -f -n
