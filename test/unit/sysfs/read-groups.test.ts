import { describe, expect, it } from 'vitest';
import { BROKEN, DENIED, UNREAD } from '../../../lib/base/known.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { readGroupAttributes } from '../../../lib/sysfs/read-groups.ts';
import { FIXTURE_HOSTS } from '../../support/fixture-hosts.ts';
import { HostTree } from '../../support/host-tree.ts';

const GROUP = '/sys/kernel/iommu_groups/5';

function read(change: (tree: HostTree) => void) {
  const tree = new HostTree();
  tree.attribute(`${GROUP}/type`, 'DMA-FQ');
  tree.text(`${GROUP}/reserved_regions`, '0x00000000fee00000 0x00000000feefffff msi\n');
  change(tree);
  return readGroupAttributes(new SnapshotHost(tree.snapshot('groups')), 5);
}

const MSI = { start: '0xfee00000', end: '0xfeefffff', kind: 'msi' };

const NODE = { kind: 'character', mode: 0o600, userId: 0, groupId: 0 } as const;

describe('a group', () => {
  it('is read', () => {
    expect(read(() => {})).toEqual({ name: null, type: 'DMA-FQ', reservedRegions: [MSI] });
  });

  it('may be one that VFIO made up, by its name or by its node', () => {
    const name = (change: (tree: HostTree) => void) => read(change).name;
    expect(name((tree) => tree.attribute(`${GROUP}/name`, 'vfio-noiommu'))).toBe('vfio-noiommu');
    expect(name((tree) => tree.status('/dev/vfio/noiommu-5', NODE))).toBe('vfio-noiommu');
    expect(name((tree) => tree.deny(`${GROUP}/name`))).toEqual(DENIED);
  });

  it('may have regions of several kinds', () => {
    const regions = (group: number) =>
      readGroupAttributes(new SnapshotHost(FIXTURE_HOSTS['direct-region']()), group).reservedRegions;
    expect(regions(1)).toEqual([{ start: '0x7b800000', end: '0x7dffffff', kind: 'direct-relaxable' }, MSI]);
    expect(regions(2)).toEqual([{ start: '0xe8000', end: '0xe8fff', kind: 'direct' }, MSI]);
  });

  it('may have regions up to the last address, or none', () => {
    const end = '0xffffffffffffffff';
    expect(
      read((tree) => tree.attribute(`${GROUP}/reserved_regions`, `0xfffffffffffff000 ${end} reserved`))
        .reservedRegions,
    ).toEqual([{ start: '0xfffffffffffff000', end, kind: 'reserved' }]);
    expect(read((tree) => tree.text(`${GROUP}/reserved_regions`, '')).reservedRegions).toEqual([]);
  });

  it('may not be there', () => {
    expect(read((tree) => tree.remove(GROUP))).toEqual({ name: null, type: null, reservedRegions: null });
    expect(read((tree) => tree.remove(`${GROUP}/type`))).toMatchObject({
      type: null,
      reservedRegions: [MSI],
    });
  });

  it('may not let itself be read', () => {
    const denied = read((tree) => {
      tree.deny(`${GROUP}/type`);
      tree.fail(`${GROUP}/reserved_regions`, 'EIO');
    });
    expect(denied).toEqual({ name: null, type: DENIED, reservedRegions: BROKEN });
  });

  it('may make no sense', () => {
    const odd = read((tree) => {
      tree.attribute(`${GROUP}/type`, 'DMA\u001b[2J');
      tree.attribute(`${GROUP}/reserved_regions`, '0x1 0x2');
    });
    expect(odd).toEqual({ name: null, type: BROKEN, reservedRegions: BROKEN });
  });

  it('may not be in the snapshot', () => {
    const host = new SnapshotHost({ label: 'x', identifiers: 'raw', entries: new Map() });
    expect(readGroupAttributes(host, 5)).toEqual({ name: UNREAD, type: UNREAD, reservedRegions: UNREAD });
  });
});
