import { EXIT } from '../../../base/errors.ts';
import { formatJson } from '../../../base/text.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { showDevice } from '../../../operations/inventory/show-device.ts';
import { showDocument } from '../../../render/documents.ts';
import { renderDeviceDetails } from '../../../render/inventory/device-details.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { InventoryValues } from '../../inventory-options.ts';
import { sessionOf, viewRemarks } from '../../reading-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

/** `pci show`: all facts of one device. */
export async function runShow(
  args: InventoryValues & { readonly device: string },
  terminal: Terminal,
  _: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const session = sessionOf(args, ports);
  const shown = await showDevice(session, args.device);
  const { inventory, device, group, notes, diagnostics } = shown;
  const stdout = args.json
    ? `${formatJson(showDocument(inventory, device, group, notes, diagnostics), 2)}\n`
    : renderDeviceDetails({ device, group, notes }, terminal.width, terminal.style);
  return { exitCode: EXIT.ok, stdout, stderr: viewRemarks(args, session, shown, diagnostics) };
}
