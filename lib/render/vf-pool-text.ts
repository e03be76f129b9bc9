import type { Diagnostic } from '../base/diagnostic.ts';
import { escapeControls } from '../base/text.ts';
import { addressOf } from '../libvirt/assignment.ts';
import { formatGuestAddress } from '../libvirt/pci-address-xml.ts';
import type { KnownMachine } from '../libvirt/read-machines.ts';
import type { PooledMachine, VfPoolProposal } from '../plan/plan-vf-pool.ts';
import { assignmentDetails, noteLine, whenOf } from './assignment-text.ts';
import { renderAttachments } from './attachment-text.ts';
import { vfsDetails } from './plan-document.ts';
import { tableBlock } from './table-block.ts';
import { renderVfs } from './vfs-text.ts';

/** What becomes of the PF, and which VF each machine has then. */
export function renderVfPool(
  { vfs, machines, attachments }: VfPoolProposal,
  skipped: readonly KnownMachine[],
  notes: readonly string[],
  width: number | null,
): string {
  return [
    renderVfs(vfs, width),
    '\n',
    tableBlock(machines.map(machineRow), width),
    renderAttachments(attachments, skipped, width),
    ...(notes.length === 0 ? [] : ['\n', ...notes.map((text) => noteLine(text, width))]),
  ].join('');
}

function machineRow(pooled: PooledMachine): readonly string[] {
  const { machine, vf, gained, byOthers } = pooled;
  const sign = gained.length > 0 ? '+' : byOthers.length > 0 ? 'has, not by pci assign:' : 'has';
  const device = pooled.to.devices.find((each) => addressOf(each) === vf.address)?.device ?? null;
  const guestAddress = device?.guestAddress ?? null;
  const parts = [
    `${sign} VF ${vf.index} ${vf.address}`,
    ...(device?.kind === 'interface' && device.mac !== null ? [`MAC ${device.mac}`] : []),
    ...(device?.kind === 'interface' ? device.vlans.map((vlan) => `VLAN ${vlan}`) : []),
    ...(guestAddress === null ? [] : [`at ${formatGuestAddress(guestAddress)}`]),
  ];
  return [machine.name, parts.join(', '), whenOf(pooled)].map(escapeControls);
}

/** The same for the document of a plan. */
export function vfPoolDetails(
  uri: string,
  { vfs, machines }: VfPoolProposal,
  diagnostics: readonly Diagnostic[],
  persistence: object | null,
): object {
  const { pf } = vfs.situation;
  return {
    ...assignmentDetails(uri, [{ device: pf, asked: true, notes: [] }], machines, diagnostics),
    ...vfsDetails([vfs]),
    persistence,
  };
}
