import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import {
  type LspciRecord,
  type LspciRegion,
  linesBelow,
  parseLspciRecords,
  parseLspciRegions,
} from '../support/lspci.ts';
import { type NodeDevice, parseNodeDevices } from '../support/nodedev.ts';
import { type RawFunction, readRawFunctions } from '../support/raw-sysfs.ts';
import type { RunningMachine } from './boot-machine.ts';

/** What a machine of the lab says of its PCI functions to those who know nothing of the project. */
export interface SecondOpinion {
  readonly functions: ReadonlyMap<string, RawFunction>;
  /** A copy of the attributes that it was read from, with a `sys` in it. */
  readonly tree: string;
  /** Network interfaces, and disks that are not hidden, by the function that each hangs on. */
  readonly netInterfaces: ReadonlyMap<string, readonly string[]>;
  readonly blockDevices: ReadonlyMap<string, readonly string[]>;
  /** Hot-plug slots by the address of each: `0000:01:00`. */
  readonly slots: ReadonlyMap<string, string>;
  readonly lspci: {
    readonly records: readonly LspciRecord[];
    readonly regions: ReadonlyMap<string, readonly LspciRegion[]>;
    readonly modules: ReadonlyMap<string, readonly string[]>;
    /** Offsets of capabilities, ordinary and extended. */
    readonly capabilities: ReadonlyMap<string, readonly number[]>;
    /** The line of each. */
    readonly lines: readonly string[];
  };
}

/** Asks for it inside, and reads the answers in `folder`. */
export async function secondOpinion(machine: RunningMachine, folder: string): Promise<SecondOpinion> {
  await machine.output(['/portal-gun/test/lab/guest/observe.sh', '/lab/observed']);
  const file = (name: string) => join(machine.folder, 'observed', name);
  const text = (name: string) => readFileSync(file(name), 'utf8');
  const tree = join(folder, 'raw');
  mkdirSync(tree);
  await execa('tar', ['-xf', file('raw.tar'), '-C', tree]);
  const details = text('lspci-details');
  const modules = linesBelow(details, (line) => /^\tKernel modules: (.*)$/.exec(line)?.[1]?.split(', '));
  const capabilities = linesBelow(details, (line) => {
    const offset = /^\tCapabilities: \[([0-9a-f]+)/.exec(line)?.[1];
    return offset === undefined ? undefined : Number.parseInt(offset, 16);
  });
  return {
    functions: readRawFunctions(tree),
    tree,
    netInterfaces: byFunction(pairs(text('net'))),
    blockDevices: byFunction(disks(pairs(text('block')), pairs(text('nvme')))),
    slots: new Map(
      text('slots')
        .split('\n')
        .flatMap((line) => {
          const [, name, address] = /^\/sys\/bus\/pci\/slots\/([^/]+)\/address:(\S+)$/.exec(line) ?? [];
          return name === undefined || address === undefined ? [] : [[address, name] as const];
        }),
    ),
    lspci: {
      records: parseLspciRecords(text('lspci-records')),
      regions: parseLspciRegions(details),
      modules: new Map([...modules].map(([address, lists]) => [address, lists.flat()])),
      capabilities,
      lines: text('lspci-lines').trimEnd().split('\n'),
    },
  };
}

/** What libvirt says, whose daemon is started for it. */
export async function nodeDevices(machine: RunningMachine): Promise<readonly NodeDevice[]> {
  return parseNodeDevices(await machine.output(['/portal-gun/test/lab/guest/nodedevs.sh']));
}

type Pair = readonly [name: string, directory: string];

function pairs(text: string): readonly Pair[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [name = '', directory = ''] = line.split(' ');
      return [name, directory];
    });
}

/** The disks, those of an NVMe subsystem once for each of its controllers. */
function disks(block: readonly Pair[], controllers: readonly Pair[]): readonly Pair[] {
  return block.flatMap(([name, directory]): readonly Pair[] => {
    const reached = controllers.filter(([subsystem]) => directory.startsWith(`${subsystem}/`));
    return reached.length === 0 ? [[name, directory]] : reached.map(([, controller]) => [name, controller]);
  });
}

function byFunction(places: readonly Pair[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [name, directory] of places) {
    const address = directory.match(/[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]/g)?.at(-1);
    if (address !== undefined) found.set(address, [...(found.get(address) ?? []), name].sort());
  }
  return found;
}
