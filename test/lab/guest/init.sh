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
# The buses that hardware hangs on; what their drivers bring to light announces itself. The hundreds of
# terminals, processors and the like take longest and nothing here asks for them.
for bus in acpi pci platform usb virtio block net virtio-ports; do
  set -- "$@" "--subsystem-match=$bus"
done
udevadm trigger --action=add "$@"
/portal-gun/test/lab/guest/session.sh
sync
echo o > /proc/sysrq-trigger
sleep 60
