import { EXIT, PortalGunError } from '../../../base/errors.ts';
import { isUnknown } from '../../../base/known.ts';
import { escapeControls } from '../../../base/text.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { type ListedRoms, listRoms } from '../../../operations/rom/list-roms.ts';
import type { HostSession } from '../../../operations/session/host-session.ts';
import { renderRoms, romListDocument, romRemarks, romRows } from '../../../render/rom/rom-list.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { machineRemarks } from '../../machine-remarks.ts';
import { emptyRemark, type ReadingValues, sessionOf, viewRemarks } from '../../reading-options.ts';
import { type FormatValues, formatOf, formatRows } from '../../row-format.ts';
import type { ChangingValues } from '../../tables/changing-options.ts';
import type { LibvirtValues } from '../../tables/libvirt-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { guardRomReading } from './guard-rom-reading.ts';

interface RomListValues
  extends Pick<ChangingValues, 'allow'>,
    Pick<LibvirtValues, 'connect'>,
    ReadingValues,
    FormatValues {
  readonly selectors: readonly string[];
  readonly read: boolean;
}

/** `pci rom list`: the devices with an option ROM, one row each. */
export async function runRomList(
  args: RomListValues,
  { width, style }: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const format = formatOf(args);
  const session = sessionOf(args, ports);
  const show = (listed: ListedRoms): CommandResult => ({
    exitCode: EXIT.ok,
    stdout: formatRows(format, {
      document: () => romListDocument(listed.inventory, listed.roms),
      listKey: 'roms',
      csv: () => romRows(listed.roms),
      table: () => renderRoms(listed.roms, width, style),
    }),
    stderr: remarksOf({ ...args, json: format === 'json' }, session, listed),
  });
  const { read, allow } = args;
  if (!read) return show(await listRoms(session, args.selectors, { allow }));
  return guardRomReading(
    dialogue,
    (signal) => listRoms(session, args.selectors, { read, allow, signal }),
    show,
  );
}

function remarksOf(args: RomListValues, session: HostSession, listed: ListedRoms): string {
  const { roms, selected, inventory, suggestion } = listed;
  return [
    viewRemarks(args, session, listed),
    roms.length > 0
      ? libvirtRemarks(args, session, listed)
      : selected.length > 0
        ? 'pci: none of these devices has an option ROM\n'
        : emptyRemark(inventory, suggestion),
    args.json ? '' : session.isCaptured ? capturedRemark(listed) : romRemarks(roms),
  ].join('');
}

function libvirtRemarks(args: RomListValues, session: HostSession, { libvirt }: ListedRoms): string {
  if (libvirt === null) return '';
  if (!(libvirt instanceof PortalGunError)) {
    return machineRemarks(args, session, libvirt.diagnostics, 'pci');
  }
  const why = escapeControls(`${libvirt.subject ?? 'libvirt'}: ${libvirt.message}`);
  // A document contains it for each device.
  return args.json ? '' : `pci: cannot read the ROM settings of VMs: ${why}\n`;
}

function capturedRemark({ roms, origin }: ListedRoms): string {
  if (roms.length === 0) return '';
  const what = roms.some(({ offers }) => isUnknown(offers))
    ? 'the ROMs and their use by VMs'
    : 'the contents of ROMs';
  return `pci: ${escapeControls(origin)}: a snapshot does not contain ${what}\n`;
}
