import * as z from 'zod/mini';
import { definitionForm } from './definition-form.ts';
import { DEFINITION_METADATA } from './form-parts.ts';

/** A key of definitions whose value is no mapping. */
export interface DefinitionKey {
  /** `nics.0.model`: the index of a list is 0. */
  readonly path: string;
  readonly summary: string;
  /** All its values, if there are few; for a flag `on` and `off`. */
  readonly values: readonly string[];
}

/** A JSON Schema, as far as that of definitions goes. */
interface Form {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Form[];
  readonly items?: Form;
  readonly properties?: Readonly<Record<string, Form>>;
}

/** The keys that `portal set` can set, in the order of their form. */
export function definitionKeys(): readonly DefinitionKey[] {
  const form = z.toJSONSchema(definitionForm, {
    ...{ io: 'input', unrepresentable: 'any', metadata: DEFINITION_METADATA },
  });
  return keysIn(form as Form, '');
}

function keysIn({ properties = {} }: Form, above: string): readonly DefinitionKey[] {
  return Object.entries(properties)
    .filter(([key]) => !key.startsWith('$'))
    .flatMap(([key, form]) => keysOf(form, above + key, form.description ?? ''));
}

/** The keys of a part: itself if it can be a plain value, and those in it. */
function keysOf(form: Form, path: string, summary: string): readonly DefinitionKey[] {
  const forms = [form, ...(form.anyOf ?? [])];
  const isPlain = forms.some(
    ({ properties, items, anyOf, type }) =>
      properties === undefined && items === undefined && anyOf === undefined && type !== 'null',
  );
  const values = forms.flatMap(valuesOf);
  return [
    ...(isPlain ? [{ path, summary, values }] : []),
    ...forms.flatMap((each) => keysIn(each, `${path}.`)),
    ...forms.flatMap(({ items }) =>
      items === undefined || isPlain ? [] : keysOf(items, `${path}.0`, items.description ?? summary),
    ),
  ];
}

function valuesOf({ enum: values, const: only, type }: Form): readonly string[] {
  if ([type].flat().includes('boolean')) return ['on', 'off'];
  return [...(values ?? []), ...(only === undefined ? [] : [only])].filter(
    (value) => typeof value === 'string',
  );
}
