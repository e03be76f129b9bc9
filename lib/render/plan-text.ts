import { knownValue } from '../base/known.ts';
import { escapeControls } from '../base/text.ts';
import type { Attachment } from '../pci/attachment.ts';
import type { MovingDevice, StayReason } from '../plan/binding.ts';
import { KERNELS_CHOICE } from '../plan/change.ts';
import type { Plan } from '../plan/plan.ts';
import type { Proposal } from '../plan/proposal.ts';
import { deviceTitle } from './facts.ts';
import { renderFindings } from './findings-text.ts';
import type { Style } from './style.ts';
import { tableBlock } from './table-block.ts';
import { hangText } from './wrap-text.ts';

const STAYS: Record<StayReason, string> = {
  port: 'a port or bridge: stays with its driver',
  behind: 'goes with the controller that makes its bus',
  'no-driver': 'no driver holds it: stays so',
  ready: 'on a driver that hands devices to VMs: stays',
};

/**
 * A plan for a person to judge: who moves from which driver to which and why, who stays, what the host loses, each
 * step, and what speaks against it.
 */
export function renderProposal(
  { plan, movement: { moving, staying }, findings, allowed }: Proposal,
  width: number | null,
  style: Style,
): string {
  return [
    `${style('heading', plan.title)}\n`,
    `\n${tableBlock(moving.map(movingRow), width)}`,
    tableBlock(
      staying.map(({ device, reason }) => [device.address, deviceTitle(device), STAYS[reason]]),
      width,
    ),
    `\n${renderSteps(plan, width)}`,
    renderFindings(findings, allowed, width, style),
  ].join('');
}

/** The steps of a plan, numbered. */
function renderSteps({ steps }: Plan, width: number | null): string {
  const digits = String(steps.length).length;
  return steps
    .map(({ words }, index) => `${stepLine(index, digits, escapeControls(words), width)}\n`)
    .join('');
}

function stepLine(index: number, digits: number, text: string, width: number | null): string {
  const start = `  ${String(index + 1).padStart(digits)}  `;
  return hangText({ start, startWidth: start.length, text, indent: start.length, width });
}

function movingRow({ device, asked, from, to }: MovingDevice): readonly string[] {
  const goal = to.driver === KERNELS_CHOICE ? "the kernel's choice" : (to.driver ?? 'no driver');
  return [
    device.address,
    deviceTitle(device),
    escapeControls(`${from.driver ?? 'no driver'} → ${goal}`),
    asked ? 'you asked for it' : 'same IOMMU group',
    lossText(knownValue(device.attachments) ?? []),
  ];
}

/** What of the host goes with a device, by the names that a person knows. */
function lossText(things: readonly Attachment[]): string {
  const shown = things
    .filter(({ kind }) => ['net', 'block', 'drm', 'sound', 'tpm', 'usb'].includes(kind))
    .map(({ name, state }) => `${name}${typeof state === 'string' ? ` (${state})` : ''}`);
  return shown.length === 0 ? '' : escapeControls(`host loses ${shown.join(', ')}`);
}
