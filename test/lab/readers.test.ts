import { expect, test } from 'vitest';
import type { PciDevice } from '../../lib/pci/device.ts';
import { describeReaders, type ReadHost } from './describe-readers.ts';
import { type GroupsDocument, runInside } from './inventory-documents.ts';

/** Three VFs of the network card, one of them on vfio-pci, and two of the NVMe controller, without a driver. */
const WITH_VFS = `set -e
cd /sys/bus/pci/drivers
echo 0 > "$(echo nvme/0*)/sriov_drivers_autoprobe"
echo 2 > "$(echo nvme/0*)/sriov_numvfs"
echo 3 > "$(echo igb/0*)/sriov_numvfs"
udevadm settle
modprobe vfio-pci
vf=$(readlink -f igb/0*/virtfn1)
echo vfio-pci > "$vf/driver_override"
[ ! -e "$vf/driver" ] || echo "\${vf##*/}" > "$vf/driver/unbind"
echo "\${vf##*/}" > /sys/bus/pci/drivers_probe`;

/** No driver of Linux takes it. */
const DRIVERLESS = '0000:07:00.0';

const deviceAt = ({ devices }: ReadHost, address: string): PciDevice =>
  devices.find((device) => device.address === address) as PciDevice;

const notesOf = ({ seen }: ReadHost, address: string): readonly string[] =>
  seen.shown
    .filter(({ device }) => device.address === address)
    .flatMap(({ passthrough }) => passthrough.map(({ level, code }) => `${level} ${code}`));

describeReaders(
  'intel',
  {
    fixture: 'lab-intel-vfio',
    prepare: WITH_VFS,
    counts: { functions: 35, groups: 25, vfs: 5 },
    iommu: { units: ['dmar0'], firmwareTables: ['DMAR'] },
  },
  (host) => {
    test('find a VF on vfio-pci, and one that its driver holds', () => {
      expect(deviceAt(host(), '0000:01:10.2')).toMatchObject({
        driver: 'vfio-pci',
        driverOverride: 'vfio-pci',
        sriov: { role: 'vf', physicalFunction: '0000:01:00.0', index: 1 },
        attachments: [{ kind: 'vfio-dev', name: 'vfio0' }],
      });
      expect(deviceAt(host(), '0000:01:10.4')).toMatchObject({ driver: 'igbvf', driverOverride: null });
      expect(notesOf(host(), '0000:01:10.2')).toEqual(['ok group-alone', 'ok bound', 'ok reset']);
      const verdicts = host().seen.groups.groups.filter(({ verdict }) => verdict === 'ready');
      expect(verdicts.flatMap(({ devices }) => devices.map(({ address }) => address))).toEqual([
        '0000:01:10.2',
      ]);
    });

    test('find a drive by the name of its disk, and not by that of the path to it', async () => {
      const [disk, path] = await runInside(host().machine, [
        ['list', 'block=/dev/nvme0n1', '--columns', 'address', '--no-header'],
        ['list', 'block=nvme0c0n1'],
      ]);
      expect(disk).toMatchObject({ stdout: '0000:02:00.0\n', exitCode: 0 });
      expect(path?.stderr).toContain('did you mean block=nvme0n1?');
    });
  },
);

describeReaders(
  'amd',
  {
    fixture: 'lab-amd',
    counts: { functions: 31, groups: 20, vfs: 0 },
    iommu: { units: ['ivhd0'], firmwareTables: ['IVRS'] },
  },
  (host) => {
    test('find the IOMMU among the functions, in no group, as what stays', () => {
      expect(deviceAt(host(), '0000:00:01.0')).toMatchObject({ class: { code: '080600' }, iommuGroup: null });
      expect(notesOf(host(), '0000:00:01.0')).toEqual(['blocks iommu']);
      expect(host().seen.groups.ungrouped).toEqual(['0000:00:01.0']);
    });
  },
);

describeReaders(
  'virtio',
  {
    fixture: 'lab-virtio',
    counts: { functions: 31, groups: 20, vfs: 0 },
    iommu: { units: ['0000:00:01.0'], firmwareTables: ['VIOT'] },
  },
  (host) => {
    test('take a device without a group for one that may get one, which it does when it is bound', async () => {
      expect(deviceAt(host(), DRIVERLESS)).toMatchObject({ driver: null, iommuGroup: null });
      expect(notesOf(host(), DRIVERLESS).slice(0, 2)).toEqual(['unknown no-group', 'needs bind']);
      const bind = `set -e
modprobe vfio-pci
echo vfio-pci > /sys/bus/pci/devices/${DRIVERLESS}/driver_override
echo ${DRIVERLESS} > /sys/bus/pci/drivers_probe`;
      await host().machine.output(['sh', '-c', bind]);
      const [outcome] = await runInside(host().machine, [['groups', DRIVERLESS, '--json']]);
      const { groups } = JSON.parse(outcome?.stdout ?? '') as GroupsDocument;
      expect(groups.map(({ verdict }) => verdict)).toEqual(['ready']);
    });
  },
);

describeReaders(
  'none',
  {
    fixture: 'lab-none',
    counts: { functions: 30, groups: 0, vfs: 0 },
    iommu: { units: [], firmwareTables: [] },
  },
  (host) => {
    test('say that there is no IOMMU', () => {
      expect(notesOf(host(), DRIVERLESS)[0]).toBe('blocks no-iommu');
      expect(host().devices.map(({ iommuGroup }) => iommuGroup)).toEqual(host().devices.map(() => null));
    });
  },
);
