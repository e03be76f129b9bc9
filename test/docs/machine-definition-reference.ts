import { parseDefinition } from '../../lib/machines/definition/definition-parser.ts';
import { DEFINITION_FORMAT } from '../../lib/machines/definition/machine-definition.ts';
import { leavesOf, writtenForm } from '../../lib/machines/definition/written-form.ts';
import { code, table } from './markdown.ts';
import type { Schema } from './reference.ts';

const SCHEMA = 'machine-definition.v1.schema.json';

/** A JSON Schema, as far as that of definitions goes. */
export interface Form {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly anyOf?: readonly Form[];
  readonly items?: Form;
  readonly properties?: Readonly<Record<string, Form>>;
  /** The form of each value of a mapping with keys of its own. */
  readonly additionalProperties?: Form | boolean;
  readonly required?: readonly string[];
}

const SHORTEST = 'category: application\n';
/** A definition with an entry of each list, as short as it can be: what else such an entry has is its default. */
const SAMPLE = `${SHORTEST}firmware: bios
cpus: { pin: [1] }
os: { root: image:debian }
disks: [{ name: data, size: 1GiB }]
nics: [{ network: default }]
pci: [{ id: 8086:10c9 }]
shares: [{ name: data, source: data }]
`;
const EXAMPLE = `apiVersion: ${DEFINITION_FORMAT}
kind: Machine
category: router
memory: 256MiB
boot:
  profile: minivm
nics:
  - network: isolated/lan
pci:
  - select: class=network !uplink
    rom: off
`;
const NOTES = [
  'A size has a unit: `KiB`, `MiB`, `GiB` or `TiB`. A flag is `true`, `on` or `yes`, or `false`, `off` or `no`. `cpus: 2` is short for `cpus: { count: 2 }`, and `memory: 1GiB` for `memory: { size: 1GiB }`.',
  'Without `firmware`, a machine with a kernel is started directly (`none`), and one with a root image or an installer by `bios`. A machine that has none of these gets `boot: { profile: minivm }`. `nested: true` turns `iommu` on.',
  'A machine of category `host` is the host itself: only `title` and `description` are used, and there is no VM for it.',
];

const TYPESCRIPT = [
  '## In TypeScript',
  'The default export of `machine.ts` is a definition: `export default defineMachine({ … })`. A file can import `.ts` and `.json` files of the project by relative paths. These names are in scope without an import, also in imported files:',
  table(
    ['name', 'result'],
    [
      ['defineMachine(definition)', 'The definition. Its place is that of the errors about it.'],
      ['machine.name', 'Name of the folder.'],
      [
        'pci.search(selector, more)',
        'Entry of `pci`: devices that are searched when the machine is brought up.',
      ],
      ['net.isolated(name, more)', 'Entry of `nics` on the isolated network `isolated/NAME`.'],
      ['net.network(name, more)', 'Entry of `nics` on a network of libvirt.'],
      ['net.bridge(name, more)', 'Entry of `nics` on a bridge of the host.'],
      ['mac.random(name)', 'MAC address, derived from the seed of `portal.lock`, the machine and the name.'],
      [
        'mac.ofAddress(address, { plane })',
        'MAC address that contains a plane (0 to 255) and an IPv4 address: `02:00:0a:0b:00:01`.',
      ],
      ['size.KiB(n), size.MiB(n), size.GiB(n), size.TiB(n)', 'Size: `256MiB`.'],
      ['os.image(name, more)', 'Value of `os` with the root image `image:NAME`.'],
      ['random.integer(name, least, most)', 'Whole number, both ends included.'],
      ['random.hex(name, bytes)', 'Up to 16 bytes as hex digits. It is no secret.'],
      ['random.pick(name, list)', 'Entry of a list.'],
    ].map(([name = '', result = '']) => [code(name), result]),
  ),
  '`more` has the other keys of the entry. A `random` value is the same for the same seed, machine and name. There is no clock, no network, no environment and no file: `Date`, `Intl`, `Math.random`, `process`, `fetch` and timers do not exist, and code cannot be made from text.',
];

/** The page of the form of definitions, from its JSON Schema. */
export function machineDefinitionReference(schemas: ReadonlyMap<string, Schema>): string {
  const form = schemas.get(SCHEMA) as Form | undefined;
  if (form?.properties === undefined) throw new Error(`no ${SCHEMA}`);
  demandValid(EXAMPLE);
  const { properties } = form;
  const parts = Object.entries(properties).flatMap(([key, part]) => {
    const inner = partOf(part);
    return inner === null ? [] : [section(key, part, inner)];
  });
  return `${[
    '# Machine definitions',
    `The file \`machine.yaml\`, \`machine.yml\`, \`machine.json\` or \`machine.ts\` in the folder \`machines/NAME\` of a project defines the machine NAME. Its JSON Schema is \`lib/documents/schemas/${SCHEMA}\`; in a YAML file, an editor finds it by the line \`# yaml-language-server: $schema=PATH\`, which \`portal new\` writes. \`portal check\` checks a file, and \`portal show NAME --why\` shows each value and its origin.`,
    `\`\`\`yaml\n${EXAMPLE}\`\`\``,
    'The only required key is `category`.',
    table(['key', 'value', 'default', 'meaning'], rowsOf(form, '', defaultsOf(SHORTEST))),
    ...NOTES,
    ...parts,
    ...TYPESCRIPT,
  ].join('\n\n')}\n`;
}

function section(key: string, part: Form, inner: Form): string {
  const isList = part.items !== undefined || (part.anyOf ?? []).some(({ items }) => items !== undefined);
  return [
    `## ${key}`,
    `${part.description ?? ''}${isList ? ' A list; each entry has these keys:' : ''}`,
    table(
      ['key', 'value', 'default', 'meaning'],
      rowsOf(inner, `${key}.${isList ? '0.' : ''}`, defaultsOf(SAMPLE)),
    ),
  ].join('\n\n');
}

/** The mapping that a part is, or that each of its entries is; `null` if it is none. */
function partOf(form: Form): Form | null {
  if (form.properties !== undefined) return form;
  const inner = [...(form.items === undefined ? [] : [form.items]), ...(form.anyOf ?? [])];
  return inner.map(partOf).find((each) => each !== null) ?? null;
}

function rowsOf(
  { properties = {}, required = [] }: Form,
  path: string,
  defaults: ReadonlyMap<string, string>,
): readonly (readonly string[])[] {
  return Object.entries(properties).map(([key, part]) => {
    const value = defaults.get(`${path}${key}`);
    const standard = required.includes(key) ? 'required' : value === undefined ? '' : code(value);
    const link = path === '' && partOf(part) !== null ? `[${code(key)}](#${key})` : code(key);
    return [link, valueWords(part), standard, part.description ?? ''];
  });
}

export function valueWords(form: Form): string {
  const {
    anyOf,
    additionalProperties,
    enum: words,
    const: only,
    items,
    properties,
    type,
    minimum,
    maximum,
    pattern,
  } = form;
  if (anyOf !== undefined) {
    const kinds = anyOf
      .filter((each) => (each as { readonly type?: string }).type !== 'null')
      .map(valueWords);
    return [...new Set(kinds)].join(', or ');
  }
  if (only !== undefined) return code(String(only));
  if (words?.includes(true)) return 'flag';
  if (words !== undefined) return words.map((word) => code(String(word))).join(', ');
  if (items !== undefined) return `list of ${valueWords(items)}`;
  if (properties !== undefined || typeof additionalProperties === 'object') return 'mapping';
  if (type === 'integer') return `${minimum} to ${maximum}`;
  return pattern?.includes('iB') ? 'size' : 'text';
}

/** The values that a definition gets beside those that it has, by their paths: `cpus.count`. */
function defaultsOf(text: string): ReadonlyMap<string, string> {
  const { definition, originOf } = demandValid(text);
  const values = leavesOf(writtenForm(definition)).filter(
    ({ path, value }) =>
      originOf(path).kind === 'default' && (typeof value !== 'object' || Array.isArray(value)),
  );
  const leaves = values.map(({ path, value }) => [path, asText(value)] as const);
  return new Map([
    ...leaves.map(([path, value]) => [path.join('.'), value] as const),
    // A short form stands for its one part.
    ...leaves
      .filter(([path]) => path.length === 2 && (path[1] === 'count' || path[1] === 'size'))
      .map(([path, value]) => [String(path[0]), value] as const),
  ]);
}

function asText(value: unknown): string {
  return typeof value === 'object' ? '[]' : String(value);
}

function demandValid(text: string) {
  const parsed = parseDefinition(text, 'sample', 'sample');
  const { definition, faults } = parsed;
  if (definition === null) throw new Error(`the sample is invalid: ${JSON.stringify(faults)}`);
  return { ...parsed, definition };
}
