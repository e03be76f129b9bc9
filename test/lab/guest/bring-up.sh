#!/bin/sh
# What is to be there before commands are run: drivers, the uplink as a host's uplink is, and the folder that
# is shared with the outside.

# Through the kernel, which puts the time before it: where a boot hangs, and what takes long, is then to be seen.
say() {
  echo "lab: $*" > /dev/kmsg
}

say 'waiting for drivers'
udevadm settle --timeout=480
say 'setting up the uplink'
for port in /sys/class/net/*; do
  if [ "$(cat "$port/address")" = 52:54:00:00:00:01 ]; then
    name=${port##*/}
    ip link set "$name" up
    ip address add 10.0.2.15/24 dev "$name"
    ip route add default via 10.0.2.2
  fi
done
mkdir -p /lab
mountpoint -q /lab || mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 lab /lab
say 'up'
