#!/bin/sh
# What a boot is for, under either init: the agent, which returns when it is told to power off.
export PATH=/portal-gun/test/lab/guest/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root LC_ALL=C.UTF-8
cd /root || exit
exec node /portal-gun/test/lab/guest/agent.mjs
