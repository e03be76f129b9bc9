import type { TemplateValues } from '../template/fill-template.ts';
import type { ResolvedMachine } from '../resolved-machine.ts';

/** The values of a machine for the templates of its config folder: `{{ name }}`, `{{ nics[0].mac }}`, `{{ values.domain }}`. */
export function machineValues(
  { definition, uuid, nics }: ResolvedMachine,
  values: Readonly<Record<string, string>>,
): TemplateValues {
  return {
    ...{ name: definition.name, category: definition.category, title: definition.title ?? '', uuid },
    cpus: definition.cpus.count,
    memory_bytes: definition.memory.sizeBytes,
    nics: nics.map(({ mac, network, bridge, model }) => ({
      ...{ mac, model, network: network ?? '', bridge: bridge ?? '' },
    })),
    shares: definition.shares.map(({ name, mode }) => ({ name, mode })),
    values,
  };
}
