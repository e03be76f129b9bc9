import type { MachineDefinition, PciDefinition } from './machine-definition.ts';
import { formatExactSize } from './size.ts';

/** A value as a file of a definition can have it. */
export type WrittenValue =
  | string
  | number
  | boolean
  | readonly WrittenValue[]
  | { readonly [key: string]: WrittenValue };

/** A part of a definition that holds no others, with its path: `['cpus', 'count']`. */
export interface WrittenLeaf {
  readonly path: readonly (string | number)[];
  readonly value: WrittenValue;
}

/**
 * A definition with every value spelled out, by the keys of its file. Keys without a value and a default are not in
 * it. Read again, it is the same definition.
 */
export function writtenForm(definition: MachineDefinition): Readonly<Record<string, WrittenValue>> {
  const { cpus, memory, boot, os, on } = definition;
  return present({
    category: definition.category,
    title: definition.title,
    description: definition.description,
    architecture: definition.architecture,
    accelerator: definition.accelerator,
    cpus: present({ count: cpus.count, pin: cpus.pin, ...cpus.topology, model: cpus.model }),
    memory: { size: formatExactSize(memory.sizeBytes), hugepages: memory.hugePages },
    firmware: definition.firmware,
    boot: present({ ...boot, arguments: boot.arguments === '' ? null : boot.arguments }),
    os:
      os.root === null
        ? present({ id: os.id })
        : present({ id: os.id, root: os.root, size: sizeText(os.rootBytes), ephemeral: os.ephemeral }),
    disks: definition.disks.map(({ sizeBytes, readOnly, ...disk }) =>
      present({ ...disk, size: sizeText(sizeBytes), readonly: readOnly }),
    ),
    nics: definition.nics.map((nic) => present({ ...nic })),
    pci: definition.pci.map(pciForm),
    shares: definition.shares.map((share) => ({ ...share })),
    consoles: definition.consoles.map((each) => ({ ...each })),
    display: definition.display,
    nested: definition.nested,
    iommu: definition.iommu,
    rng: definition.rng,
    watchdog: definition.watchdog,
    tpm: definition.tpm,
    vsock: definition.vsock,
    agent: definition.agent,
    'spare-root-ports': definition.spareRootPorts,
    autostart: definition.autostart,
    on: { ...on },
    after: definition.after,
    // Options have the form of the file: each module reads its own output again.
    provision: definition.provision.map(({ module, options }) => ({ [module]: options as WrittenValue })),
  });
}

/** The parts of a value that hold no others, in their order; an empty list or mapping is one. */
export function leavesOf(
  value: WrittenValue,
  path: readonly (string | number)[] = [],
): readonly WrittenLeaf[] {
  if (typeof value !== 'object') return [{ path, value }];
  const entries = isList(value) ? value.map((item, index) => [index, item] as const) : Object.entries(value);
  if (entries.length === 0) return [{ path, value }];
  return entries.flatMap(([key, item]) => leavesOf(item, [...path, key]));
}

function isList(value: object): value is readonly WrittenValue[] {
  return Array.isArray(value);
}

function pciForm({ selector, identity, rom }: PciDefinition): WrittenValue {
  const { slotLabel = null, ...parts } = identity ?? {};
  return present({ select: selector?.text ?? null, ...parts, slot: slotLabel, rom });
}

function sizeText(bytes: number | null): string | null {
  return bytes === null ? null : formatExactSize(bytes);
}

/** The entries that have a value. */
function present(
  values: Readonly<Record<string, WrittenValue | null | undefined>>,
): Readonly<Record<string, WrittenValue>> {
  return Object.fromEntries(
    Object.entries(values).filter(
      (entry): entry is [string, WrittenValue] => entry[1] !== null && entry[1] !== undefined,
    ),
  );
}
