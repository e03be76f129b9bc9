import { PortalGunError } from '../../base/errors.ts';
import { quote } from '../../base/shell-command.ts';
import { escapeControls } from '../../base/text.ts';
import { busEntryPath, driverPath, modulePath, SYS_PATHS } from '../../sysfs/paths.ts';
import {
  type Change,
  DEFAULT_DRIVER,
  type DriverChange,
  type DriverState,
  type FileChange,
  INITRAMFS_STATE_PATH,
  type InitramfsChange,
  type LinkChange,
  type ModuleChange,
  STALE,
  type VfsChange,
} from '../change.ts';
import type { Guard } from '../guard.ts';
import type { Plan } from '../plan.ts';
import type { Proposal } from '../proposal.ts';
import { settingArguments } from '../sriov/setting-arguments.ts';
import { ASSIGNMENT_HEAD, assignmentLines, categoryLines } from './assignment-script.ts';
import { ATTACHMENT_HEAD, attachmentLines } from './attachment-script.ts';
import { BOOT_LOADER_HEAD, bootLoaderLines } from './boot-loader-script.ts';
import { CHECKS_HEAD, checkLines, passedOver, VFS_CHECKS_HEAD } from './script-checks.ts';

const HEAD = `# For root. It stops at the first failure; run again, it does what is left, and nothing twice.
set -eu
umask 022
export LC_ALL=C

fail() { echo "$0: $*" >&2; exit 1; }

# same ADDRESS IDS SUBSYSTEM GROUP: is it still the device that this was made for? A dash is for what was not known.
same() {
  at=${SYS_PATHS.pciDevices}/$1
  [ -e "$at" ] || fail "$1 is not on the PCI bus"
  [ "$(cat "$at/vendor") $(cat "$at/device")" = "0x\${2%:*} 0x\${2#*:}" ] || fail "another device is at $1"
  [ "$3" = - ] || [ "$(cat "$at/subsystem_vendor") $(cat "$at/subsystem_device")" = "0x\${3%:*} 0x\${3#*:}" ] ||
    fail "another device is at $1"
  [ "$4" = - ] || [ "$(basename "$(readlink "$at/iommu_group")")" = "$4" ] || fail "$1 is not in IOMMU group $4"
}

# driver_of ADDRESS: the name of its driver; nothing without one
driver_of() { if [ -e "${SYS_PATHS.pciDevices}/$1/driver" ]; then basename "$(readlink "${SYS_PATHS.pciDevices}/$1/driver")"; fi; }

# move ADDRESS DRIVER OVERRIDE: to a driver, none where it is empty; then what driver_override is to ask for
move() {
  at=${SYS_PATHS.pciDevices}/$1
  if [ "$(driver_of "$1")" != "$2" ]; then
    [ -z "$2" ] || printf "%s\\n" "$2" > "$at/driver_override"
    [ -z "$(driver_of "$1")" ] || echo "$1" > "$at/driver/unbind"
    [ -z "$2" ] || echo "$1" > ${SYS_PATHS.pciBus}/drivers_probe
    [ "$(driver_of "$1")" = "$2" ] || fail "$2 does not take $1"
  fi
  printf "%s\\n" "$3" > "$at/driver_override"
}

# release ADDRESS: to the driver that the kernel finds
release() {
  at=${SYS_PATHS.pciDevices}/$1
  echo > "$at/driver_override"
  case $(driver_of "$1") in
    vfio-pci | pci-stub | *vfio_pci | *vfio-pci) echo "$1" > "$at/driver/unbind" ;;
  esac
  [ -n "$(driver_of "$1")" ] || echo "$1" > ${SYS_PATHS.pciBus}/drivers_probe
}
`;

/** Nobody else may take the lock that is in it. */
const RUN_FOLDER = '/run/portal-gun';

/** Stands in scripts that are about VFs alone. */
const VFS_HEAD = `
# vfs ADDRESS COUNT AUTOPROBE: makes so many VFs of it, with sriov_drivers_autoprobe meanwhile at that, where it is not empty
vfs() {
  at=${SYS_PATHS.pciDevices}/$1
  if [ "$(cat "$at/sriov_numvfs")" != "$2" ]; then
    [ -z "$3" ] || echo "$3" > "$at/sriov_drivers_autoprobe"
    [ "$(cat "$at/sriov_numvfs")" = 0 ] || echo 0 > "$at/sriov_numvfs"
    [ "$2" = 0 ] || echo "$2" > "$at/sriov_numvfs"
  fi
}

# vf ADDRESS INDEX: the address of one of its VFs
vf() { basename "$(readlink "${SYS_PATHS.pciDevices}/$1/virtfn$2")"; }

# probe ADDRESS: has the kernel look for a driver, where it has none
probe() { [ -n "$(driver_of "$1")" ] || echo "$1" > ${SYS_PATHS.pciBus}/drivers_probe; }

# net ADDRESS: its network interface
net() { ls "${SYS_PATHS.pciDevices}/$1/net" | head -n 1; }
`;

/**
 * A plan as a POSIX shell script that does the same with the commands that a person would type. What it is given of the
 * host stands in it quoted.
 */
export function formatScript(
  { title, guards, steps }: Plan,
  version: string,
  { findings, allowed }: Pick<Proposal, 'findings' | 'allowed'> = { findings: [], allowed: new Set() },
): string {
  const kinds = new Set(steps.map(({ change: { kind } }) => kind));
  const over = passedOver(findings, allowed);
  const lines = steps.flatMap(({ words, change }) => [
    '',
    `# ${escapeControls(words)}`,
    ...checkLines(change, over),
    ...linesOf(change),
  ]);
  return [
    '#!/bin/sh',
    `# ${escapeControls(title)}`,
    `# Made by portal-gun ${version}.`,
    ...(allowed.size === 0 ? [] : [`# Allowed when it was made: ${[...allowed].sort().join(', ')}.`]),
    HEAD +
      (steps.some(({ change }) => checkLines(change, over).length > 0) ? CHECKS_HEAD : '') +
      (kinds.has('vfs') ? VFS_CHECKS_HEAD : '') +
      (steps.some(({ change }) => isAboutVfs(change)) ? VFS_HEAD : '') +
      (kinds.has('boot-loader') ? BOOT_LOADER_HEAD : '') +
      (kinds.has('assignment') ? ASSIGNMENT_HEAD : '') +
      (kinds.has('attachment') ? ATTACHMENT_HEAD : ''),
    ...guards.map(guardLine),
    // Before anything is changed; and once more at each step, as of what is made by an earlier one.
    ...steps.flatMap(({ change }) => (isGuarded(change, guards) ? checkLines(change, over) : [])),
    ...lines,
    '',
  ].join('\n');
}

function isGuarded(change: Change, guards: readonly Guard[]): boolean {
  return 'address' in change && guards.some(({ address }) => address === change.address);
}

function isAboutVfs(change: Change): boolean {
  if (change.kind === 'assignment' || change.kind === 'attachment') return change.vfs !== undefined;
  return change.kind === 'vfs' || change.kind === 'link';
}

function guardLine({ address, id, subsystem, iommuGroup }: Guard): string {
  if (id === null) {
    throw new PortalGunError(
      'PERMISSION_DENIED',
      'its ids could not be read: a script could not tell it from others',
      {
        subject: address,
      },
    );
  }
  return `same ${address} ${id} ${subsystem ?? '-'} ${typeof iommuGroup === 'number' ? iommuGroup : '-'}`;
}

function linesOf(change: Change): readonly string[] {
  switch (change.kind) {
    case 'driver':
      return driverLines(change);
    case 'module':
      return moduleLines(change);
    case 'file':
      return fileLines(change);
    case 'initramfs':
      return initramfsLines(change);
    case 'boot-loader':
      return bootLoaderLines(change);
    case 'vfs':
      return vfsLines(change);
    case 'link':
      return linkLines(change);
    case 'assignment':
      return assignmentLines(change);
    case 'attachment':
      return attachmentLines(change);
    case 'category':
      return categoryLines(change);
  }
}

function driverLines({ address, to }: DriverChange): readonly string[] {
  return [moveLine(address, to)];
}

function moveLine(address: string, { driver, override }: DriverState): string {
  if (driver === DEFAULT_DRIVER) return `release ${address}`;
  return `move ${address} ${quote(driver ?? '')} ${quote(override ?? '')}`;
}

function vfsLines({ address, to: { count, autoprobe, vfs } }: VfsChange): readonly string[] {
  const [goal, meanwhile] = autoprobe === null ? ["''", "''"] : [autoprobe ? '1' : '0', '0'];
  return [
    `vfs ${address} ${count} ${vfs.length > 0 ? meanwhile : goal}`,
    ...vfs.flatMap(({ index, settings }) => {
      const words = settingArguments(settings).map(quote);
      return words.length === 0 ? [] : [`ip link set dev "$(net ${address})" vf ${index} ${words.join(' ')}`];
    }),
    ...(autoprobe === null ? [] : [`echo ${goal} > ${busEntryPath(address)}/sriov_drivers_autoprobe`]),
    ...vfs
      .filter(({ driver }) => driver.driver !== DEFAULT_DRIVER || autoprobe !== false)
      .map(({ index, driver }) => {
        const at = `"$(vf ${address} ${index})"`;
        return driver.driver === DEFAULT_DRIVER ? `probe ${at}` : moveLine(at, driver);
      }),
  ];
}

function linkLines({ address, to }: LinkChange): readonly string[] {
  return [`ip link set dev "$(net ${address})" ${to ? 'up' : 'down'}`];
}

function moduleLines({ module, driver, to }: ModuleChange): readonly string[] {
  const isThere = `[ -d ${quote(driver === null ? modulePath(module) : driverPath(driver))} ]`;
  return to
    ? [
        `${isThere} || modprobe -- ${quote(module)}`,
        `${isThere} || fail ${quote(`${driver ?? module} is not there`)}`,
      ]
    : [`${isThere} && modprobe -r -- ${quote(module)}`];
}

function fileLines({ path, to, executable }: FileChange): readonly string[] {
  if (to === null) return [`rm -f -- ${quote(path)}`];
  const folder = path.slice(0, path.lastIndexOf('/'));
  return [
    folder === RUN_FOLDER ? `mkdir -p -m 700 -- ${RUN_FOLDER}` : `mkdir -p -- ${quote(folder)}`,
    `printf %s ${quote(to)} > ${quote(path)}`,
    ...(executable === true ? [`chmod 755 -- ${quote(path)}`] : []),
  ];
}

/** The hook of ours leaves its token; where there is none any more, the token is taken away by us. */
function initramfsLines({ to }: InitramfsChange): readonly string[] {
  // Only who undoes needs to know that it has begun.
  if (to === STALE) return [':'];
  const update = 'update-initramfs -u -k all';
  if (to === null) {
    return [`if [ -e ${INITRAMFS_STATE_PATH} ]; then ${update}; rm -f -- ${INITRAMFS_STATE_PATH}; fi`];
  }
  const isMade = `[ "$(cat ${INITRAMFS_STATE_PATH} 2> /dev/null)" = ${quote(to)} ]`;
  return [`${isMade} || ${update}`, `${isMade} || fail 'the initial RAM disk is not what it should be'`];
}

/** For a comment, which must not end before its line does. */
