/** A JSON Schema, as far as that of definitions uses it. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

const HEADER = `// Types for editors: what a machine.ts of portal has in scope without an import.
// portal new writes this file; commit it.

/** The definition of a machine. Only \`category\` has no default. */
type MachineDefinition = `;

const GLOBALS = `

type NetworkCard = NonNullable<MachineDefinition['nics']>[number];
type PciDevices = NonNullable<MachineDefinition['pci']>[number];
type OperatingSystem = NonNullable<MachineDefinition['os']>;

/** Marks the definition of a machine, and checks its type. A file exports it: \`export default defineMachine({ … })\`. */
declare function defineMachine(definition: MachineDefinition): MachineDefinition;

/** This machine. */
declare const machine: {
  /** The name of its folder. */
  readonly name: string;
};

/** Devices of the host. */
declare const pci: {
  /** The devices that a selector matches when the machine is brought up: \`class=network !uplink\`. */
  search(select: string, more?: Omit<PciDevices, 'select'>): PciDevices;
};

/** Virtual network cards. */
declare const net: {
  /** On an isolated network that portal creates. */
  isolated(name: string, more?: Omit<NetworkCard, 'network' | 'bridge'>): NetworkCard;
  /** On a network of libvirt. */
  network(name: string, more?: Omit<NetworkCard, 'network' | 'bridge'>): NetworkCard;
  /** On a bridge of the host. */
  bridge(name: string, more?: Omit<NetworkCard, 'network' | 'bridge'>): NetworkCard;
};

/** MAC addresses. */
declare const mac: {
  /** An address from the seed of portal.lock: the same for the same name and machine. */
  random(name: string): string;
  /** An address that contains an IPv4 address, and a number from 0 to 255: \`02:00:0a:0b:00:01\`. */
  ofAddress(address: string, options?: { readonly plane?: number }): string;
};

/** Sizes: \`size.MiB(256)\` is \`'256MiB'\`. */
declare const size: Readonly<Record<'KiB' | 'MiB' | 'GiB' | 'TiB', (amount: number) => string>>;

/** Operating systems. */
declare const os: {
  /** A root image of the store. */
  image(name: string, more?: Omit<OperatingSystem, 'root'>): OperatingSystem;
};

/** Values from the seed of portal.lock: the same for the same name and machine. They are no secrets. */
declare const random: {
  /** A whole number, both ends included. */
  integer(name: string, least: number, most: number): number;
  /** Up to 16 bytes, as hex digits. */
  hex(name: string, bytes: number): string;
  pick<T>(name: string, list: readonly T[]): T;
};
`;

/**
 * The types of definitions in TypeScript, for editors: a file of global declarations.
 *
 * @param schema the JSON Schema of definitions
 */
export function definitionTypes(schema: unknown): string {
  return `${HEADER}${typeOf(schema as Schema, '')};${GLOBALS}`;
}

function typeOf(schema: Schema, indent: string): string {
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(literal).join(' | ');
  if (schema.anyOf !== undefined) return schema.anyOf.map((each) => typeOf(each, indent)).join(' | ');
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  return types.map((type) => typeNamed(type, schema, indent)).join(' | ') || 'unknown';
}

function typeNamed(type: string, schema: Schema, indent: string): string {
  switch (type) {
    case 'array':
      return `ReadonlyArray<${typeOf(schema.items ?? {}, indent)}>`;
    case 'object':
      return objectType(schema, indent);
    case 'integer':
      return 'number';
    default:
      return type;
  }
}

function objectType({ properties = {}, required = [] }: Schema, indent: string): string {
  const inner = `${indent}  `;
  const lines = Object.entries(properties).flatMap(([key, schema]) => [
    ...(schema.description === undefined ? [] : [`${inner}/** ${schema.description} */`]),
    `${inner}readonly ${nameOf(key)}${required.includes(key) ? '' : '?'}: ${typeOf(schema, inner)};`,
  ]);
  return ['{', ...lines, `${indent}}`].join('\n');
}

function nameOf(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : literal(key);
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value.replaceAll(/['\\]/g, '\\$&')}'` : JSON.stringify(value);
}
