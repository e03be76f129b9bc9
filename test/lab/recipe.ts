import { createHash } from 'node:crypto';

/** The Debian of the lab. */
export const SUITE = 'trixie';

const PACKAGES = [
  'busybox-static',
  'driverctl',
  // Their mke2fs makes the disk's image from the archive, owners and all, without root.
  'e2fsprogs',
  'libarchive13t64',
  'grub-common',
  'grub-pc-bin',
  'grub2-common',
  'iproute2',
  'kmod',
  'libvirt-clients',
  'libvirt-daemon-driver-qemu',
  'libvirt-daemon-system',
  'linux-image-amd64',
  'nodejs',
  'ovmf',
  'pciutils',
  'procps',
  'qemu-system-x86',
  'qemu-utils',
  'systemd',
  'udev',
  'xz-utils',
  'zstd',
];

/**
 * What the initial RAM disk of a quick boot loads, in this order: an IOMMU has to be there before what it
 * watches over.
 */
const EARLY_MODULES = ['virtio_iommu', 'virtio_blk', 'ext4'];

/** Its init. Debian's own starts udev and looks for much, which takes half a minute under emulation. */
const EARLY_INIT = `#!/bin/busybox sh
busybox mount -t devtmpfs dev /dev
for module in $(busybox cat /modules/order); do
  busybox insmod "/modules/$module" || echo "lab: $module could not be loaded"
done
until busybox mount -t ext4 /dev/vda /root; do busybox sleep 0.2; done
busybox mount --move /dev /root/dev
exec busybox switch_root /root /lab-init
`;

/**
 * Makes the initial RAM disk of a quick boot, and unpacks the modules that may be loaded: unpacking them is
 * a second's work here and many seconds' under emulation. The largest are for hardware that the lab has not.
 */
const PREPARE_KERNEL = `#!/bin/sh
set -eu
kernel=$(ls /usr/lib/modules)
find "/usr/lib/modules/$kernel" -name '*.ko.xz' -size -400k -exec unxz {} +
depmod "$kernel"

work=$(mktemp -d)
mkdir "$work/bin" "$work/dev" "$work/root" "$work/modules"
cp /bin/busybox "$work/bin/"
cp /lab-early-init "$work/init"
for module in ${EARLY_MODULES.join(' ')}; do
  modprobe --set-version "$kernel" --show-depends "$module"
done | while read -r kind path _; do
  [ "$kind" = insmod ] || continue
  name=$(basename "$path")
  [ -e "$work/modules/$name" ] && continue
  cp "$path" "$work/modules/"
  echo "$name" >> "$work/modules/order"
done
(cd "$work" && find . | busybox cpio -o -H newc) > /boot/lab-initrd.img
rm -r "$work"
`;

/** The init of a quick boot: mounts what is needed to reach the project, whose script takes over. */
const LAB_INIT = `#!/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mountpoint -q /dev || mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup
/lab-mount
exec /portal-gun/test/lab/guest/init.sh
`;

const LAB_MOUNT = `#!/bin/sh
modprobe 9pnet_virtio
mkdir -p /portal-gun
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=loose,ro project /portal-gun
`;

/** The same under systemd. */
const LAB_UNIT = `[Unit]
Description=The lab's agent
After=local-fs.target systemd-udev-settle.service
Wants=systemd-udev-settle.service

[Service]
ExecStartPre=/lab-mount
ExecStart=/portal-gun/test/lab/guest/session.sh
ExecStopPost=/usr/bin/systemctl --no-block poweroff

[Install]
WantedBy=multi-user.target
`;

/** A file of the root file system: path, contents, and whether it is a program. */
interface RecipeFile {
  readonly path: string;
  readonly text: string;
  readonly program?: boolean;
}

/** Written before the kernel is installed, since that makes the initial RAM disk. */
const EARLY_FILES: readonly RecipeFile[] = [
  { path: '/etc/initramfs-tools/conf.d/lab', text: 'MODULES=list\nCOMPRESS=zstd\nCOMPRESSLEVEL=1\n' },
  { path: '/usr/share/initramfs-tools/modules.d/lab', text: 'ext4\nvirtio_blk\nvirtio_iommu\n' },
];

const LATE_FILES: readonly RecipeFile[] = [
  { path: '/lab-early-init', text: EARLY_INIT, program: true },
  { path: '/lab-prepare-kernel', text: PREPARE_KERNEL, program: true },
  { path: '/lab-init', text: LAB_INIT, program: true },
  { path: '/lab-mount', text: LAB_MOUNT, program: true },
  { path: '/etc/systemd/system/portal-gun-lab.service', text: LAB_UNIT },
  // Always the same, so that snapshots of it are.
  { path: '/etc/machine-id', text: '0123456789abcdef0123456789abcdef\n' },
  { path: '/etc/hostname', text: 'lab\n' },
];

/** Where the Node that runs the tests is put. Debian's own stays behind it, for one that needs what Debian has not. */
const NODE = '/usr/local/bin/node';

/**
 * Copies it: what is tested inside is then what is tested outside, and where it is one file, as those of nodejs.org
 * are, it starts four times as fast under emulation as Debian's, whose libraries are to be linked at each start.
 */
const COPY_NODE = `cp ${quoted(process.execPath)} "$1${NODE}" && { chroot "$1" ${NODE} --version > /dev/null 2>&1 || rm "$1${NODE}"; }`;

const ENABLE_UNIT =
  'ln -s ../portal-gun-lab.service "$1/etc/systemd/system/multi-user.target.wants/portal-gun-lab.service"';

/** As one word of a shell. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function writing({ path, text, program }: RecipeFile): string {
  const encoded = Buffer.from(text).toString('base64');
  const target = `"$1${path}"`;
  const mode = program === true ? ` && chmod 755 ${target}` : '';
  return `mkdir -p "$(dirname ${target})" && echo ${encoded} | base64 -d > ${target}${mode}`;
}

/** mmdebstrap's arguments that make the root file system, but for the archive to write and the mirror. */
export const RECIPE: readonly string[] = [
  '--variant=apt',
  '--architectures=amd64',
  // It would empty the machine's id.
  '--skip=cleanup/reproducible',
  `--include=${PACKAGES.join(',')}`,
  '--aptopt=Apt::Install-Recommends "false"',
  ...['man', 'doc', 'locale', 'info'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
  ...EARLY_FILES.map((file) => `--essential-hook=${writing(file)}`),
  '--customize-hook=mkdir -p "$1/etc/systemd/system/multi-user.target.wants"',
  ...LATE_FILES.map((file) => `--customize-hook=${writing(file)}`),
  `--customize-hook=${ENABLE_UNIT}`,
  `--customize-hook=${COPY_NODE}`,
  '--customize-hook=chroot "$1" /lab-prepare-kernel',
  SUITE,
];

/** How large the disk is; what is not written takes no room. */
export const DISK_SIZE = '4G';

/** Raised when something else is kept beside it in its folder. */
const LAYOUT = 2;

/** Names the recipe: another recipe, another key. */
export const RECIPE_KEY = createHash('sha256')
  .update(JSON.stringify([RECIPE, DISK_SIZE, process.version, LAYOUT]))
  .digest('hex')
  .slice(0, 12);
