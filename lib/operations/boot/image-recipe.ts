import { quote } from '../../base/shell-command.ts';
import { AGENT_PATH, AGENT_SCRIPT } from '../../machines/boot/agent-script.ts';

/** The additions of a root image to the packages that every system needs. */
export const IMAGE_PACKAGES: readonly string[] = [
  ...['systemd-sysv', 'udev', 'dbus', 'kmod', 'iproute2', 'iputils-ping', 'ca-certificates', 'less'],
];

/** The serial console of a machine is a socket that only root of the host can open, so it needs no password. */
const AUTOLOGIN = `[Service]
ExecStart=
ExecStart=-/sbin/agetty --autologin root --keep-baud 115200,57600,38400,9600 - $TERM
`;

/** Early, so that a guest whose start hangs can be looked at; and until it stops. */
const AGENT_UNIT = `[Unit]
Description=Agent of portal-gun
DefaultDependencies=no
RequiresMountsFor=/run /tmp
After=systemd-tmpfiles-setup.service systemd-udevd.service
Before=shutdown.target
Conflicts=shutdown.target

[Service]
ExecStart=/${AGENT_PATH}
Environment=HOME=/root
Restart=always
RestartSec=1

[Install]
WantedBy=sysinit.target
`;

const UNIT_NAME = 'portal-gun-agent.service';
const UNITS = '/etc/systemd/system';

const DROP_IN = '/etc/systemd/system/serial-getty@.service.d/portal-gun.conf';

/** Commands of `mmdebstrap`, with the directory of the root as `$1`. */
export const CUSTOMIZE_HOOKS: readonly string[] = [
  // Each machine gets its own.
  'rm -f "$1/etc/hostname" && : > "$1/etc/machine-id"',
  'printf "/dev/disk/by-label/portal-root / ext4 defaults,errors=remount-ro 0 1\\n" > "$1/etc/fstab"',
  'mkdir -p "$1/lib/modules"',
  writing(AUTOLOGIN, DROP_IN),
  writing(AGENT_SCRIPT, `/${AGENT_PATH}`),
  `chmod 755 "$1/${AGENT_PATH}"`,
  writing(AGENT_UNIT, `${UNITS}/${UNIT_NAME}`),
  `mkdir -p "$1${UNITS}/sysinit.target.wants" && ln -s ../${UNIT_NAME} "$1${UNITS}/sysinit.target.wants/${UNIT_NAME}"`,
];

/** A command that writes a file below the root. */
function writing(text: string, path: string): string {
  return `mkdir -p "$1${path.replace(/\/[^/]+$/, '')}" && printf '%s' ${quote(text)} > "$1${path}"`;
}
