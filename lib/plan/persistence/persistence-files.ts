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
/** The unit that has root run this program at each boot. */
export const SERVICE_PATH = '/etc/systemd/system/portal-gun.service';
const WANTS_PATH = '/etc/systemd/system/multi-user.target.d/portal-gun.conf';

/** The files of others' folders that are made from the records. */
export const PERSISTENCE_PATHS: readonly string[] = [RULES_PATH, HOOK_PATH, SERVICE_PATH, WANTS_PATH];

/** All records that apply after a boot. */
export interface PersistedRecords {
  readonly bindings: readonly PersistedBinding[];
  readonly pfs: readonly PersistedPf[];
}

/** The programs that make an initramfs. */
type InitramfsMaker = 'initramfs-tools' | 'dracut' | 'mkinitcpio' | 'booster';

/** How a host boots, as far as it affects actions at each boot. */
export interface BootState {
  /** What makes its initramfs; `null` for nothing that is known. We put early bindings into that of initramfs-tools only. */
  readonly initramfs: InitramfsMaker | null;
  readonly systemd: boolean;
  /** The command that starts this very program. */
  readonly program: readonly string[];
}

/** A file that makes bindings or VFs outlive a boot. */
export interface PersistenceFile {
  readonly path: string;
  /** `null` where there shall be none. */
  readonly text: string | null;
  readonly executable: boolean;
  /** What it is for: `what udev runs before it loads drivers`. */
  readonly purpose: string;
  /** Whether the initial RAM disk depends on it. */
  readonly isEarly: boolean;
}

/** All files of what outlives a boot, as they shall be; where nothing does there is none of them. */
export function persistenceFiles(
  records: PersistedRecords,
  { initramfs, systemd, program }: BootState,
): readonly PersistenceFile[] {
  // As they are read again: what is made of them must not depend on the order in which they were said.
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
 * The rules for udev. An event of any device may have a driver loaded that takes ours, so the first event of all makes
 * them ready; PROGRAM is run while rules are gone through, and drivers are loaded after that (udev(7)). Events come beside
 * one another: who finds that it was not done yet does it.
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

/** The hook for initramfs-tools(7), which copies rules for udev, and not what they run. */
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
 * For VFs; and for what had a driver of the host early, being built into the kernel, and for what is at another place. One process
 * does all of it: libvirt waits for it, and a start of Node takes longer than most of what it does.
 */
function formatUnit({ bindings, pfs }: PersistedRecords, program: readonly string[]): string {
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
ExecStartPre=-udevadm settle --timeout=60
ExecStart=${[...program, 'restore'].map(unitWord).join(' ')}
TimeoutStartSec=10min
`;
}

/** A word of a command of systemd, whatever is in it: systemd.service(5), COMMAND LINES. */
function unitWord(text: string): string {
  const escaped = text.replaceAll('%', '%%').replaceAll('$', '$$$$');
  return escaped === quote(escaped) ? escaped : `"${escaped.replace(/[\\"]/g, '\\$&')}"`;
}
