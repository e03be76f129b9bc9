import { quote } from '../../base/shell-command.ts';
import type { GuestInit } from './guest-state.ts';

/**
 * A kind of setting of a running guest: its state is one line of text. All scripts are for a POSIX shell, and no value
 * gets into one unquoted.
 */
interface GuestSetting {
  /** Whether a text can be what it is a setting of. */
  readonly isSubject: (of: string) => boolean;
  readonly isValue: (value: string) => boolean;
  readonly words: (of: string, value: string) => string;
  /** A script that prints the state in a line, and exits with another status than 0 if it cannot be found out. */
  readonly read: (of: string, init: GuestInit) => string;
  /** A script that reaches a state from any other one. */
  readonly set: (of: string, value: string, init: GuestInit) => string;
}

/** The directory in which restarts are recorded: the files that a service was started with. */
const APPLIED = '/var/lib/portal/applied';
/** The state of a service whose files are about to change. */
export const STALE = 'stale';
/** The state of a service that was not started again by portal-gun. */
const NEVER = 'never';
/** In place of a service: the interfaces of `/etc/network/interfaces`, in guests without services. */
export const IFUPDOWN = 'ifupdown';
const NAME = /^[A-Za-z0-9][A-Za-z0-9@._+-]{0,100}$/;
const NO_SERVICES = 'echo "this guest has neither systemd nor OpenRC" >&2; exit 4';

const isName = (text: string): boolean => NAME.test(text);
const oneOf =
  (...words: readonly string[]) =>
  (value: string): boolean =>
    words.includes(value);
const isLine = (value: string): boolean => /^[\x20-\x7e]{0,200}$/.test(value) && value.trim() === value;

/** The kinds of setting by name. */
const GUEST_SETTINGS = {
  hostname: {
    isSubject: (of) => of === 'kernel',
    isValue: (value) => /^[a-z0-9][a-z0-9.-]{0,62}$/i.test(value),
    words: (_, value) => `host name: ${value}`,
    read: () => 'cat /proc/sys/kernel/hostname',
    set: (_, value) => `printf '%s\\n' ${quote(value)} > /proc/sys/kernel/hostname`,
  },
  sysctl: {
    isSubject: isSysctl,
    isValue: isLine,
    words: (of, value) => `sysctl ${of}: ${value}`,
    read: (of) => `tr '\\t' ' ' < ${quote(sysctlPath(of))}`,
    set: (of, value) => `printf '%s\\n' ${quote(value)} > ${quote(sysctlPath(of))}`,
  },
  module: {
    isSubject: isName,
    isValue: oneOf('loaded', 'absent'),
    words: (of, value) => `kernel module ${of}: ${value === 'loaded' ? 'load' : 'remove'}`,
    read: (of) =>
      `if [ -d ${quote(`/sys/module/${of.replaceAll('-', '_')}`)} ]; then echo loaded; else echo absent; fi`,
    set: (of, value) => `modprobe ${value === 'loaded' ? '' : '-r '}${quote(of)}`,
  },
  package: {
    isSubject: (of) => /^[a-z0-9][a-z0-9+.-]{0,100}$/.test(of),
    isValue: oneOf('installed', 'absent'),
    words: (of, value) => `package ${of}: ${value === 'installed' ? 'install' : 'remove'}`,
    read: readPackage,
    set: setPackage,
  },
  mount: {
    isSubject: (of) => /^(\/[A-Za-z0-9._-]+)+$/.test(of),
    isValue: oneOf('mounted', 'absent'),
    words: (of, value) => `${value === 'mounted' ? 'mount' : 'unmount'} ${of}`,
    read: (of) =>
      `state=absent; while read -r _ at _; do [ "$at" != ${quote(of)} ] || state=mounted; done < /proc/mounts; echo "$state"`,
    set: (of, value) =>
      value === 'mounted' ? `mkdir -p ${quote(of)} && mount ${quote(of)}` : `umount ${quote(of)}`,
  },
  boot: {
    isSubject: isName,
    isValue: oneOf('enabled', 'disabled'),
    words: (of, value) => `service ${of}: ${value} at boot`,
    read: readBoot,
    set: setBoot,
  },
  service: {
    isSubject: isName,
    isValue: oneOf('running', 'stopped'),
    words: (of, value) => `service ${of}: ${value === 'running' ? 'start' : 'stop'}`,
    read: readService,
    set: (of, value, init) => {
      const verb = value === 'running' ? 'start' : 'stop';
      return byInit(
        init,
        `systemctl daemon-reload; systemctl ${verb} ${quote(of)}`,
        `rc-service ${quote(of)} ${verb}`,
      );
    },
  },
  restart: {
    isSubject: isName,
    isValue: (value) => value === STALE || value === NEVER || /^[0-9a-f]{16}$/.test(value),
    words: (of, value) => (value === STALE ? `service ${of}: its files change` : `service ${of}: restart`),
    read: (of) => `if [ -e ${APPLIED}/${of} ]; then cat ${APPLIED}/${of}; else echo ${NEVER}; fi`,
    set: setRestart,
  },
} as const satisfies Readonly<Record<string, GuestSetting>>;

/** The name of a kind of setting. */
export type GuestSettingName = keyof typeof GUEST_SETTINGS;

export function guestSetting(name: GuestSettingName): GuestSetting {
  return GUEST_SETTINGS[name];
}

/** Whether parts that root of the guest acts on are a setting in its form. */
export function isSettingValue(name: unknown, of: unknown, value: unknown): boolean {
  if (typeof name !== 'string' || !Object.hasOwn(GUEST_SETTINGS, name)) return false;
  const { isSubject, isValue } = guestSetting(name as GuestSettingName);
  return typeof of === 'string' && isSubject(of) && typeof value === 'string' && isValue(value);
}

/** Whether a text is a key of sysctl: with dots, or with slashes if a part of it has a dot. */
export function isSysctl(of: string): boolean {
  return (
    /^[a-z0-9_]+(\.[A-Za-z0-9_:-]+)+$/.test(of) || /^[a-z0-9_]+(\/[A-Za-z0-9_:-][A-Za-z0-9_.:-]*)+$/.test(of)
  );
}

function sysctlPath(of: string): string {
  return `/proc/sys/${of.includes('/') ? of : of.replaceAll('.', '/')}`;
}

function byInit(init: GuestInit, systemd: string, openrc: string): string {
  return { systemd, openrc, none: NO_SERVICES }[init];
}

function readPackage(of: string): string {
  const name = quote(of);
  return [
    'if command -v dpkg-query > /dev/null; then',
    `  case $(dpkg-query -W -f '\${db:Status-Status}' ${name} 2> /dev/null) in installed) echo installed ;; *) echo absent ;; esac`,
    'elif command -v apk > /dev/null; then',
    `  if apk info -e ${name} > /dev/null 2>&1; then echo installed; else echo absent; fi`,
    'else echo "this guest has neither dpkg nor apk" >&2; exit 4; fi',
  ].join('\n');
}

/** A file that the guest has already stays: files of the folder are written after the packages. */
function setPackage(of: string, value: string): string {
  const name = quote(of);
  const [apt, apk] =
    value === 'installed'
      ? [
          `apt-get install -y -q --no-install-recommends -o Dpkg::Options::=--force-confold ${name} || { apt-get update -q && apt-get install -y -q --no-install-recommends -o Dpkg::Options::=--force-confold ${name}; }`,
          `apk add ${name} || apk add --update-cache ${name}`,
        ]
      : [`apt-get remove -y -q ${name}`, `apk del ${name}`];
  return [
    'export DEBIAN_FRONTEND=noninteractive',
    `if command -v apt-get > /dev/null; then ${apt}`,
    `elif command -v apk > /dev/null; then ${apk}`,
    'else echo "this guest has neither apt-get nor apk" >&2; exit 4; fi',
  ].join('\n');
}

/** A service that is not installed is not enabled either. */
function readBoot(of: string, init: GuestInit): string {
  return byInit(
    init,
    `case $(systemctl is-enabled ${quote(of)} 2> /dev/null) in enabled | enabled-runtime | static | alias | indirect | generated) echo enabled ;; *) echo disabled ;; esac`,
    `state=disabled; for at in /etc/runlevels/*/${of}; do [ ! -e "$at" ] || state=enabled; done; echo "$state"`,
  );
}

function setBoot(of: string, value: string, init: GuestInit): string {
  const name = quote(of);
  return value === 'enabled'
    ? byInit(init, `systemctl daemon-reload; systemctl -q enable ${name}`, `rc-update -q add ${name} default`)
    : byInit(init, `systemctl -q disable ${name}`, `rc-update -q -a del ${name}`);
}

function readService(of: string, init: GuestInit): string {
  return byInit(
    init,
    `case $(systemctl is-active ${quote(of)} 2> /dev/null) in active | reloading | activating) echo running ;; *) echo stopped ;; esac`,
    `if rc-service -q ${quote(of)} status > /dev/null 2>&1; then echo running; else echo stopped; fi`,
  );
}

/** Only a service that runs is started again. The record is written last: an interrupted restart is made again. */
function setRestart(of: string, value: string, init: GuestInit): string {
  const record =
    value === NEVER
      ? `rm -f ${APPLIED}/${of}`
      : `mkdir -p ${APPLIED} && printf '%s\\n' ${quote(value)} > ${APPLIED}/${of}`;
  if (value === STALE) return record;
  const restart =
    of === IFUPDOWN
      ? 'ifdown -a -f > /dev/null 2>&1 || :; ifup -a'
      : byInit(
          init,
          `systemctl daemon-reload; systemctl try-restart ${quote(of)}`,
          `rc-service --ifstarted ${quote(of)} restart`,
        );
  // Back to files that it was never started with: it may not have been installed.
  return value === NEVER ? `{ ${restart}\n} || :\n${record}` : `${restart}\n${record}`;
}
