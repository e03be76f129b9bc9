import { isUnknown } from '../../base/known.ts';
import { escapeControls } from '../../base/text.ts';
import { shortAddress } from '../../pci/address.ts';
import type { DeviceWith } from '../../pci/device.ts';
import type { GroupMember, GroupVerdict, IommuGroup } from '../../pci/group/iommu-group.ts';
import { cutText } from '../layout/cut-text.ts';
import { cellText, deviceTitle, type TitledDevice } from '../layout/facts.ts';
import type { Role, Style } from '../layout/style.ts';
import textWidth from '../layout/text-width.ts';
import { hangText, wrapText } from '../layout/wrap-text.ts';

const VERDICTS: Record<GroupVerdict, { readonly text: string; readonly role: Role }> = {
  ready: { text: 'can be passed through now', role: 'good' },
  bindable: { text: 'can be passed through after binding', role: 'strong' },
  unknown: { text: 'unknown if it can be passed through', role: 'warning' },
  never: { text: 'cannot be passed through', role: 'bad' },
};

type ShownDevice = TitledDevice & DeviceWith<'driver'>;

const INDENT = '    ';
const LEAST_TITLE_WIDTH = 16;
/** Wider than any type of the kernel. */
const MOST_TYPE_WIDTH = 16;

/** The groups with their members, one line each, and for each group whether it can be passed through, or why not. */
export function renderGroups(
  groups: readonly IommuGroup<ShownDevice>[],
  width: number | null,
  style: Style,
): string {
  return groups.map((group) => renderGroup(group, width, style)).join('');
}

function renderGroup(group: IommuGroup<ShownDevice>, width: number | null, style: Style): string {
  const lines = [
    headingOf(group, width, style),
    ...group.members.map((member) => memberLine(member, width)),
    ...group.obstacles.map(({ message }) =>
      hangText({
        start: INDENT,
        startWidth: INDENT.length,
        indent: INDENT.length,
        text: escapeControls(message),
        width,
        paint: (line) => style('faint', line),
      }),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function headingOf(
  { id, type, verdict }: IommuGroup<ShownDevice>,
  width: number | null,
  style: Style,
): string {
  const name = `Group ${id}`;
  const kind = typeof type === 'string' ? cutText(type, width === null ? type.length : MOST_TYPE_WIDTH) : '';
  const { text, role } = VERDICTS[verdict];
  return hangText({
    start: `${style('heading', name)}${kind === '' ? '' : ` ${style('faint', kind)}`}  `,
    startWidth: `${name}${kind === '' ? '' : ` ${kind}`}  `.length,
    indent: INDENT.length,
    text,
    width,
    paint: (line) => style(role, line),
  });
}

/** A member, and what happens to it. If the line is too short, the name is cut, or the rest is on a second line. */
function memberLine(member: GroupMember<ShownDevice>, width: number | null): string {
  const start = `  ${member.device.address}  `;
  const title = deviceTitle(member.device);
  const fate = `(${fateOf(member)})`;
  if (width === null) return `${start}${title}  ${fate}`;
  const room = width - start.length - textWidth(`  ${fate}`);
  if (textWidth(title) <= room || room >= LEAST_TITLE_WIDTH)
    return `${start}${cutText(title, room)}  ${fate}`;
  const below = wrapText(fate, width - start.length).map((line) => ' '.repeat(start.length) + line);
  return [start + cutText(title, width - start.length), ...below].join('\n');
}

/** The driver of a member, and what happens to it if the group is passed through. */
function fateOf({ device, stays, behind }: GroupMember<ShownDevice>): string {
  if (isUnknown(device.driver)) return 'driver unknown';
  const driver = cellText(device.driver);
  if (stays) return driver === '-' ? 'stays' : `${driver}, stays`;
  const named = driver === '-' ? 'no driver' : driver;
  return behind === null ? named : `${named}, goes with ${shortAddress(behind)}`;
}

/** One row for each member, with headings; `-` is none, and `?` unknown. */
export function groupRows(groups: readonly IommuGroup[]): readonly (readonly (string | number)[])[] {
  const rows = groups.flatMap(({ id, type, verdict, members }) =>
    members.map(({ device, stays, behind }) => [
      id,
      cellText(type),
      verdict,
      device.address,
      cellText(device.driver),
      stays ? 'no' : behind === null ? 'yes' : `with ${behind}`,
      deviceTitle(device),
    ]),
  );
  return [['group', 'type', 'verdict', 'address', 'driver', 'goes', 'device'], ...rows];
}
