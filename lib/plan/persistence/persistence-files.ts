import { quote } from '../../base/shell-command.ts';
import { lateReason } from '../binding/binding-stage.ts';
import {
  EARLY_DONE_PATH,
  EARLY_PROGRAM_PATH,
  formatEarlyProgram,
  OCTAL_DUMP,
} from '../binding/early-bindings.ts';
import { BINDINGS_PATH, type PersistedBinding, serializeBindings } from '../binding/persisted-bindings.ts';
import { INITRAMFS_STATE_PATH } from '../change-states.ts';
import { type PersistedPf, serializeVfs, VFS_PATH } from '../sriov/persisted-vfs.ts';
import { byAddress } from './record.ts';

const RULES_PATH = '/etc/udev/rules.d/10-portal-gun.rules';
const HOOK_PATH = '/etc/initramfs-tools/hooks/portal-gun';
/** The unit that runs this program as root at each boot. */
export const SERVICE_PATH = '/etc/systemd/system/portal-gun.service';
const WANTS_PATH = '/etc/systemd/system/multi-user.target.d/portal-gun.conf';

/** The files outside of portal-gun's folders that are generated from the records. */
export const PERSISTENCE_PATHS: readonly string[] = [RULES_PATH, HOOK_PATH, SERVICE_PATH, WANTS_PATH];

/** All records that apply after a boot. */
export interface PersistedRecords {
  readonly bindings: readonly PersistedBinding[];
  readonly pfs: readonly PersistedPf[];
}

/** The programs that make an initramfs. */
type InitramfsMaker = 'initramfs-tools' | 'dracut' | 'mkinitcpio' | 'booster';

/** The facts about the boot of a host that affect persisted changes. */
export interface BootState {
  /**
   * The program that makes its initramfs; `null` if it is unknown. Only that of initramfs-tools gets early bindings.
   */
  readonly initramfs: InitramfsMaker | null;
  readonly systemd: boolean;
  /** The command that starts this program. */
  readonly program: readonly string[];
}

/** A file that restores bindings or VFs at each boot. */
export interface PersistenceFile {
  readonly path: string;
  /** `null` if the file must not exist. */
  readonly text: string | null;
  readonly executable: boolean;
  /** Its purpose: `the udev rule that runs it before any driver loads`. */
  readonly purpose: string;
  /** Whether the initramfs contains it. */
  readonly isEarly: boolean;
}

/** All files for persisted changes, in their required state; if nothing is persisted, none exists. */
export function persistenceFiles(
  records: PersistedRecords,
  { initramfs, systemd, program }: BootState,
): readonly PersistenceFile[] {
  // As they are parsed again, so that the files do not depend on the order of the request.
  const bindings = byAddress(records.bindings);
  const { pfs } = records;
  const early = bindings.filter((binding) => lateReason(binding) === null);
  const some = early.length > 0;
  const hasUnit = systemd && (bindings.length > 0 || pfs.length > 0);
  const plain = { executable: false, isEarly: false };
  return [
    {
      ...plain,
      path: BINDINGS_PATH,
      text: serializeBindings(bindings),
      purpose: 'the record of bindings for each boot',
    },
    {
      ...plain,
      path: VFS_PATH,
      text: serializeVfs(pfs),
      purpose: 'the record of VFs for each boot',
    },
    {
      path: EARLY_PROGRAM_PATH,
      text: formatEarlyProgram(bindings),
      purpose: 'the program that binds early',
      executable: true,
      isEarly: true,
    },
    {
      ...plain,
      path: RULES_PATH,
      text: some ? formatRules(early) : null,
      purpose: 'the udev rule that runs it before any driver loads',
      isEarly: true,
    },
    {
      path: HOOK_PATH,
      text: some && initramfs === 'initramfs-tools' ? formatHook(early) : null,
      purpose: 'the hook that adds it to the initramfs',
      executable: true,
      isEarly: true,
    },
    {
      ...plain,
      path: SERVICE_PATH,
      text: hasUnit ? formatUnit(records, program) : null,
      purpose: servicePurpose(records),
    },
    {
      ...plain,
      path: WANTS_PATH,
      text: hasUnit ? '[Unit]\nWants=portal-gun.service\n' : null,
      purpose: 'the drop-in that starts the service at each boot',
    },
  ];
}

function driversOf(bindings: readonly PersistedBinding[]): readonly string[] {
  return [...new Set(bindings.map(({ driver }) => driver))].sort();
}

/**
 * The udev rules. An event of any device may load a driver that claims a persisted device, so the first event of all
 * prepares them: PROGRAM runs while rules are processed, and drivers are loaded after that (udev(7)). Events run in
 * parallel: the first one that finds the work undone does it.
 */
function formatRules(bindings: readonly PersistedBinding[]): string {
  const run = `PROGRAM="/bin/sh ${EARLY_PROGRAM_PATH}"`;
  const kinds = new Set(
    bindings.map(({ id, driver }) => {
      const [vendor = '', device = ''] = id.split(':');
      return `ATTR{vendor}=="0x${vendor}", ATTR{device}=="0x${device}", ${run}, RUN{builtin}+="kmod load ${driver}"`;
    }),
  );
  return `# Made by pci bind --persist, and made anew by it: edits are lost.
ACTION!="add", GOTO="portal_gun_end"
SUBSYSTEM!="pci", GOTO="portal_gun_end"
TEST!="${EARLY_PROGRAM_PATH}", GOTO="portal_gun_end"
# Before any driver is loaded for any device, once in a boot.
TEST!="${EARLY_DONE_PATH}", ${run}
# And for what may have come since.
${[...kinds].sort().join('\n')}
LABEL="portal_gun_end"
`;
}

/** The hook for initramfs-tools(7), which copies udev rules, but not the programs that they run. */
function formatHook(bindings: readonly PersistedBinding[]): string {
  return `#!/bin/sh
# Made by pci bind --persist, and made anew by it: edits are lost.
if [ "\${1:-}" = prereqs ]; then exit 0; fi
set -e
[ -e ${EARLY_PROGRAM_PATH} ] || exit 0
. /usr/share/initramfs-tools/hook-functions
mkdir -p "$DESTDIR${EARLY_PROGRAM_PATH.slice(0, EARLY_PROGRAM_PATH.lastIndexOf('/'))}"
cp -p ${EARLY_PROGRAM_PATH} "$DESTDIR${EARLY_PROGRAM_PATH}"
copy_exec ${OCTAL_DUMP}
manual_add_modules ${driversOf(bindings).join(' ')}
# So that it can be told that this was done, and with what.
mkdir -p ${INITRAMFS_STATE_PATH.slice(0, INITRAMFS_STATE_PATH.lastIndexOf('/'))}
sed -n 's/^# token //p' ${EARLY_PROGRAM_PATH} > ${INITRAMFS_STATE_PATH}
`;
}

function servicePurpose({ bindings, pfs }: PersistedRecords): string {
  const parts = [
    ...(pfs.length === 0 ? [] : ['creates VFs']),
    ...(bindings.length === 0 && pfs.length > 0 ? [] : ['binds the remaining devices']),
  ];
  return `the service that ${parts.join(' and ')}, before libvirt starts`;
}

/**
 * For VFs, for devices that a built-in host driver claimed early, and for devices at another place. VFs come first,
 * because they may have bindings too. If VFs could not be created, the rest is bound anyway, and the last command
 * makes the service fail.
 */
function formatUnit({ bindings, pfs }: PersistedRecords, program: readonly string[]): string {
  const command = (...words: readonly string[]): string => [...program, ...words].map(unitWord).join(' ');
  const vfs = command('sriov', 'restore', '--yes');
  const left = `ExecStart=${command('bindings', '--restore', '--yes')}`;
  const both = [
    `ExecStart=-${vfs}`,
    `ExecStart=-${SETTLE}`,
    left,
    `ExecStart=${command('sriov', 'restore', '--check')}`,
  ];
  const commands = pfs.length === 0 ? [left] : bindings.length === 0 ? [`ExecStart=${vfs}`] : both;
  const conditions = [
    ...(bindings.length === 0 ? [] : [`ConditionPathExists=|${BINDINGS_PATH}`]),
    ...(pfs.length === 0 ? [] : [`ConditionPathExists=|${VFS_PATH}`]),
  ];
  return `# Made by pci bind and pci sriov set with --persist, and made anew by them: edits are lost.
[Unit]
Description=Devices for virtual machines, as they were written down with --persist
${conditions.join('\n')}
After=systemd-udev-trigger.service systemd-modules-load.service
Before=libvirtd.service virtqemud.service libvirt-guests.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStartPre=-${SETTLE}
${commands.join('\n')}
TimeoutStartSec=10min
`;
}

const SETTLE = 'udevadm settle --timeout=60';

/** A quoted word for a command in a unit: systemd.service(5), COMMAND LINES. */
function unitWord(text: string): string {
  const escaped = text.replaceAll('%', '%%').replaceAll('$', '$$$$');
  return escaped === quote(escaped) ? escaped : `"${escaped.replace(/[\\"]/g, '\\$&')}"`;
}
