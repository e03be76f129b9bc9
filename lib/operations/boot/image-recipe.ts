/** The additions of a root image to the packages that every system needs. */
export const IMAGE_PACKAGES: readonly string[] = [
  ...['systemd-sysv', 'udev', 'dbus', 'kmod', 'iproute2', 'iputils-ping', 'ca-certificates', 'less'],
];

/** The serial console of a machine is a socket that only root of the host can open, so it needs no password. */
const AUTOLOGIN = `[Service]
ExecStart=
ExecStart=-/sbin/agetty --autologin root --keep-baud 115200,57600,38400,9600 - $TERM
`;

const DROP_IN = '/etc/systemd/system/serial-getty@.service.d/portal-gun.conf';

/** Commands of `mmdebstrap`, with the directory of the root as `$1`. */
export const CUSTOMIZE_HOOKS: readonly string[] = [
  // Each machine gets its own.
  'rm -f "$1/etc/hostname" && : > "$1/etc/machine-id"',
  'printf "/dev/disk/by-label/portal-root / ext4 defaults,errors=remount-ro 0 1\\n" > "$1/etc/fstab"',
  'mkdir -p "$1/lib/modules"',
  `mkdir -p "$1${DROP_IN.replace(/\/[^/]+$/, '')}" && printf '%s' '${AUTOLOGIN}' > "$1${DROP_IN}"`,
];
