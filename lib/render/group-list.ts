import { isUnknown } from '../base/known.ts';
import { escapeControls } from '../base/text.ts';
import { shortAddress } from '../pci/address.ts';
import type { GroupMember, GroupVerdict, IommuGroup } from '../pci/iommu-group.ts';
import { cutText } from './cut-text.ts';
import { cellText, deviceTitle } from './facts.ts';
import type { Role, Style } from './style.ts';

const VERDICTS: Record<GroupVerdict, { readonly text: string; readonly role: Role }> = {
  ready: { text: 'can be given to a VM now', role: 'good' },
  bindable: { text: 'can be given to a VM once bound', role: 'strong' },
  unknown: { text: 'may or may not be given to a VM', role: 'warning' },
  never: { text: "can't be given to a VM", role: 'bad' },
};

/** The groups with their members, a line a member, and for each group whether it could go, or why not. */
export function renderGroups(groups: readonly IommuGroup[], width: number | null, style: Style): string {
  return groups.map((group) => renderGroup(group, width, style)).join('');
}

function renderGroup(group: IommuGroup, width: number | null, style: Style): string {
  const verdict = VERDICTS[group.verdict];
  const type = typeof group.type === 'string' ? ` ${style('faint', group.type)}` : '';
  const lines = [`${style('heading', `Group ${group.id}`)}${type}  ${style(verdict.role, verdict.text)}`];
  for (const member of group.members) {
    const text = `  ${member.device.address}  ${deviceTitle(member.device)}  (${fateOf(member)})`;
    lines.push(width === null ? text : cutText(text, width));
  }
  for (const { message } of group.obstacles) lines.push(`    ${style('faint', escapeControls(message))}`);
  return `${lines.join('\n')}\n`;
}

/** The driver of a member, and what becomes of it when the group goes. */
function fateOf({ device, stays, behind }: GroupMember): string {
  if (isUnknown(device.driver)) return 'driver unknown';
  const driver = cellText(device.driver);
  if (stays) return driver === '-' ? 'stays' : `${driver}, stays`;
  const named = driver === '-' ? 'no driver' : driver;
  return behind === null ? named : `${named}, goes with ${shortAddress(behind)}`;
}
