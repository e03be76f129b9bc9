/*
 * The losses of a JSON document between two versions of its schema. Within v1 documents only grow: keys, enumerated
 * values and kinds of objects may be added, and a promised part may not disappear or get a wider meaning.
 */

type Schema = Readonly<Record<string, unknown>>;

/** Schemas by kind of document (`pci-list`). */
export type SchemaFiles = ReadonlyMap<string, Schema>;

/** A schema and the document kind of its file, because references are relative to the file. */
interface Place {
  readonly schema: Schema;
  readonly kind: string;
}

/** One JSON type that a schema allows, with its requirements. */
interface Alternative {
  readonly type: string;
  /** The allowed values; `null` for any. */
  readonly values: readonly unknown[] | null;
  /** Constraints by keyword: pattern, minimum … */
  readonly constraints: Schema;
  readonly properties: Schema;
  readonly required: readonly string[];
  readonly items: Schema | null;
  /** The schema of keys without a description; `null` for any. */
  readonly others: Schema | null;
  readonly kind: string;
}

const WORDS_ONLY = ['$schema', '$id', '$defs', 'title', 'description'];
const CONSTRAINTS = [
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'format',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'propertyNames',
];
const STRUCTURE = ['type', 'enum', 'const', 'properties', 'required', 'items', 'additionalProperties'];
const KNOWN = new Set([...WORDS_ONLY, ...CONSTRAINTS, ...STRUCTURE, '$ref', 'anyOf', 'oneOf']);
const ANY = 'any';

/** The losses from `before` to `after`, one sentence each; empty if documents only grow. */
export function schemaLosses(before: SchemaFiles, after: SchemaFiles): readonly string[] {
  const comparison = new Comparison(before, after);
  return [...before].flatMap(([kind, schema]) => {
    const now = after.get(kind);
    if (now === undefined) return [`${kind}: the schema is gone`];
    const parts = Object.entries((schema['$defs'] ?? {}) as Readonly<Record<string, Schema>>);
    const partsNow = (now['$defs'] ?? {}) as Readonly<Record<string, Schema>>;
    return [
      ...comparison.losses(kind, { schema, kind }, { schema: now, kind }),
      ...parts.flatMap(([name, part]) => {
        const at = `${kind}#${name}`;
        const partNow = partsNow[name];
        if (partNow === undefined) return [`${at}: the part is gone`];
        return comparison.losses(at, { schema: part, kind }, { schema: partNow, kind });
      }),
    ];
  });
}

class Comparison {
  readonly #before: SchemaFiles;
  readonly #after: SchemaFiles;
  /** The result for each pair of schemas; a pair that is being compared counts as equal, which ends recursion. */
  readonly #seen = new Map<Schema, Map<Schema, readonly string[]>>();

  constructor(before: SchemaFiles, after: SchemaFiles) {
    this.#before = before;
    this.#after = after;
  }

  /** The losses from one schema to another, each with the path below `at`. */
  losses(at: string, before: Place, after: Place): readonly string[] {
    return this.#relative(before, after).map((loss) => `${at}${loss}`);
  }

  #relative(before: Place, after: Place): readonly string[] {
    const compared = this.#seen.get(before.schema) ?? new Map<Schema, readonly string[]>();
    this.#seen.set(before.schema, compared);
    const known = compared.get(after.schema);
    if (known !== undefined) return known;
    compared.set(after.schema, []);
    const found = this.#compare(alternatives(before, this.#before), alternatives(after, this.#after));
    compared.set(after.schema, found);
    return found;
  }

  #compare(before: readonly Alternative[], after: readonly Alternative[]): readonly string[] {
    const types = (of: readonly Alternative[]): readonly string[] => [...new Set(of.map(({ type }) => type))];
    const [had, has] = [types(before), types(after)];
    return [
      ...had.filter((type) => !has.includes(type)).map((type) => `: can no longer be ${type}`),
      ...has.filter((type) => !had.includes(type)).map((type) => `: can now be ${type} as well`),
      ...had
        .filter((type) => has.includes(type))
        .flatMap((type) => {
          const old = before.filter((alternative) => alternative.type === type);
          const now = after.filter((alternative) => alternative.type === type);
          return type === 'object' || type === 'array'
            ? old.flatMap((alternative) => this.#nearest(alternative, now))
            : scalarLosses(old, now);
        }),
    ];
  }

  /** The losses from an object or a list to the most similar one. */
  #nearest(before: Alternative, after: readonly Alternative[]): readonly string[] {
    const each = after.map((alternative) => this.#compositeLosses(before, alternative));
    return each.reduce((best, losses) => (losses.length < best.length ? losses : best));
  }

  #compositeLosses(before: Alternative, after: Alternative): readonly string[] {
    const constraints = constraintChanges(before.constraints, after.constraints);
    const keys = Object.keys(before.properties).flatMap((key) => {
      const [old, now] = [before.properties[key] as Schema, after.properties[key] as Schema | undefined];
      if (now === undefined) return [`.${key}: the key is gone`];
      const optional = before.required.includes(key) && !after.required.includes(key);
      return [
        ...(optional ? [`.${key}: is no longer required`] : []),
        ...this.losses(`.${key}`, { schema: old, kind: before.kind }, { schema: now, kind: after.kind }),
      ];
    });
    return [
      ...constraints,
      ...keys,
      ...this.#insideLosses('[]', [before.items, before.kind], [after.items, after.kind]),
      ...this.#insideLosses('.*', [before.others, before.kind], [after.others, after.kind]),
    ];
  }

  /** The losses in the items of a list or in undescribed keys; `null` is any value. */
  #insideLosses(
    at: string,
    [before, kindBefore]: readonly [Schema | null, string],
    [after, kindAfter]: readonly [Schema | null, string],
  ): readonly string[] {
    if (before === null && after === null) return [];
    if (before === null) return [`${at}: can no longer be anything`];
    if (after === null) return [`${at}: can now be anything`];
    return this.losses(at, { schema: before, kind: kindBefore }, { schema: after, kind: kindAfter });
  }
}

/** The losses among texts, numbers, booleans or null. */
function scalarLosses(before: readonly Alternative[], after: readonly Alternative[]): readonly string[] {
  const valuesOf = (of: readonly Alternative[]): readonly unknown[] =>
    of.flatMap(({ values }) => values ?? []);
  const freeOf = (of: readonly Alternative[]): readonly Alternative[] =>
    of.filter(({ values }) => values === null);
  const [free, freeNow] = [freeOf(before), freeOf(after)];
  const valuesNow = valuesOf(after);
  const gone = valuesOf(before).filter((value) => !valuesNow.includes(value));
  // If there is one on each side, they correspond, and the difference is reported.
  const [one, oneNow] = [free[0], freeNow[0]];
  const changed =
    free.length === 1 && freeNow.length === 1 && one !== undefined && oneNow !== undefined
      ? constraintChanges(one.constraints, oneNow.constraints)
      : freeChanges(free, freeNow);
  return [...gone.map((value) => `: the value ${JSON.stringify(value)} is gone`), ...changed];
}

function freeChanges(before: readonly Alternative[], after: readonly Alternative[]): readonly string[] {
  const texts = (of: readonly Alternative[]): readonly string[] =>
    of.map(({ type, constraints }) => `any ${type} ${JSON.stringify(constraints)}`);
  const [had, has] = [texts(before), texts(after)];
  return [
    ...had.filter((text) => !has.includes(text)).map((text) => `: can no longer be ${text}`),
    ...has.filter((text) => !had.includes(text)).map((text) => `: can now be ${text}`),
  ];
}

function constraintChanges(before: Schema, after: Schema): readonly string[] {
  const keywords = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keywords.flatMap((keyword) => {
    const [old, now] = [before[keyword], after[keyword]].map((value) => JSON.stringify(value));
    return old === now ? [] : [`: ${keyword} was ${old ?? 'free'} and is ${now ?? 'free'}`];
  });
}

/** The alternatives of a schema, with references resolved and unions flattened. */
function alternatives({ schema, kind }: Place, files: SchemaFiles): readonly Alternative[] {
  const unknown = Object.keys(schema).filter((keyword) => !KNOWN.has(keyword));
  if (unknown.length > 0) throw new Error(`cannot compare schemas with ${unknown.join(', ')}`);
  const union = schema['anyOf'] ?? schema['oneOf'];
  if (union !== undefined) {
    return (union as readonly Schema[]).flatMap((option) => alternatives({ schema: option, kind }, files));
  }
  const reference = schema['$ref'];
  if (typeof reference === 'string') {
    const own = constraintsOf(schema);
    return alternatives(target(reference, kind, files), files).map((alternative) => ({
      ...alternative,
      constraints: { ...alternative.constraints, ...own },
    }));
  }
  const values = 'const' in schema ? [schema['const']] : (schema['enum'] as readonly unknown[] | undefined);
  if (values !== undefined) {
    const types = [...new Set(values.map(typeOf))];
    return types.map((type) => ({
      ...alternativeOf(schema, type, kind),
      values: values.filter((value) => typeOf(value) === type),
    }));
  }
  const { type = ANY } = schema;
  const types = (Array.isArray(type) ? type : [type]) as readonly string[];
  return types.map((type) => alternativeOf(schema, type, kind));
}

function alternativeOf(schema: Schema, type: string, kind: string): Alternative {
  const others = schema['additionalProperties'];
  return {
    type,
    values: type === 'null' ? [null] : null,
    constraints: { ...constraintsOf(schema), ...(others === false ? { additionalProperties: false } : {}) },
    properties: (schema['properties'] ?? {}) as Schema,
    required: (schema['required'] ?? []) as readonly string[],
    items: (schema['items'] ?? null) as Schema | null,
    others:
      typeof others === 'object' && Object.keys(others as Schema).length > 0 ? (others as Schema) : null,
    kind,
  };
}

function constraintsOf(schema: Schema): Schema {
  const present = CONSTRAINTS.filter((keyword) => keyword in schema);
  return Object.fromEntries(present.map((keyword) => [keyword, constraintOf(keyword, schema[keyword])]));
}

/** Keys are always text, even without a type. */
function constraintOf(keyword: string, value: unknown): unknown {
  if (keyword !== 'propertyNames') return value;
  const { type: _, ...rest } = value as Schema;
  return rest;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** The schema of a reference: `../facts/v1#/$defs/address`, or `#/$defs/node` in the same file. */
function target(reference: string, from: string, files: SchemaFiles): Place {
  const [, other, pointer = ''] = /^(?:\.\.\/([a-z-]+)\/v1)?(?:#(.*))?$/.exec(reference) ?? [];
  const kind = other ?? from;
  const steps = pointer.split('/').slice(1);
  const schema = steps.reduce<unknown>((at, step) => (at as Schema | undefined)?.[step], files.get(kind));
  if (schema === undefined) throw new Error(`${from}: ${reference} leads nowhere`);
  return { schema: schema as Schema, kind };
}
