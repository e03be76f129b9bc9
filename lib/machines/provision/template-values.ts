import type { MachineDefinition } from '../definition/machine-definition.ts';
import type { ResolvedMachine } from '../resolved-machine.ts';
import type { TemplateValues } from '../template/fill-template.ts';

/** A MAC address and a UUID for machines that have none yet. */
const NO_MAC = '02:00:00:00:00:00';
const NO_UUID = '00000000-0000-4000-8000-000000000000';

/** The values of a definition on its own, to check templates. */
export function definedValues(
  definition: MachineDefinition,
  values: Readonly<Record<string, string>>,
): TemplateValues {
  const nics = definition.nics.map((nic) => ({ ...nic, mac: nic.mac ?? NO_MAC }));
  return machineValues({ definition, uuid: NO_UUID, nics }, values);
}

/** The values of a machine for the templates of its config folder: `{{ name }}`, `{{ nics[0].mac }}`, `{{ values.domain }}`. */
export function machineValues(
  { definition, uuid, nics }: Pick<ResolvedMachine, 'definition' | 'uuid' | 'nics'>,
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
