import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { PciDevice } from '../../lib/pci/device.ts';
import { compareRaw, compareSriov, Tally } from '../support/compare-functions.ts';
import { compareAttributes } from '../support/compare-live-functions.ts';
import type { CAPTURED_FIXTURES } from '../support/fixture-hosts.ts';
import { ROOT } from '../support/pci-program.ts';
import type { RawFunction } from '../support/raw-sysfs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { RunningMachine } from './boot-machine.ts';
import { CAPTURES } from './captures.ts';
import {
  checkGroups,
  checkLspci,
  checkLspciDetails,
  checkNodeDevices,
  checkThings,
  checkTree,
} from './check-documents.ts';
import { checkValidation } from './check-validation.ts';
import { describeLab, useMachine } from './describe-lab.ts';
import { differencesOfUser } from './differences-of-user.ts';
import { documentsInside, documentsOf, type InventoryDocuments } from './inventory-documents.ts';
import type { MachineName } from './machines.ts';
import { nodeDevices, type SecondOpinion, secondOpinion } from './second-opinion.ts';

export interface ExpectedHost {
  /** What the machine's snapshot is called among the fixtures. */
  readonly fixture: (typeof CAPTURED_FIXTURES)[number];
  /** A shell script that is run before anything is read. */
  readonly prepare?: string;
  /** How much there is to compare. */
  readonly counts: Readonly<Record<'functions' | 'groups' | 'vfs', number>>;
  /** Whether it is asked as an ordinary user too, and for a snapshot to be shown: both are the same with every IOMMU. */
  readonly alsoToUsers?: true;
  /** Whether libvirt is asked too, whose start takes longest here: it reads groups, where there are any, from where we do. */
  readonly besideLibvirt?: true;
  readonly iommu: { readonly units: readonly string[]; readonly firmwareTables: readonly string[] };
  /** The rules for passing devices through that it fails. */
  readonly failsRules: readonly string[];
}

/** What was read in a machine before its tests. */
export interface ReadHost {
  readonly machine: RunningMachine;
  readonly seen: InventoryDocuments;
  /** Every function, as `pci show` has it. */
  readonly devices: readonly PciDevice[];
}

/**
 * What is shown one by one in every machine, where each takes seconds: a root port, the SR-IOV card, the NVMe
 * controller. The snapshot, which holds every fact of all functions, shows the rest outside.
 */
const SHOWN_INSIDE: readonly string[] = ['0000:00:04.0', '0000:01:00.0', '0000:02:00.0'];

/** What the kernel keeps from an ordinary user: configuration space from its 65th byte on. */
const DENIED_TO_USER = [
  'shown.device.config.acs',
  'shown.device.config.af',
  'shown.device.config.ari',
  'shown.device.config.capabilities',
  'shown.device.config.deviceSerialNumber',
  'shown.device.config.extendedCapabilities',
  'shown.device.config.pcie',
  'shown.device.config.pm',
  'shown.device.config.sriov',
];

/** How much of it was there to be read, and the serial number in it. */
const LESS_FOR_USER = /^shown\.(device\.config\.sizeBytes: (256|4096) 64|identity\.serial: "[^"]+" null)$/;

/**
 * What the program says in a machine with a real kernel, held against what others say there: the files of sysfs,
 * lspci and libvirt; then what it says to an ordinary user, and of a snapshot. With CAPTURE_FIXTURES=1 the
 * snapshot becomes the fixture.
 *
 * @param more tests of what only this machine has
 */
export function describeReaders(
  name: MachineName,
  expected: ExpectedHost,
  more: (host: () => ReadHost) => void,
): void {
  describeLab(`the readers in the machine ${name}`, (root) => {
    const machine = useMachine(root, name);
    const folder = temporaryFolder();
    const pciIds = join(root.tree, 'usr/share/misc/pci.ids');
    let truth: SecondOpinion;
    let addresses: readonly string[];
    let inside: InventoryDocuments;
    /** What was said inside, and of the snapshot where that was not asked inside. */
    let seen: InventoryDocuments;
    let devices: readonly PciDevice[];

    beforeAll(async () => {
      if (expected.prepare !== undefined) await machine().output(['sh', '-c', expected.prepare]);
      truth = await secondOpinion(machine(), folder);
      addresses = [...truth.functions.keys()].sort();
      inside = await documentsInside(machine(), SHOWN_INSIDE, 'root.snapshot');
      const snapshot = await documentsOf(join(machine().folder, 'root.snapshot'), addresses, pciIds);
      seen = { ...inside, shown: snapshot.shown };
      devices = seen.shown.map(({ device }) => device);
    });

    test('find every function, with what its files say', () => {
      expect(seen.list.devices.map(({ address }) => address)).toEqual(addresses);
      expect(devices.map(({ address }) => address)).toEqual(addresses);
      expect(seen.list.diagnostics).toEqual([]);
      const tally = new Tally();
      for (const [index, device] of devices.entries()) {
        const raw = truth.functions.get(device.address) as RawFunction;
        compareRaw(tally, device, raw);
        compareSriov(tally, device, truth.functions);
        compareAttributes(tally, device, raw);
        expect(device).toMatchObject(seen.list.devices[index] as PciDevice);
      }
      expect({
        functions: tally.of('vendor'),
        groups: seen.groups.groups.length,
        vfs: tally.of('VF'),
      }).toEqual(expected.counts);
      expect(tally.of('driver')).toBeGreaterThan(20);
    });

    test('find network interfaces and disks', () => {
      checkThings(devices, truth);
      expect(truth.blockDevices.get('0000:00:02.0')).toEqual(['vda']);
      expect(truth.netInterfaces.size).toBeGreaterThan(5);
    });

    test('find the groups of the kernel, and its IOMMU', () => {
      checkGroups(seen.groups, truth);
      expect(seen.groups.iommu).toEqual(expected.iommu);
    });

    test('make the tree of the directories', () => {
      checkTree(seen.tree, truth);
    });

    test('say what lspci says', () => {
      checkLspci(devices, truth);
      checkLspciDetails(devices, truth);
    });

    // Before libvirt is started, which is not in the snapshot.
    test('judge the host as virt-host-validate does, and so does a snapshot', async () => {
      const snapshot = join(machine().folder, 'root.snapshot');
      expect(await checkValidation(machine(), snapshot)).toEqual(expected.failsRules);
    });

    if (expected.besideLibvirt === true)
      test('say what libvirt says', async () => {
        checkNodeDevices(devices, seen.groups, await nodeDevices(machine()));
      });

    test('say the same of a snapshot', async () => {
      expect(await documentsOf(join(machine().folder, 'root.snapshot'), SHOWN_INSIDE, pciIds)).toEqual(
        inside,
      );
    });

    if (expected.alsoToUsers === true)
      test('tell an ordinary user the same, and what is denied; and so does a snapshot', async () => {
        const asUser = await documentsInside(machine(), SHOWN_INSIDE, 'nobody.snapshot', 'nobody');
        const snapshot = await documentsOf(join(machine().folder, 'nobody.snapshot'), addresses, pciIds);
        const shown = snapshot.shown.filter(({ device }) => SHOWN_INSIDE.includes(device.address));
        expect({ ...snapshot, shown }).toEqual(asUser);
        const { denied, other } = differencesOfUser(seen, snapshot);
        expect(other.filter((difference) => !LESS_FOR_USER.test(difference))).toEqual([]);
        expect(denied).toEqual(DENIED_TO_USER);
      });

    if (expected.alsoToUsers === true || CAPTURES)
      test('make a snapshot that does not tell the machine from others', async () => {
        await machine().pciOutput(['snapshot', '--output', '/lab/fixture.snapshot']);
        const file = join(machine().folder, 'fixture.snapshot');
        const text = readFileSync(file, 'utf8');
        expect(text).not.toMatch(/52:54:00|LAB-NVME0|^host: lab$/m);
        const { list } = await documentsOf(file, [], pciIds);
        expect(list.devices).toEqual(seen.list.devices);
        if (CAPTURES) {
          writeFileSync(join(ROOT, 'fixtures', `${expected.fixture}.snapshot`), text);
        }
      });

    more(() => ({ machine: machine(), seen, devices }));
  });
}

/** The device at an address, among those that were read. */
export function deviceAt({ devices }: ReadHost, address: string): PciDevice {
  return devices.find((device) => device.address === address) as PciDevice;
}

/** What is said of passing a device through: `needs bind`. */
export function notesOf({ seen }: ReadHost, address: string): readonly string[] {
  return seen.shown
    .filter(({ device }) => device.address === address)
    .flatMap(({ passthrough }) => passthrough.map(({ level, code }) => `${level} ${code}`));
}
