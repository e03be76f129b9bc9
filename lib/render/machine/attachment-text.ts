import { escapeControls } from '../../base/text.ts';
import type { PlanPart } from '../../documents/changes/plan.ts';
import type { PluggedDeviceFacts } from '../../documents/changes/plan-parts.ts';
import type { KnownMachine } from '../../libvirt/machine/read-machines.ts';
import { formatGuestAddress } from '../../libvirt/xml/pci-address-xml.ts';
import type { MachineAttachment } from '../../plan/assignment/plan-attachment.ts';
import type { PluggedDevice } from '../../plan/change-states.ts';
import { tableBlock } from '../layout/table-block.ts';

/** The devices that running VMs get or lose now, and the VMs that do not run. */
export function renderAttachments(
  attachments: readonly MachineAttachment[],
  skipped: readonly KnownMachine[],
  width: number | null,
): string {
  const rows = [
    ...attachments.map((each) => [each.machine.name, 'now', whatOf(each)]),
    ...skipped.map(({ name, state }) => [name, 'now', `no change: it ${WHY[state]}`]),
  ];
  return tableBlock(
    rows.map((row) => row.map(escapeControls)),
    width,
  );
}

const WHY: Readonly<Record<KnownMachine['state'], string>> = {
  running: 'runs',
  paused: 'is paused',
  'shut-off': 'is off',
  other: 'does not run',
};

function whatOf({ gained, lost, byOthers }: MachineAttachment): string {
  const parts = [
    ...gained.map((each) => `+ ${each.address}${placeOf(each)}`),
    ...lost.map(({ address }) => `- ${address}`),
    ...byOthers.map((address) => `has ${address}, which pci assign did not add: unchanged`),
  ];
  return parts.length === 0 ? 'no change' : parts.join(', ');
}

function placeOf({ guestAddress }: PluggedDevice): string {
  return guestAddress === null ? '' : ` at ${formatGuestAddress(guestAddress)}`;
}

/** The same for the document of a plan; `null` if VMs change only for their next start. */
export function attachmentDetails(
  isLive: boolean,
  attachments: readonly MachineAttachment[],
  skipped: readonly KnownMachine[],
): PlanPart<'live'> {
  if (!isLive) return { live: null };
  return {
    live: {
      machines: attachments.map(({ machine: { name, uuid, state }, gained, lost, byOthers }) => ({
        ...{ name, uuid, state },
        gained: gained.map(pluggedDocument),
        lost: lost.map(pluggedDocument),
        byOthers,
      })),
      skipped: skipped.map(({ name, uuid, state }) => ({
        ...{ name, uuid },
        // A VM that was reported as running, and has stopped since, is about to be shut off.
        state: state === 'shut-off' ? state : 'other',
      })),
    },
  };
}

function pluggedDocument({ alias, address, guestAddress }: PluggedDevice): PluggedDeviceFacts {
  return { alias, address, guestAddress: guestAddress === null ? null : formatGuestAddress(guestAddress) };
}
