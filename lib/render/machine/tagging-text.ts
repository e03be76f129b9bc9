import { isUnknown } from '../../base/known.ts';
import { count, escapeControls } from '../../base/text.ts';
import type { MachineTagDocument } from '../../documents/machines/machine-tag.ts';
import { mainDocument } from '../../libvirt/machine/read-machines.ts';
import type { Tagging } from '../../libvirt/machine/tag-machines.ts';
import { tableBlock } from '../layout/table-block.ts';

/** The result of tagging, or of a dry run with `isDryRun`: the count, then one line for each VM. */
export function renderTagging(
  taggings: readonly Tagging[],
  category: string | null,
  isDryRun: boolean,
  width: number | null,
): string {
  const changed = taggings.filter(({ places }) => places.length > 0).length;
  const state = category === null ? 'untagged' : `tagged ${category}`;
  const heading =
    changed === 0
      ? `Nothing to do: ${count(taggings.length, 'VM')} already ${state}`
      : `${count(changed, 'VM')} ${isDryRun ? 'would be ' : ''}${state}`;
  const rows = taggings.map((tagging) => [escapeControls(tagging.machine.name), taggingText(tagging)]);
  return `${heading}\n${tableBlock(rows, width)}`;
}

function taggingText({ machine, places }: Tagging): string {
  if (places.length === 0) return 'no change';
  const { category } = mainDocument(machine).machine;
  const before = isUnknown(category) ? 'an invalid category' : (category ?? 'untagged');
  const where = [
    ...(machine.definition === null ? ['transient: the category is lost when the VM stops'] : []),
    ...(machine.definition !== null && places.includes('live') ? ['also in the running VM'] : []),
  ];
  return [`was ${before}`, ...where].join('; ');
}

/** The same as JSON. */
export function taggingDocument(
  uri: string,
  taggings: readonly Tagging[],
  category: string | null,
  isDryRun: boolean,
): MachineTagDocument {
  return {
    schema: 'portal-gun/machine-tag/v1',
    connect: uri,
    category,
    dryRun: isDryRun,
    machines: taggings.map(({ machine, places }) => ({
      name: machine.name,
      uuid: machine.uuid,
      before: mainDocument(machine).machine.category,
      changes: places,
    })),
  };
}
