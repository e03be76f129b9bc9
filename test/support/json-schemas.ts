import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

const FOLDER = join(import.meta.dirname, '../../dist/schemas');

/** The published schemas, by file name. */
export const SCHEMA_FILES = readdirSync(FOLDER).sort();

/** The text of a published schema. */
export function schemaText(file: string): string {
  return readFileSync(join(FOLDER, file), 'utf8');
}

/**
 * The validator for a kind of document (`pci-list`). Strict: a key that the schema does not describe is an error,
 * although the published schema allows later versions to add some.
 */
export function validatorOf(kind: string, options: { readonly strict: boolean }): ValidateFunction {
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
  for (const file of SCHEMA_FILES) {
    const schema: unknown = JSON.parse(schemaText(file));
    ajv.addSchema((options.strict ? closed(schema) : schema) as object);
  }
  const validate = ajv.getSchema(`portal-gun/${kind}/v1`);
  if (validate === undefined) throw new Error(`there is no schema portal-gun/${kind}/v1`);
  return validate;
}

/** The schema, with every object closed that lists its properties. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inside = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  // `properties` may itself be the name of a property; it is the keyword only together with `type`.
  return inside['type'] === 'object' && 'properties' in inside && !('additionalProperties' in inside)
    ? { ...inside, additionalProperties: false }
    : inside;
}
