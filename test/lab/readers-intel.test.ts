import { expect, test } from 'vitest';
import type { PciDevice } from '../../lib/pci/device.ts';
import type { Outcome } from '../support/pci-program.ts';
import { describeReaders, deviceAt, notesOf } from './describe-readers.ts';
import { runInside } from './inventory-documents.ts';

interface ListDocument {
  readonly host: object;
  readonly devices: readonly PciDevice[];
  readonly diagnostics: readonly object[];
}

function documentOf(outcome: Outcome | undefined): ListDocument {
  expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
  return JSON.parse(outcome?.stdout ?? '') as ListDocument;
}

/** What libvirt has a word for, of a device in a list. */
function withWordOfLibvirt(device: PciDevice): object {
  const {
    address,
    class: code,
    vendor,
    device: id,
    driver,
    iommuGroup,
    numaNode,
    netInterfaces,
    sriov,
  } = device;
  const role =
    sriov !== null && 'role' in sriov && sriov.role === 'pf'
      ? [sriov.totalVfs, sriov.numVfs, sriov.virtualFunctions]
      : sriov;
  return { address, code, vendor, id, driver, iommuGroup, numaNode, netInterfaces, role };
}

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

describeReaders(
  'intel',
  {
    fixture: 'lab-intel-vfio',
    prepare: WITH_VFS,
    counts: { functions: 35, groups: 25, vfs: 5 },
    alsoToUsers: true,
    besideLibvirt: true,
    iommu: { units: ['dmar0'], firmwareTables: ['DMAR'] },
    failsRules: [],
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

    test('are told the same by libvirt, alone and beside the kernel', async () => {
      const { machine, seen } = host();
      const [alone, merged] = await runInside(machine, [
        ['list', '--connect', 'qemu:///system', '--json'],
        ['list', '--source', 'libvirt', '--json'],
      ]);
      const told = documentOf(alone);
      expect(told.diagnostics).toEqual([]);
      expect(told.devices.map(withWordOfLibvirt)).toEqual(seen.list.devices.map(withWordOfLibvirt));
      // Without anything that they do not agree on.
      const { host: _, ...both } = documentOf(merged);
      const { host: __, ...kernels } = seen.list as ListDocument;
      expect(both).toEqual(kernels);
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
