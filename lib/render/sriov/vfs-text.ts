import { count, escapeControls } from '../../base/text.ts';
import type { DeviceWith } from '../../pci/device.ts';
import { settingWords } from '../../pci/sriov/vf-settings.ts';
import { DEFAULT_DRIVER, type VfState } from '../../plan/change-states.ts';
import type { VfsProposal } from '../../plan/sriov/plan-vfs.ts';
import { deviceTitle, type TitledDevice } from '../layout/facts.ts';
import { tableBlock } from '../layout/table-block.ts';

/** The PF, and for each VF its change, its driver and its settings. */
export function renderVfs(
  proposal: VfsProposal<TitledDevice, DeviceWith<never>>,
  width: number | null,
): string {
  const { state, from, to, goesUp } = proposal;
  const { pf, link } = state;
  const facts = [
    pf.address,
    deviceTitle(pf),
    from.count === to.count ? count(to.count, 'VF') : `${from.count} → ${count(to.count, 'VF')}`,
    autoprobeText(proposal),
    link === null ? 'no network interface' : `${link.interface}${goesUp ? ' → up' : ''}`,
  ];
  return tableBlock([facts.map(escapeControls)], width) + tableBlock(withoutEmpty(rowsOf(proposal)), width);
}

function withoutEmpty(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return rows.map((row) => row.filter((_, column) => rows.some((each) => each[column] !== '')));
}

function autoprobeText({ from, to }: Pick<VfsProposal, 'from' | 'to'>): string {
  if (to.autoprobe === null) return 'no autoprobe';
  const word = (value: boolean | null): string => (value === true ? 'on' : 'off');
  return from.autoprobe === to.autoprobe
    ? `autoprobe ${word(to.autoprobe)}`
    : `autoprobe ${word(from.autoprobe)} → ${word(to.autoprobe)}`;
}

function rowsOf({
  state: { vfs },
  from,
  to,
}: VfsProposal<TitledDevice, DeviceWith<never>>): readonly (readonly string[])[] {
  const isNew = from.count !== to.count;
  return Array.from({ length: Math.max(from.count, to.count) }, (_, index) => {
    const [before, after] = [from, to].map((state) => state.vfs.find((vf) => vf.index === index));
    const fate =
      index >= to.count ? 'removed' : index >= from.count ? 'new' : isNew ? 'created again' : 'stays';
    const settings = after === undefined ? [] : settingWords(after.settings);
    return [
      `VF ${index}`,
      vfs[index]?.address ?? '',
      fate,
      isNew ? driverText(before, after) : '',
      settings.join(', '),
    ].map(escapeControls);
  }).filter(([, , fate, , settings]) => fate !== 'stays' || settings !== '');
}

/** The current and the new driver; empty if the kernel decides. */
function driverText(before: VfState | undefined, after: VfState | undefined): string {
  const word = (state: VfState | undefined): string | null => {
    if (state === undefined || state.driver.driver === DEFAULT_DRIVER) return null;
    return state.driver.driver ?? 'no driver';
  };
  const [had, gets] = [word(before), word(after)];
  if (had === null) return gets === null ? '' : `→ ${gets}`;
  if (gets === null) {
    if (after !== undefined) return `${had} → the kernel's choice`;
    return before?.driver.driver === null ? '' : `loses ${had}`;
  }
  return had === gets ? had : `${had} → ${gets}`;
}
