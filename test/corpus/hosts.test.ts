import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { isUnknown } from '../../lib/base/known.ts';
import { openHost } from '../../lib/host/open-host.ts';
import { SnapshotHost } from '../../lib/host/snapshot/snapshot-host.ts';
import { parseSnapshot } from '../../lib/host/snapshot/snapshot-parser.ts';
import { formatSnapshot } from '../../lib/host/snapshot/snapshot-text.ts';
import type { PciDevice } from '../../lib/pci/device.ts';
import type { Inventory } from '../../lib/pci/inventory.ts';
import { captureHost } from '../../lib/sysfs/capture.ts';
import { compareRaw, compareRecord, compareSriov, regionsOf, Tally } from '../support/compare-functions.ts';
import { CORPUS_HOSTS, unpackHost, WHY_SKIPPED } from '../support/corpus.ts';
import { type LspciRegion, lspciMissing, lspciRecords, lspciRegions } from '../support/lspci.ts';
import { type RawFunction, readRawFunctions } from '../support/raw-sysfs.ts';
import { readHost } from '../support/reading.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// Captured hosts are read twice: by the project, and by something that has nothing in common with it.

interface Counts {
  readonly functions: number;
  readonly subsystems: number;
  readonly numaNodes: number;
  readonly drivers: number;
  readonly groups: number;
  readonly vfs: number;
  readonly resources: number;
  /** Those that lspci prints: it follows the links, which dangle in some captures. */
  readonly printed: readonly [drivers: number, groups: number];
  /** BARs and ROMs that lspci gives a size for; `null` where the capture lacks files without which it stops. */
  readonly regions: readonly [bars: number, roms: number] | null;
}

const counts = (
  functions: number,
  [subsystems, numaNodes, drivers, groups, vfs, resources]: readonly number[],
  printed: Counts['printed'],
  regions: Counts['regions'],
): Counts =>
  ({ functions, subsystems, numaNodes, drivers, groups, vfs, resources, printed, regions }) as Counts;

/** How much there is to compare, counted with the shell; a file that is not in this table is not compared. */
const HOSTS: Readonly<Record<string, Counts>> = {
  damaged: counts(3, [3, 3, 3, 2, 0, 2], [0, 0], null),
  'desktop-ryzen-1600': counts(43, [0, 43, 0, 0, 0, 0], [0, 0], null),
  'harvester-hpe-gen9-unprivileged': counts(208, [208, 208, 71, 0, 0, 208], [0, 0], [45, 4]),
  'laptop-i7-1270p': counts(23, [0, 23, 20, 23, 0, 0], [20, 0], null),
  'qemu-intel-iommu': counts(54, [54, 54, 40, 54, 16, 54], [40, 54], [89, 9]),
  'qemu-no-iommu': counts(40, [40, 40, 30, 0, 2, 40], [30, 0], [65, 9]),
  'server-icelake-2s': counts(300, [0, 300, 68, 0, 0, 0], [68, 0], null),
  'thinkpad-2006': counts(20, [20, 0, 15, 0, 0, 20], [15, 0], [22, 1]),
  'xeon-phi-2013': counts(137, [137, 137, 48, 0, 0, 137], [0, 0], [44, 1]),
};

const missing = lspciMissing();

/** Found with the shell: directories named like a function that no link of the bus leads to. */
const UNLISTED: Readonly<Record<string, readonly string[]>> = {
  damaged: ['0000:00:00.0', '0000:00:03.0', '0000:00:0d.0', '0000:00:1f.6', '0000:03:00.0'],
  'thinkpad-2006': ['0000:00:1d.7'],
};

// lspci goes by the kernel's flag for 64 bits, which kernels of 2006 did not have; the register itself tells.
const WITHOUT_WIDTH: readonly string[] = ['thinkpad-2006'];
const inTermsOf = (name: string, regions: readonly LspciRegion[] | undefined) =>
  WITHOUT_WIDTH.includes(name)
    ? regions?.map((region) => ({ ...region, kind: region.kind.replace(/ (64|32)/, '') }))
    : regions;

describe.skipIf(CORPUS_HOSTS.length === 0)(`captured hosts${WHY_SKIPPED}`, () => {
  const folder = temporaryFolder();

  it('are those of which it is known what they hold', () => {
    expect(CORPUS_HOSTS).toEqual(Object.keys(HOSTS));
  });

  describe.each(Object.entries(HOSTS))('%s', (name, expected) => {
    const tree = join(folder, name);
    let inventory: Inventory;

    beforeAll(() => {
      unpackHost(name, folder);
      inventory = readHost(openHost(tree));
    });

    it('is what its files say', () => {
      const functions = readRawFunctions(tree);
      const tally = new Tally();
      expect(inventory.devices.map(({ address }) => address)).toEqual([...functions.keys()].sort());
      for (const device of inventory.devices) {
        compareRaw(tally, device, functions.get(device.address) as RawFunction);
        compareSriov(tally, device, functions);
      }
      // Without the folder of the groups it is not known whether there are any.
      expect(inventory.iommu === true).toBe(expected.groups > 0);
      expect({
        functions: tally.of('vendor'),
        subsystems: tally.of('subsystem'),
        numaNodes: tally.of('NUMA node'),
        drivers: tally.of('driver'),
        groups: tally.of('group'),
        vfs: tally.of('VF'),
        resources: tally.of('resources'),
        printed: expected.printed,
        regions: expected.regions,
      }).toEqual(expected);
    });

    it('has functions that its bus does not list', () => {
      const unlisted = inventory.diagnostics.filter(({ code }) => code === 'DEVICE_NOT_ON_BUS');
      expect(unlisted.map(({ subject }) => subject).sort()).toEqual(UNLISTED[name] ?? []);
    });

    it('has every fact settled, one way or another', () => {
      for (const { address, ...facts } of inventory.devices) {
        for (const [field, fact] of Object.entries(facts)) {
          expect(fact, `${address} ${field}`).not.toBeUndefined();
          expect(isUnknown(fact) && fact.unknown === 'unread', `${address} ${field} is unread`).toBe(false);
        }
      }
    });

    it('is the same host when it was captured', () => {
      const text = formatSnapshot(captureHost(openHost(tree)));
      const captured = readHost(new SnapshotHost(parseSnapshot(text, name)));
      expect(captured.devices).toEqual(inventory.devices);
      expect(captured).toEqual(inventory);
    });

    // Where the tests must not pass for want of a program, they fail for it.
    const skipped = missing !== undefined && process.env['CI'] === undefined;
    const why = skipped ? ` (SKIPPED: ${missing})` : '';

    it.skipIf(skipped)(`is what lspci says${why}`, () => {
      const devices = new Map<string, PciDevice>(inventory.devices.map((device) => [device.address, device]));
      const records = lspciRecords(tree);
      const tally = new Tally();
      for (const { address, fields } of records) {
        const device = devices.get(address);
        expect(device, address).toBeDefined();
        compareRecord(tally, device as PciDevice, fields);
      }
      const seen = ['Class', 'Vendor', 'Device', 'Driver', 'IOMMUGroup'].map((key) => tally.of(key));
      const { functions, printed } = expected;
      expect(seen).toEqual([functions, functions, functions, ...printed]);
    });

    it.skipIf(skipped)(`has the ranges that lspci says${why}`, () => {
      if (expected.regions === null) {
        expect(() => lspciRegions(tree)).toThrow(/lspci/);
        return;
      }
      const theirs = lspciRegions(tree);
      expect(theirs.size).toBe(expected.functions);
      for (const device of inventory.devices) {
        const region = inTermsOf(name, theirs.get(device.address));
        expect(inTermsOf(name, regionsOf(device)), device.address).toEqual(region);
      }
      const names = [...theirs.values()].flat().map((region) => region.name);
      const roms = names.filter((each) => each === 'ROM').length;
      expect([names.length - roms, roms]).toEqual(expected.regions);
    });
  });
});
