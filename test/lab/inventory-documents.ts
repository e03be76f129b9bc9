import { expect } from 'vitest';
import type { PciDevice } from '../../lib/pci/device.ts';
import type { IommuGroup } from '../../lib/pci/group/iommu-group.ts';
import type { PassthroughNote } from '../../lib/pci/group/passthrough.ts';
import { type Outcome, pciInside } from '../support/pci-program.ts';
import type { PciOptions } from './agent-connection.ts';
import type { RunningMachine } from './boot-machine.ts';

/** All that the program says of a host, as JSON. */
export interface InventoryDocuments {
  readonly list: { readonly devices: readonly PciDevice[]; readonly diagnostics: readonly object[] };
  readonly groups: GroupsDocument;
  readonly tree: { readonly roots: readonly TreeRoot[] };
  /** Of the functions that were asked for, in their order. */
  readonly shown: readonly ShowDocument[];
}

export interface GroupsDocument {
  readonly iommu: { readonly units: readonly string[]; readonly firmwareTables: readonly string[] };
  readonly groups: readonly (Pick<IommuGroup, 'id' | 'type' | 'reservedRegions' | 'verdict'> & {
    readonly devices: readonly { readonly address: string }[];
  })[];
  readonly ungrouped: readonly string[];
}

export interface TreeNode {
  readonly address: string;
  readonly children: readonly TreeNode[];
}

interface TreeRoot {
  readonly root: string;
  readonly children: readonly TreeNode[];
}

interface ShowDocument {
  readonly device: PciDevice;
  readonly passthrough: readonly PassthroughNote[];
  readonly diagnostics: readonly object[];
}

/** Under emulation each run takes about a second, where other things are busy as well several. */
const TIMEOUT_MS = 900_000;

/** Runs the built program in a machine, once for each list of arguments. */
export async function runInside(
  machine: RunningMachine,
  runs: readonly (readonly string[])[],
  user: PciOptions['user'] = 'root',
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const args of runs) {
    const { exitCode, stdout, stderr } = await machine.pci(args, { user, timeoutMs: TIMEOUT_MS });
    outcomes.push({ exitCode: exitCode ?? 0, stdout, stderr });
  }
  return outcomes;
}

/**
 * What the program says in a machine of all functions, and of `addresses` one by one; a snapshot is brought back as well,
 * as `name` in the machine's folder.
 */
export async function documentsInside(
  machine: RunningMachine,
  addresses: readonly string[],
  name: string,
  user?: PciOptions['user'],
): Promise<InventoryDocuments> {
  // The shared folder belongs to whoever started the machine: what an ordinary user makes there is none of his.
  const capture = ['snapshot', '--raw', '--output', `/tmp/${name}`, '--json'];
  const outcomes = await runInside(machine, [...commands(addresses), capture], user);
  await machine.output(['cp', `/tmp/${name}`, '/lab/']);
  return toInventory(toDocuments(outcomes).slice(0, -1));
}

/** What it says here of a snapshot, with the same list of names. */
export async function documentsOf(
  snapshot: string,
  addresses: readonly string[],
  pciIds: string,
): Promise<InventoryDocuments> {
  const outcomes: Outcome[] = [];
  for (const words of commands(addresses)) {
    outcomes.push(await pciInside([...words, '--host', snapshot, '--pci-ids', pciIds]));
  }
  return toInventory(toDocuments(outcomes));
}

function commands(addresses: readonly string[]): readonly (readonly string[])[] {
  const all = [['list'], ['groups'], ['tree'], ...addresses.map((address) => ['show', address])];
  return all.map((words) => [...words, '--json']);
}

function toDocuments(outcomes: readonly Outcome[]): readonly unknown[] {
  return outcomes.map(({ exitCode, stdout, stderr }) => {
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    return JSON.parse(stdout) as unknown;
  });
}

function toInventory([list, groups, tree, ...shown]: readonly unknown[]): InventoryDocuments {
  return { list, groups, tree, shown } as InventoryDocuments;
}
