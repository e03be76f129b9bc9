#!/bin/sh
# What a boot is for, under either init: the uplink as a host's uplink is, the folder that is shared with
# the outside, and the agent, which returns when it is told to power off.
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

export PATH=/portal-gun/test/lab/guest/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root LC_ALL=C.UTF-8
cd /root || exit
exec node /portal-gun/test/lab/guest/agent.mjs
