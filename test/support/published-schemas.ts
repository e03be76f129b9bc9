import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { definitionSchema } from './definition-schema.ts';

const SOURCES = join(import.meta.dirname, '../../lib/documents');

/** The schema of a file that people write, which is no document of a command. */
const DEFINITION = 'machine-definition';

/** As wide as lines of the source. */
const LINE_WIDTH = 110;

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The text of each JSON Schema file, by its name, from the zod schemas of `lib/documents`. A zod schema with an id is
 * a document of its own (`pci-list`), or a part that documents refer to (`facts#address`): in the `$defs` of its
 * file.
 */
export async function publishedSchemas(): Promise<ReadonlyMap<string, string>> {
  for (const name of readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.ts')) await import(join(SOURCES, name));
  }
  const { schemas } = z.toJSONSchema(z.globalRegistry, { io: 'input', uri: addressOf, override });
  const entries = Object.entries(schemas).map(([id, schema]) => [id, plain(schema, id)] as const);
  const documents = entries
    .filter(([id]) => !id.includes('#'))
    .map(([kind, root]) => [kind, fileText(kind, root, partsOf(kind, entries))] as const);
  const all = [...documents, [DEFINITION, fileText(DEFINITION, definitionSchema(override), {})] as const];
  return new Map(all.map(([kind, text]) => [`${kind}.v1.schema.json`, text]));
}

/** The address of a schema from any file: `facts#address` is `../facts/v1#/$defs/address`. */
function addressOf(id: string): string {
  const [kind, part] = id.split('#');
  return `../${kind}/v1${part === undefined ? '' : `#/$defs/${part}`}`;
}

/** Removes keywords that zod adds and no reader of a document needs. */
function override({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.type === 'object' && Object.keys(jsonSchema.properties ?? { any: true }).length === 0) {
    delete jsonSchema.properties;
    delete jsonSchema.additionalProperties;
  }
  if ('enum' in jsonSchema || 'const' in jsonSchema) delete jsonSchema.type;
  if (jsonSchema.pattern !== undefined) jsonSchema.pattern = jsonSchema.pattern.replaceAll('\\/', '/');
}

/** A schema without the heads that zod adds to each, and with short references into its own file. */
function plain({ $schema, $id, id, ...schema }: z.core.JSONSchema.BaseSchema, of: string): JsonObject {
  const own = `${addressOf(of.replace(/#.*/, ''))}#`;
  return JSON.parse(
    JSON.stringify(schema, (key, value) =>
      key === '$ref' && typeof value === 'string' && value.startsWith(own)
        ? value.slice(own.length - 1)
        : value,
    ),
  );
}

function partsOf(kind: string, entries: readonly (readonly [string, JsonObject])[]): JsonObject {
  const parts = entries.filter(([id]) => id.startsWith(`${kind}#`)).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(parts.map(([id, schema]) => [id.slice(kind.length + 1), schema]));
}

function fileText(kind: string, root: JsonObject, parts: JsonObject): string {
  const { title, description, ...rest } = root;
  const file = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `portal-gun/${kind}/v1`,
    title,
    description,
    ...rest,
    ...(Object.keys(parts).length === 0 ? {} : { $defs: parts }),
  };
  return `${laidOut(JSON.parse(JSON.stringify(file)), '')}\n`;
}

/**
 * JSON for human readers: the description of a schema first, and each part on one line if it fits after its key,
 * which has so many characters.
 */
function laidOut(value: unknown, indent: string, keyLength = 0): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((item) => laidOut(item, inner))
    : keysOf(value).map((key) => {
        const head = `${JSON.stringify(key)}: `;
        return `${head}${laidOut(value[key], inner, head.length)}`;
      });
  const [open, close, blank] = Array.isArray(value) ? ['[', ']', ''] : ['{', '}', ' '];
  const line = `${open}${blank}${parts.join(', ')}${blank}${close}`;
  // A comma may follow.
  if (!line.includes('\n') && indent.length + keyLength + line.length < LINE_WIDTH) return line;
  return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${indent}${close}`;
}

/** The keys of an object, with the description of a schema first; a property of that name is not a text. */
function keysOf(value: object): readonly (keyof typeof value)[] {
  const keys = Object.keys(value) as (keyof typeof value)[];
  const described = 'description' in value && typeof value.description === 'string' && !('$schema' in value);
  const last = (key: string): boolean => described && key !== 'description';
  return keys.toSorted((a, b) => Number(last(a)) - Number(last(b)));
}
