import type { YamlPath } from '../../base/yaml-file.ts';
import { YamlFile } from '../../base/yaml-file.ts';
import { checkYaml, type MissingWords, withHint, type YamlFault } from '../../base/yaml-form.ts';
import { CATEGORIES } from '../../libvirt/machine/category.ts';
import { checkDefinition } from './check-definition.ts';
import { withDefaults } from './definition-defaults.ts';
import { definitionForm, type WrittenDefinition } from './definition-form.ts';
import type { MachineDefinition } from './machine-definition.ts';
import { SHORT_FORMS } from './short-forms.ts';

const MISSING: MissingWords = {
  category: withHint(
    'does not have the category of the machine',
    `add the line "category: application", or another of ${CATEGORIES.join(', ')}`,
  ),
  name: 'needs the key "name"',
  source: 'needs the key "source": a directory in the folder of the machine',
};

/** The category of the folder that stands for the host itself, for which there is no VM. */
const HOST_CATEGORY = 'host';
const KEYS_OF_HOST = new Set(['$schema', 'apiVersion', 'kind', 'category', 'title', 'description']);

/** A fault of a definition, and its place. */
export interface DefinitionFault {
  /** `machines/r0/machine.yaml:4:9`. */
  readonly at: string;
  readonly message: string;
  /** An action that fixes it; `null` if the message is enough. */
  readonly hint: string | null;
}

/** The definition of a machine, read from its file. */
export interface ParsedDefinition {
  /** `null` if a fault prevents that it is read. */
  readonly definition: MachineDefinition | null;
  readonly faults: readonly DefinitionFault[];
  /** The place of a part in the file, also if it is absent: `machines/r0/machine.yaml:4:9`. */
  placeOf(path: YamlPath): string;
  /** The origin of a value of the definition. */
  originOf(path: YamlPath): Origin;
}

/** The origin of a value: a place in the file, or the default. */
export type Origin = { readonly kind: 'file'; readonly at: string } | { readonly kind: 'default' };

/**
 * Reads the definition of a machine: YAML 1.2 or JSON, of the form that `docs/reference/machine.md` describes. It
 * reports all faults, also those of values that are valid on their own but not together.
 *
 * @param name of the machine: that of its folder
 * @param fileName for errors
 * @throws PortalGunError BAD_DEFINITION if it is not YAML
 */
export function parseDefinition(text: string, name: string, fileName: string): ParsedDefinition {
  const file = new YamlFile(text, fileName, 'BAD_DEFINITION');
  return parsedFrom(
    file,
    name,
    (path) => file.placeOf(path),
    ({ message }) => message,
  );
}

/**
 * Reads the value of a definition that is a program. Its parts have no lines of their own: their place is that of the
 * whole, and messages name the key.
 *
 * @param json as JSON
 * @param at the place of the whole: `machines/r0/machine.ts:3:16`
 * @throws PortalGunError BAD_DEFINITION
 */
export function parseEvaluated(json: string, name: string, at: string): ParsedDefinition {
  const file = new YamlFile(json, at, 'BAD_DEFINITION');
  return parsedFrom(
    file,
    name,
    () => at,
    ({ path, message }) => {
      const named = file.has(path) ? path : path.slice(0, -1);
      return named.length === 0 ? message : `${named.join('.')}: ${message}`;
    },
  );
}

function parsedFrom(
  file: YamlFile,
  name: string,
  placeOf: (path: YamlPath) => string,
  wordsOf: (fault: YamlFault) => string,
): ParsedDefinition {
  const { data, faults } = checkYaml(file, file.value, definitionForm, MISSING);
  const written = data?.value ?? readableParts(file, faults);
  const definition = written === null ? null : withDefaults(written, name);
  const isBroken = (path: YamlPath): boolean => faults.some((fault) => fault.path[0] === path[0]);
  const found =
    definition === null
      ? []
      : [...(definition.category === HOST_CATEGORY ? keysOfVms(file) : []), ...checkDefinition(definition)];
  const together = found.filter(({ path }) => !isBroken(path));
  return {
    definition: faults.length + together.length === 0 ? definition : null,
    faults: [...faults, ...together].map((fault) => ({
      at: placeOf(fault.path),
      message: wordsOf(fault),
      hint: fault.hint ?? null,
    })),
    placeOf,
    originOf: (path) => originIn(file, path, placeOf),
  };
}

/** The keys of a file about a VM, which the folder of the host cannot have. */
function keysOfVms({ value }: YamlFile): readonly YamlFault[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [];
  return Object.keys(value)
    .filter((key) => !KEYS_OF_HOST.has(key))
    .map((key) => ({
      path: [key],
      message: 'applies to VMs, not to the host',
      hint: 'remove it, or use another category',
    }));
}

/** The parts of a definition that have no fault, so that faults of their combination are reported too. */
function readableParts(file: YamlFile, faults: readonly YamlFault[]): WrittenDefinition | null {
  const { value } = file;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
  const broken = new Set(faults.map(({ path }) => path[0]));
  const sound = Object.fromEntries(Object.entries(value).filter(([key]) => !broken.has(key)));
  const { data } = checkYaml(file, { category: 'application', ...sound }, definitionForm, MISSING);
  return data?.value ?? null;
}

function originIn(file: YamlFile, path: YamlPath, placeOf: (path: YamlPath) => string): Origin {
  const [first, second] = path;
  const isShort = path.length === 2 && SHORT_FORMS.get(String(first)) === second;
  const written = isShort && !file.has(path) && !isMapping(file, String(first)) ? [first as string] : path;
  return file.has(written) ? { kind: 'file', at: placeOf(written) } : { kind: 'default' };
}

function isMapping({ value }: YamlFile, key: string): boolean {
  const part =
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)[key]
      : undefined;
  return typeof part === 'object' && part !== null;
}
