import { AGENT_PATH, AGENT_SCRIPT } from './agent-script.ts';

/** The first process of a guest: finds its devices, and starts a shell, or the system on its root disk. */
const INIT = String.raw`#!/bin/busybox sh
# portal-gun: the first process of a guest. The kernel command line can have
#   portal.name=NAME                 the name of the machine
#   portal.shares=TAG[:MODE][,...]   shared directories, mounted on /mnt/TAG; MODE is ro or rw
#   root=DEVICE                      the root file system, which is started; without it, this is a minivm
PATH=/sbin:/bin:/usr/sbin:/usr/bin
export PATH
/bin/busybox mkdir -p /dev /proc /sys /run /tmp /mnt /root /newroot /bin /sbin /usr/bin /usr/sbin
/bin/busybox mount -t devtmpfs -o mode=0755,nosuid dev /dev
/bin/busybox mount -t proc -o nosuid,nodev,noexec proc /proc
/bin/busybox mount -t sysfs -o nosuid,nodev,noexec sys /sys
/bin/busybox mount -t tmpfs -o mode=0755,nosuid,nodev run /run
/bin/busybox --install -s
mkdir -p /dev/pts /dev/shm
mount -t devpts -o gid=5,mode=620 devpts /dev/pts
mount -t tmpfs -o mode=1777,nosuid,nodev shm /dev/shm
ln -sf /proc/self/fd /dev/fd
ln -sf /proc/mounts /etc/mtab

say() {
  echo "portal-gun: $1" > /dev/console
}

name=minivm shares= root= rootfstype= rootflags= rootmode=ro init=/sbin/init
read -r arguments < /proc/cmdline
set -f
for word in $arguments; do
  case $word in
    portal.name=*) name=\${word#*=} ;;
    portal.shares=*) shares=\${word#*=} ;;
    root=*) root=\${word#*=} ;;
    rootfstype=*) rootfstype=\${word#*=} ;;
    rootflags=*) rootflags=\${word#*=} ;;
    init=*) init=\${word#*=} ;;
    ro|rw) rootmode=$word ;;
  esac
done
hostname "$name"
echo "$name" > /etc/hostname

# A module may bring a bus with more devices.
loaded=
while :; do
  find /sys/devices -name modalias -exec cat {} + 2> /dev/null | sort -u | xargs modprobe -a -q 2> /dev/null
  now=$(wc -l < /proc/modules)
  [ "$now" = "$loaded" ] && break
  loaded=$now
done
modprobe -a -q button evdev 2> /dev/null
ip link set lo up

if [ -n "$root" ]; then
  tries=0
  while :; do
    case $root in
      UUID=*|LABEL=*) device=$(findfs "$root" 2> /dev/null) ;;
      *) device=$root ;;
    esac
    [ -b "$device" ] && break
    tries=$((tries + 1))
    [ $tries -gt 300 ] && break
    sleep 0.1
  done
  options=$rootmode
  [ -n "$rootflags" ] && options=$options,$rootflags
  mounted=
  # The kernel loads the module of a file system only if it is named.
  for type in \${rootfstype:-ext4 xfs btrfs squashfs iso9660}; do
    mount -t "$type" -o "$options" "$device" /newroot 2> /dev/null && mounted=$type && break
  done
  if [ -n "$mounted" ] && [ -d /newroot/proc ]; then
    release=$(uname -r)
    # The system on the disk needs the modules of this kernel, and has them only if it has this kernel.
    if [ ! -e "/newroot/lib/modules/$release" ] && [ -d /newroot/lib/modules ]; then
      mkdir -p /run/portal-gun
      cp -a /lib/modules /run/portal-gun/modules
      mount -o bind /run/portal-gun/modules /newroot/lib/modules
    fi
    umount /dev/pts /dev/shm
    for folder in dev proc sys run; do mount -o move /$folder /newroot/$folder; done
    exec switch_root /newroot "$init"
  fi
  say "$name: cannot mount its root file system: $root"
fi

set -- $(echo "$shares" | tr , ' ')
for share; do
  tag=\${share%%:*}
  mode=rw
  [ "$share" = "$tag" ] || mode=\${share#*:}
  case $tag in ''|.|..|*/*) continue ;; esac
  mkdir -p "/mnt/$tag"
  mount -t 9p -o "trans=virtio,version=9p2000.L,msize=512000,$mode" "$tag" "/mnt/$tag" 2> /dev/null ||
    mount -t virtiofs -o "$mode" "$tag" "/mnt/$tag" 2> /dev/null ||
    say "$name: cannot mount the share $tag"
done

say "$name is up (Linux $(uname -r))"
exec /bin/busybox init
`.replaceAll('\\$', '$');

const INITTAB = `::respawn:/etc/portal-gun/console
::respawn:/etc/portal-gun/power-button
::respawn:/usr/lib/portal-gun/agent
::ctrlaltdel:/sbin/reboot
::shutdown:/bin/sync
::shutdown:/bin/umount -a -r
`;

const CONSOLE = `#!/bin/sh
cd /root
exec cttyhack /bin/sh -l
`;

/** `virsh shutdown` presses the power button, which is key 116 (0x74) of an input device. Not every busybox has acpid. */
const POWER_BUTTON = `#!/bin/sh
watch() {
  while event=$(dd bs=24 count=1 2> /dev/null | hexdump -v -e '24/1 "%02x"') && [ -n "$event" ]; do
    case $event in *0100740001000000) poweroff ;; esac
  done
}
for device in /sys/class/input/event*; do
  read -r name 2> /dev/null < "$device/device/name" || continue
  [ "$name" = "Power Button" ] && watch < "/dev/input/\${device##*/}" &
done
wait
exec sleep 10
`;

const PROFILE = `export HOME=/root USER=root
export PS1='\\h:\\w\\$ '
`;

/** A script or setting of an initramfs. */
export interface GuestFile {
  readonly path: string;
  readonly mode: number;
  readonly text: string;
}

/** Our files in an initramfs; the other ones are busybox and the modules of the kernel. */
export const GUEST_FILES: readonly GuestFile[] = [
  { path: 'init', mode: 0o755, text: INIT },
  { path: 'etc/inittab', mode: 0o644, text: INITTAB },
  { path: 'etc/profile', mode: 0o644, text: PROFILE },
  { path: 'etc/passwd', mode: 0o644, text: 'root::0:0:root:/root:/bin/sh\n' },
  { path: 'etc/group', mode: 0o644, text: 'root:x:0:\ntty:x:5:\n' },
  { path: 'etc/portal-gun/console', mode: 0o755, text: CONSOLE },
  { path: 'etc/portal-gun/power-button', mode: 0o755, text: POWER_BUTTON },
  { path: AGENT_PATH, mode: 0o755, text: AGENT_SCRIPT },
];
