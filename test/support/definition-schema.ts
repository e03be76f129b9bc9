import * as z from 'zod';
import { definitionForm } from '../../lib/machines/definition/definition-form.ts';
import { DEFINITION_METADATA } from '../../lib/machines/definition/form-parts.ts';

type Override = NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override'];

/**
 * The JSON Schema of machine definitions, as their form gives it, for editors.
 *
 * @param override as zod takes it
 */
export function definitionSchema(override?: Override): Readonly<Record<string, unknown>> {
  const { $schema: _, ...schema } = z.toJSONSchema(definitionForm, {
    io: 'input',
    metadata: DEFINITION_METADATA,
    ...(override === undefined ? {} : { override }),
  });
  return {
    title: 'Machine definition',
    description: 'A file machine.yaml or machine.json of portal.',
    ...JSON.parse(JSON.stringify(schema)),
  };
}
