import { EXIT } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import { escapeControls } from '../../base/text.ts';
import { LiveRunner } from '../../host/live/live-runner.ts';
import { readPendingRecovery } from '../../operations/change/pending-recovery.ts';
import { suggestionFor } from '../../operations/inventory/host-view.ts';
import { readVfsStatuses } from '../../operations/sriov/persisted-pfs.ts';
import { PF_FIELDS } from '../../operations/sriov/pf-state.ts';
import type { PciDevice } from '../../pci/device.ts';
import { deviceAt } from '../../pci/device-at.ts';
import { selectDevices } from '../../pci/selector/selector.ts';
import { parseSelectors } from '../../pci/selector/selector-parser.ts';
import { formatDocument } from '../../render/documents.ts';
import { type ListedPf, renderSriov, sriovDocument } from '../../render/sriov/sriov-list.ts';
import { isLinkFailure, readCapturedLink, readPfLink } from '../../sysfs/device/pf-link.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import type { CommandResult } from '../grammar/command.ts';
import type { ReadingValues } from '../reading-options.ts';
import { emptyRemark, hostOf, namesOf, noteLines, remarks, sessionOf } from '../reading-options.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** `pci sriov list`: what makes virtual functions, and what those are set to. */
export async function runSriovList(
  args: ReadingValues & { readonly selectors: readonly string[] },
  { width, style }: Terminal,
): Promise<CommandResult> {
  const selectors = parseSelectors(args.selectors);
  const host = hostOf(args);
  const names = namesOf(args);
  const fields = new Set([...PF_FIELDS, ...selectors.flatMap((selector) => selector.fields)]);
  const inventory = readInventory(host, names, [...fields]);
  const runner = args.host === undefined ? new LiveRunner() : null;
  const selected = selectDevices(inventory.devices, selectors);
  const persisted = readVfsStatuses(host, inventory.devices);
  const pending = await readPendingRecovery(sessionOf(args));
  let stderr =
    remarks(args, names, host, inventory.diagnostics) + persisted.remarks + noteLines(pending.notes);
  const listed: ListedPf[] = [];
  for (const pf of physicalFunctions(inventory.devices, selected)) {
    const asked = runner === null ? null : await readPfLink(host, runner, pf.address);
    if (isLinkFailure(asked)) {
      const why = 'missing' in asked ? `there is no ${asked.missing}` : asked.failed;
      stderr += `pci: ${pf.address}: what its VFs are set to is not known: ${escapeControls(why)}\n`;
    }
    const link = asked === null || isLinkFailure(asked) ? readCapturedLink(host, pf.address) : asked;
    const role = knownValue(pf.sriov);
    const addresses = role?.role === 'pf' ? role.virtualFunctions : [];
    const vfs = addresses.flatMap((address) => deviceAt(inventory.devices, address) ?? []);
    listed.push({ pf, link, vfs, persisted: persisted.of({ pf, link, vfs, card: null }) });
  }
  if (listed.length === 0)
    stderr +=
      noneRemark(inventory.devices, selected) ??
      emptyRemark(inventory, suggestionFor(selectors, selected, inventory.devices));
  const wantsJson = args.json;
  // As data it stands in the document.
  if (!wantsJson && runner === null && listed.some(({ link, vfs }) => link !== null && vfs.length > 0)) {
    stderr += 'pci: what VFs are set to is not in a captured host: ip tells it, on the host itself\n';
  }
  const stdout = wantsJson
    ? formatDocument(sriovDocument(inventory, listed, pending.changes))
    : renderSriov(listed, width, style);
  return { exitCode: EXIT.ok, stdout, stderr };
}

/** Those among the selected that are PFs, and the PFs of those that are VFs. */
function physicalFunctions(
  devices: readonly PciDevice[],
  selected: readonly PciDevice[],
): readonly PciDevice[] {
  const wanted = new Set(
    selected.map(({ address, sriov }) => {
      const role = knownValue(sriov);
      return role?.role === 'vf' ? role.physicalFunction : address;
    }),
  );
  return devices.filter(({ address, sriov }) => wanted.has(address) && knownValue(sriov)?.role === 'pf');
}

function noneRemark(devices: readonly PciDevice[], selected: readonly PciDevice[]): string | null {
  if (selected.length === 0) return null;
  const what = selected.length === devices.length ? 'no device of the host' : 'none of these devices';
  return `pci: ${what} makes virtual functions\n`;
}
