import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { compareRaw, compareSriov, Tally } from '../support/compare-functions.ts';
import type { RawFunction } from '../support/raw-sysfs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { checkGroups, checkLspci, checkThings, checkTree } from './check-documents.ts';
import { describeLab, useMachine } from './describe-lab.ts';
import { documentsInside, documentsOf, type InventoryDocuments } from './inventory-documents.ts';
import { type SecondOpinion, secondOpinion } from './second-opinion.ts';

// Hundreds of VFs: `pci show` of each, and libvirt, would take too long.

describeLab('the readers in the machine large', (root) => {
  const machine = useMachine(root, 'large');
  const folder = temporaryFolder();
  let truth: SecondOpinion;
  let seen: InventoryDocuments;

  beforeAll(async () => {
    truth = await secondOpinion(machine(), folder);
    seen = await documentsInside(machine(), [], 'large.snapshot');
  });

  test('find every function, with what its files say', () => {
    const { devices, diagnostics } = seen.list;
    expect(devices.map(({ address }) => address)).toEqual([...truth.functions.keys()].sort());
    expect(diagnostics).toEqual([]);
    const tally = new Tally();
    for (const device of devices) {
      compareRaw(tally, device, truth.functions.get(device.address) as RawFunction);
      compareSriov(tally, device, truth.functions);
    }
    expect(tally.of('VF')).toBe(3 * 127 + 4 + 7);
  });

  test('find what hangs on them, their groups and their places', () => {
    checkThings(seen.list.devices, truth);
    checkGroups(seen.groups, truth);
    checkTree(seen.tree, truth);
  });

  test('say what lspci says', () => {
    checkLspci(seen.list.devices, truth);
  });

  test('say the same of a snapshot', async () => {
    const snapshot = join(machine().folder, 'large.snapshot');
    const outside = await documentsOf(snapshot, [], join(root.tree, 'usr/share/misc/pci.ids'));
    expect(outside).toEqual(seen);
  });
});
