import { execa } from 'execa';
import { LabUnavailable } from './root-file-system.ts';

/**
 * `unshare` with what a daemon is kept apart by: it is root of its own user namespace alone, be it started by
 * root or by an ordinary user, and what it mounts, starts or does to the network ends with it.
 */
export const UNSHARE: readonly string[] = [
  ...['unshare', '--user', '--map-root-user', '--mount', '--pid', '--net', '--uts', '--fork', '--kill-child'],
];

/**
 * Builds the root that the daemon sees, and starts it there: `sh SCRIPT TREE WORK TOOLS`, in {@link UNSHARE}'s
 * namespaces. Ends with its standard input, with all that runs in there. TREE has the daemon, and TOOLS what mounts.
 */
export const ENTER_SCRIPT = `set -eu
tree=$1 work=$2 tools=$3
libraries=$tools/usr/lib/x86_64-linux-gnu
busybox() { "$tools/usr/bin/busybox" "$@"; }
# Not this machine's, since older ones fail over mounts that are nosuid outside, and make only the topmost read-only.
mount() { "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" "$tools/usr/bin/mount" "$@"; }

busybox hostname lab
mount -t tmpfs -o mode=755 root "$work/root"
cd "$work/root"
busybox mkdir -p usr boot etc dev proc sys root run tmp var/cache var/lib var/log/libvirt ".$work/shared"
for name in bin sbin lib lib64; do busybox ln -s "usr/$name" "$name"; done
busybox ln -s /run var/run

for name in usr boot etc; do
  [ ! -d "$tree/$name" ] || mount --bind -o ro "$tree/$name" "$name"
done
mount --bind "$work/etc" etc/libvirt
mount --bind "$work/run" run
mount --bind "$work/log" var/log/libvirt
mount --bind "$work/shared" ".$work/shared"
for name in var/lib var/log run; do
  busybox mkdir -p "$name/portal-gun"
  mount --bind "$work/state/$(busybox basename "$name")/portal-gun" "$name/portal-gun"
done

mount -t proc proc proc
mount --rbind -o ro=recursive /sys sys
mount -t tmpfs -o mode=755 dev dev
busybox mkdir dev/net dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
busybox ln -s pts/ptmx dev/ptmx
# No kvm: guests are then emulated everywhere.
for name in null zero full random urandom net/tun; do
  if [ -e "/dev/$name" ]; then
    busybox touch "dev/$name"
    mount --bind "/dev/$name" "dev/$name"
  fi
done

# A shell stays, as the init that takes over guests whose parent is gone. The folder is there to know it by.
exec 3<&0
exec "$tools/usr/bin/busybox" chroot . /usr/bin/busybox sh -c '
  export PATH=/usr/sbin:/usr/bin
  busybox ip link set lo up
  trap exit TERM
  { busybox cat; kill -TERM $$; } <&3 &
  libvirtd 3<&- &
  wait $!' init "$work"
`;

/** The daemon's settings, by the names of their files in `/etc/libvirt`. */
export const SETTINGS: Readonly<Record<string, string>> = {
  'libvirtd.conf': `
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_rw_perms = "0700"
host_uuid = "01234567-89ab-4cde-8f01-23456789abcd"
`,
  // The number is -1: guests run as whom the daemon runs as. Naming someone, be it root, makes libvirt set
  // groups, which a user namespace forbids.
  'qemu.conf': `
user = "+4294967295"
group = "+4294967295"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
`,
};

/** @throws LabUnavailable where this user can't have such namespaces here */
export async function assertNamespaces(): Promise<void> {
  const [program = '', ...args] = UNSHARE;
  const { failed, stderr, code } = await execa(program, [...args, '--mount-proc', 'true'], { reject: false });
  if (!failed) return;
  throw new LabUnavailable(
    `libvirtd needs user namespaces of its own, which are not to be had here: ${stderr || code}`,
  );
}
