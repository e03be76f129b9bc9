import { categoryAsWritten, formatWithCategory } from '../../libvirt/machine/machine-metadata.ts';
import type { Tagging } from '../../libvirt/machine/tag-machines.ts';
import { type CategoryChange, categoryKind } from '../changes/machine/category.ts';
import type { Plan, Step } from '../plan.ts';

/**
 * The plan that sets or removes the category of VMs, in their definitions and in running VMs.
 *
 * @throws PortalGunError BAD_XML if the contents of portal-gun's namespace have another form
 */
export function planTaggings(uri: string, taggings: readonly Tagging[], category: string | null): Plan {
  const names = taggings.filter(({ places }) => places.length > 0).map(({ machine }) => machine.name);
  const whom = names.length === 1 ? names[0] : `${names.length} VMs`;
  return {
    title: category === null ? `Remove the category of ${whom}` : `Tag ${whom} as ${category}`,
    guards: [],
    steps: taggings.flatMap((tagging) => stepsOf(uri, tagging)),
  };
}

function stepsOf(uri: string, { machine, category, places }: Tagging): readonly Step[] {
  return places.flatMap((place): readonly Step[] => {
    const document = machine[place]?.document;
    if (document === undefined) return [];
    const change: CategoryChange = {
      ...{ kind: 'category', uri, machine: machine.uuid, place },
      ...{ from: categoryAsWritten(document), to: category },
      metadata: formatWithCategory(document, category),
    };
    return [{ words: categoryKind.words(change, machine.name), change }];
  });
}
