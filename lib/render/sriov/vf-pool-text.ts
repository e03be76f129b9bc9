import { escapeControls } from '../../base/text.ts';
import type { PlanPart } from '../../documents/changes/plan.ts';
import { addressOf } from '../../libvirt/assignment/assignment.ts';
import type { KnownMachine } from '../../libvirt/machine/read-machines.ts';
import { formatGuestAddress } from '../../libvirt/xml/pci-address-xml.ts';
import type { PersistPart } from '../../operations/binding/persist-part.ts';
import type { DeviceWith } from '../../pci/device.ts';
import type { PooledMachine, VfPoolProposal } from '../../plan/assignment/plan-vf-pool.ts';
import { persistenceDetails, vfsDetails } from '../change/plan-document.ts';
import type { TitledDevice } from '../layout/facts.ts';
import { tableBlock } from '../layout/table-block.ts';
import { renderAttachments } from '../machine/attachment-text.ts';
import { noteLine, whenOf } from '../machine/machine-notes.ts';
import { renderVfs } from './vfs-text.ts';

/** The changes of the PF, and the VF of each VM. */
export function renderVfPool(
  { vfs, machines, attachments }: VfPoolProposal<TitledDevice, DeviceWith<never>>,
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
  const sign = gained.length > 0 ? '+' : byOthers.length > 0 ? 'has, but not from pci assign:' : 'has';
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
  { vfs }: VfPoolProposal<DeviceWith<never>>,
  persistence: PersistPart | null,
): PlanPart<'pfs' | 'persistence'> {
  return { ...vfsDetails([vfs]), persistence: persistenceDetails(persistence) };
}
