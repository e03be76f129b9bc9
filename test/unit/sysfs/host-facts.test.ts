import { describe, expect, it } from 'vitest';
import { BROKEN, DENIED, isUnknown, UNREAD } from '../../../lib/base/known.ts';
import type { HostFacts } from '../../../lib/facts/host-facts.ts';
import { TreeHost } from '../../../lib/host/file/tree-host.ts';
import type { HostReader } from '../../../lib/host/host-reader.ts';
import { RecordingHost } from '../../../lib/host/snapshot/recording-host.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { readHostFacts } from '../../../lib/sysfs/host-facts/read-host-facts.ts';
import { replaceIdentifiers } from '../../../lib/sysfs/redaction/replace-identifiers.ts';
import { buildHost } from '../../support/host-builder.ts';
import type { HostTree } from '../../support/host-tree.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { goodHost } from '../../support/validated-hosts.ts';
import { writeTree } from '../../support/write-tree.ts';

function hostWith(change: (tree: HostTree) => void = () => {}): HostReader {
  return new SnapshotHost(buildHost(goodHost(change)));
}

const factsWith = (change?: (tree: HostTree) => void): HostFacts => readHostFacts(hostWith(change));

const replace = (path: string, text: string) => (tree: HostTree) => {
  tree.remove(path);
  tree.text(path, text);
};

describe('the facts of a host', () => {
  const folder = temporaryFolder();

  it('are those of its files', () => {
    expect(factsWith()).toMatchObject({
      distribution: { id: 'debian', like: [], title: 'Debian GNU/Linux 13 (trixie)' },
      kernel: { lockdown: 'none' },
      secureBoot: false,
      cpu: { physicalBits: 39 },
      memoryBytes: 2 ** 34,
      hugePages: [{ sizeBytes: 2 ** 21, total: 512, free: 500 }],
      cgroups: { version: 2 },
      iommuUnits: [{ name: 'dmar0', addressBits: 39, largePages: ['2 MiB', '1 GiB'] }],
      interruptRemapping: true,
      qemu: { user: { name: 'libvirt-qemu', userId: 64055, groupIds: [104] } },
      uefiImages: ['/usr/share/OVMF/OVMF_CODE_4M.fd'],
      virtiofsd: '/usr/libexec/virtiofsd',
      hooks: { folder: [], program: null },
      confinement: ['apparmor'],
    });
  });

  it('are the same of a capture of it, with stand-ins too', () => {
    const recording = new RecordingHost(hostWith());
    const facts = readHostFacts(recording);
    expect(readHostFacts(new SnapshotHost(recording.snapshot()))).toEqual(facts);
    expect(readHostFacts(new SnapshotHost(replaceIdentifiers(recording.snapshot())))).toEqual(facts);
  });

  it('are unread of folders that are no part of a tree', () => {
    const { functions = [] } = goodHost();
    writeTree(buildHost({ label: 'tree', functions }), folder);
    const { nodes, qemu, cpu, virtiofsd, modules } = readHostFacts(new TreeHost(folder, 'tree'));
    expect([nodes.kvm, qemu.programs, cpu.flags, virtiofsd, modules.vfio.isLoaded]).toEqual(
      Array(5).fill(UNREAD),
    );
  });
});

describe('each of them', () => {
  it('the system: quotes, what it is like, and where there is no such file', () => {
    const path = '/etc/os-release';
    expect(factsWith(replace(path, 'ID=\'rocky\'\nID_LIKE="rhel centos fedora"\n')).distribution).toEqual({
      id: 'rocky',
      like: ['rhel', 'centos', 'fedora'],
      title: 'rocky',
    });
    expect(factsWith((tree) => tree.remove(path)).distribution).toBeNull();
    expect(factsWith((tree) => tree.deny(path)).distribution).toEqual(DENIED);
  });

  it('control groups of version 1, and of both at once', () => {
    const old =
      '#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t3\t60\t1\nmemory\t0\t1\t1\ndevices\t5\t9\t1\n';
    const { cgroups } = factsWith((tree) => {
      replace('/proc/cgroups', old)(tree);
      tree.remove('/sys/fs/cgroup');
      tree.attribute('/sys/fs/cgroup/unified/cgroup.controllers', 'io');
    });
    expect(cgroups).toEqual({ version: 1, controllers: ['cpu', 'devices', 'blkio'] });
  });

  it('units of AMD, and registers that are none', () => {
    const unit = (path: string, text: string) =>
      factsWith((tree) => {
        tree.remove('/sys/devices/virtual/iommu/dmar0/intel-iommu');
        tree.attribute(`/sys/devices/virtual/iommu/dmar0/${path}`, text);
      }).iommuUnits[0];
    expect(unit('amd-iommu/features', '2dd3:0')).toMatchObject({
      addressBits: BROKEN,
      largePages: ['2 MiB', '1 GiB'],
    });
    expect(unit('amd-iommu/features', '21d3:0')).toMatchObject({ addressBits: 48 });
    expect(unit('intel-iommu/cap', 'wide')).toMatchObject({ addressBits: BROKEN, largePages: BROKEN });
    expect(unit('name', '')).toMatchObject({ addressBits: null, largePages: null });
  });

  it('what keeps modules back: files by their order, dashes, other commands, the command line', () => {
    const { modules } = readHostFacts(
      new SnapshotHost(
        buildHost(
          goodHost(
            (tree) => {
              tree.text(
                '/etc/modprobe.d/a.conf',
                'install vfio_pci /bin/false\ninstall tun /sbin/modprobe --ignore-install tun\n',
              );
              // In its place there is the one above.
              tree.text('/usr/lib/modprobe.d/a.conf', 'blacklist tun\n');
              tree.text('/etc/modprobe.d/no-settings', 'blacklist vfio\n');
            },
            { commandLine: 'ro module_blacklist=nouveau,vfio_iommu_type1' },
          ),
        ),
      ),
    );
    expect(modules.vfio_pci.blocks).toEqual(['/etc/modprobe.d/a.conf: install vfio_pci /bin/false']);
    expect(modules.tun.blocks).toEqual([]);
    expect(modules.vfio.blocks).toEqual([]);
    expect(modules.vfio_iommu_type1.blocks).toEqual([
      'kernel command line: module_blacklist=nouveau,vfio_iommu_type1',
    ]);
  });

  it('modules that are built in, and a kernel of which there is no list', () => {
    const folder = '/lib/modules/6.12.9-amd64';
    const builtIn = factsWith((tree) => {
      tree.remove(`${folder}/modules.builtin`);
      tree.text(`${folder}/modules.builtin`, 'kernel/drivers/net/tun.ko\n');
    });
    expect(builtIn.modules.tun.supply).toBe('built-in');
    expect(builtIn.modules.kvm_amd.supply).toBeNull();
    expect(factsWith((tree) => tree.remove(folder)).modules.tun.supply).toEqual(UNREAD);
  });

  it('as whom machines run: the user that is set, and members of groups', () => {
    const { qemu } = factsWith((tree) => {
      replace('/etc/libvirt/qemu.conf', 'user = "+alice"\nsecurity_driver = [ "apparmor" ]\n')(tree);
      replace('/etc/passwd', 'alice:x:1000:1000::/home/alice:/bin/bash\n')(tree);
      replace('/etc/group', 'kvm:x:104:bob,alice\n')(tree);
    });
    expect(qemu.user).toEqual({ name: 'alice', userId: 1000, groupIds: [1000, 104] });
    expect(qemu.settings).toEqual({ securityDriver: 'apparmor' });
    expect(factsWith(replace('/etc/passwd', 'libvirt-qemu:x:nobody\n')).qemu.user).toBeNull();
  });

  it('images of UEFI: descriptors that are none, and images that are not there', () => {
    const folder = '/usr/share/qemu/firmware';
    const images = factsWith((tree) => {
      tree.text(`${folder}/10-broken.json`, '{');
      tree.text(`${folder}/11-null.json`, 'null');
      tree.text(
        `${folder}/12-bios.json`,
        '{"interface-types":["bios"],"mapping":{"filename":"/usr/share/OVMF/OVMF_CODE_4M.fd"}}',
      );
      tree.text(
        `${folder}/13-gone.json`,
        '{"interface-types":["uefi"],"mapping":{"filename":"/usr/share/gone.fd"}}',
      );
    }).uefiImages;
    expect(images).toEqual(['/usr/share/OVMF/OVMF_CODE_4M.fd']);
  });

  it('people in groups are in no snapshot with stand-ins', () => {
    const recording = new RecordingHost(
      hostWith(replace('/etc/group', 'kvm:x:104:alice,libvirt-qemu,bob\n')),
    );
    readHostFacts(recording);
    const entry = replaceIdentifiers(recording.snapshot()).entries.get('/etc/group');
    expect(entry).toEqual({ kind: 'lines', lines: ['kvm:x:104:libvirt-qemu'] });
  });

  it('what makes no sense is not known', () => {
    const facts = factsWith((tree) => {
      replace('/proc/meminfo', 'MemTotal: lots\n')(tree);
      replace('/proc/cpuinfo', 'address sizes\t: many\n')(tree);
      replace('/sys/kernel/security/lockdown', 'none integrity\n')(tree);
      replace('/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages', 'x\n')(tree);
    });
    const { memoryBytes, cpu, kernel, hugePages } = facts;
    expect([memoryBytes, cpu.physicalBits, kernel.lockdown, hugePages]).toEqual(Array(4).fill(BROKEN));
    expect(isUnknown(cpu.flags)).toBe(false);
  });
});
