import { expect, test } from 'vitest';
import { describeReaders, deviceAt, notesOf } from './describe-readers.ts';
import { type GroupsDocument, runInside } from './inventory-documents.ts';

/** No driver of Linux takes it. */
const DRIVERLESS = '0000:07:00.0';

describeReaders(
  'virtio',
  {
    fixture: 'lab-virtio',
    counts: { functions: 31, groups: 20, vfs: 0 },
    iommu: { units: ['0000:00:01.0'], firmwareTables: ['VIOT'] },
    failsRules: ['interrupt-remapping'],
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
