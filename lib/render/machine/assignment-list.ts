import { count, escapeControls } from '../../base/text.ts';
import type { AssignmentsDocument } from '../../documents/machines/assignments.ts';
import { addressOf } from '../../libvirt/assignment/assignment.ts';
import type { AssignmentList } from '../../operations/assignment/assignments.ts';
import type { AssignmentStanding, AssignmentStatus } from '../../plan/assignment/assignment-status.ts';
import { deviceTitle, type TitledDevice } from '../layout/facts.ts';
import type { Style } from '../layout/style.ts';
import { tableBlock } from '../layout/table-block.ts';
import { wrapText } from '../layout/wrap-text.ts';

const STANDINGS: Readonly<Record<AssignmentStanding, (status: AssignmentStatus<TitledDevice>) => string>> = {
  'in-place': () => 'as assigned',
  moved: ({ device }) => `MOVED to ${device?.address}: pci assignments --repair`,
  'group-changed': () => 'in another IOMMU group: pci assignments --repair',
  replaced: () => 'REPLACED: another device is there',
  missing: () => 'NOT FOUND: it is not on the bus',
  ambiguous: () => 'several devices match it',
  unknown: () => 'unknown: its identity cannot be read',
  'also-elsewhere': () => 'ALSO ASSIGNED to another VM, but only one VM may have it',
  'taken-out': () => 'REMOVED from the definition by another program',
  unrecorded: () => 'no longer recorded: pci assignments --repair',
};

/** The assignments, one row each. */
export function renderAssignmentList(
  { machines: listed, unknown }: Pick<AssignmentList, 'machines' | 'unknown'>,
  width: number | null,
  style: Style,
): string {
  const lines = (text: string, isNotable: boolean): string =>
    wrapText(text, width)
      .map((line) => `${isNotable ? style('heading', line) : line}\n`)
      .join('');
  const untold =
    unknown === 0 ? '' : lines(`The assignments of ${count(unknown, 'VM')} cannot be read.`, true);
  if (listed.length === 0) return lines('pci assign has assigned no device.', false) + untold;
  const rows = listed.flatMap(({ machine, statuses, passing }) => [
    ...statuses.map((status) => [
      escapeControls(machine.name),
      addressOf(status.assigned) ?? status.assigned.alias,
      status.device === null ? (status.assigned.assignment?.device.id ?? '') : deviceTitle(status.device),
      status.assigned.assignment?.policy ?? '',
      status.heldAt === null ? '' : 'has it now',
      STANDINGS[status.standing](status),
    ]),
    ...passing.map(({ assigned, device }) => [
      escapeControls(machine.name),
      addressOf(assigned) ?? assigned.alias,
      device === null ? '' : deviceTitle(device),
      assigned.assignment?.policy ?? '',
      'has it now',
      'until the VM stops: not in its definition',
    ]),
  ]);
  const all = listed.flatMap(({ statuses }) => statuses);
  const drifted = all.filter(({ standing }) => standing !== 'in-place').length;
  const given = listed.filter(({ statuses }) => statuses.length > 0).length;
  const passing = listed.flatMap((each) => each.passing).length;
  const summary = `${[
    `${count(all.length, 'assignment')} to ${count(given, 'VM')}`,
    ...(drifted === 0 ? [] : [`${drifted} not as assigned`]),
    ...(passing === 0 ? [] : [`${passing} until the VM stops`]),
  ].join(', ')}.`;
  return tableBlock(rows, width) + lines(summary, drifted > 0) + untold;
}

const HEADINGS = ['machine', 'alias', 'address', 'device', 'policy', 'held', 'standing', 'found'];

/** The assignments for programs, one row each, with headings; `-` is none, and `?` unknown. */
export function assignmentRows(listed: AssignmentList['machines']): readonly (readonly string[])[] {
  const rows = listed.flatMap(({ machine, statuses, passing }) => [
    ...statuses.map(({ assigned, device, heldAt, standing }) => [
      machine.name,
      assigned.alias,
      addressOf(assigned) ?? '-',
      device === null ? (assigned.assignment?.device.id ?? '-') : deviceTitle(device),
      assigned.assignment?.policy ?? '-',
      heldAt === null ? 'no' : 'yes',
      standing,
      device?.address ?? (standing === 'ambiguous' || standing === 'unknown' ? '?' : '-'),
    ]),
    ...passing.map(({ assigned, device }) => [
      machine.name,
      assigned.alias,
      addressOf(assigned) ?? '-',
      device === null ? '-' : deviceTitle(device),
      assigned.assignment?.policy ?? '-',
      'yes',
      'passing',
      device?.address ?? '-',
    ]),
  ]);
  return [HEADINGS, ...rows.map((row) => row.map(escapeControls))];
}

/** `pci assignments --json`. */
export function assignmentListDocument({
  host,
  connect,
  machines,
  diagnostics,
  recovery,
}: AssignmentList): AssignmentsDocument {
  return {
    schema: 'portal-gun/assignments/v1',
    host,
    connect,
    machines: machines.map(({ machine, statuses, passing }) => ({
      name: machine.name,
      uuid: machine.uuid,
      state: machine.state,
      assignments: statuses.map(({ assigned, standing, device, heldAt }) => ({
        alias: assigned.alias,
        address: addressOf(assigned),
        policy: assigned.assignment?.policy ?? null,
        identity: assigned.assignment?.device ?? null,
        iommuGroup: assigned.assignment?.iommuGroup ?? null,
        standing,
        found: device?.address ?? null,
        held: heldAt !== null,
      })),
      passing: passing.map(({ assigned }) => ({ alias: assigned.alias, address: assigned.device.address })),
    })),
    recovery: recovery.changes,
    diagnostics,
  };
}
