#!/bin/sh
# The quick init of the lab: what systemd would have set up, as far as hardware and libvirt need it. Started
# by /lab-init of the root file system, which has mounted the kernel's file systems and the project.
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
sync
echo o > /proc/sysrq-trigger
sleep 60
