import { SAFETY_FIELDS } from '../../lib/checks/safety/safety-fields.ts';
import type { ValidatedHost } from '../../lib/checks/validation/validated-host.ts';
import { VALIDATION_FIELDS } from '../../lib/checks/validation/validation-fields.ts';
import type { MachineNeeds, NeededDevice } from '../../lib/facts/machine-needs.ts';
import type { FileStatus } from '../../lib/host/host-reader.ts';
import { SnapshotHost } from '../../lib/host/snapshot/snapshot-host.ts';
import type { PciAddress } from '../../lib/pci/address.ts';
import { groupDevices } from '../../lib/pci/group/iommu-group.ts';
import { readHostFacts } from '../../lib/sysfs/host-facts/read-host-facts.ts';
import { readHostUse } from '../../lib/sysfs/host-use/read-host-use.ts';
import { tellsResetMethods } from '../../lib/sysfs/kernel-release.ts';
import { readGroupAttributes } from '../../lib/sysfs/read-groups.ts';
import { capability, extended } from './config-bytes.ts';
import { buildHost } from './host-builder.ts';
import type { FunctionSpec, HostSpec } from './host-spec.ts';
import type { HostTree } from './host-tree.ts';
import { gigabitNic, hostBridge, memory, nvmeController, rootPort } from './hosts/functions.ts';
import { readHost } from './reading.ts';
import { networkInterface } from './things.ts';

const RELEASE = '6.12.9-amd64';
const KVM_GROUP = 104;
const VFS = { offset: 128, stride: 2, vfDevice: '10ca' };

/** The functions of {@link goodHost}, by address. */
export const AT = {
  graphics: '0000:01:00.0' as PciAddress,
  bootGraphics: '0000:00:02.0' as PciAddress,
  network: '0000:02:00.0' as PciAddress,
  vf: '0000:02:10.0' as PciAddress,
  drive: '0000:03:00.0' as PciAddress,
} as const;

/** A device node, or another file with relevant permissions. */
export function putStatus(tree: HostTree, path: string, status: Partial<FileStatus> = {}): void {
  tree.status(path, { kind: 'character', mode: 0o666, userId: 0, groupId: 0, ...status });
}

/** A host without problems: Intel, Debian, with a spare graphics card and a network card with two VFs. */
export function goodHost(
  change: (tree: HostTree) => void = () => {},
  spec: Partial<HostSpec> = {},
): HostSpec {
  return {
    label: 'good',
    iommu: 'dmar0',
    kernelRelease: RELEASE,
    commandLine: 'BOOT_IMAGE=/boot/vmlinuz-6.12.9-amd64 root=/dev/vda1 ro intel_iommu=on',
    functions: goodFunctions(),
    ...spec,
    change: (tree) => {
      putProcessor(tree);
      putKernel(tree);
      putSystem(tree);
      putGrub(tree);
      change(tree);
    },
  };
}

/** Its functions, with changes by address. */
export function goodFunctions(
  changes: Readonly<Record<string, Partial<FunctionSpec>>> = {},
): readonly FunctionSpec[] {
  const graphics = (address: string, own: Partial<FunctionSpec>): FunctionSpec => ({
    address,
    ids: '10de:2206',
    classCode: '030000',
    bars: { 0: memory(0x6000000000, 1024, 'prefetchable64') },
    resetMethods: 'flr',
    ...own,
  });
  const port = (address: string, bus: number, group: number): FunctionSpec =>
    rootPort(address, bus, { group });
  const functions: readonly FunctionSpec[] = [
    hostBridge({ group: 0 }),
    graphics(AT.bootGraphics, {
      group: 1,
      bootVga: true,
      bars: { 0: memory(0xe0000000, 1024) },
      driver: 'i915',
    }),
    port('0000:00:01.0', 1, 2),
    port('0000:00:06.0', 2, 3),
    port('0000:00:07.0', 3, 4),
    graphics(AT.graphics, { under: '0000:00:01.0', group: 5, bootVga: false }),
    gigabitNic(AT.network, {
      under: '0000:00:06.0',
      ids: '8086:10c9',
      driver: 'igb',
      group: 6,
      resetMethods: 'flr',
      extended: [extended.sriov({ total: 7, active: 2, vfBar: 0xfb000000, ...VFS })],
      below: networkInterface('enp2s0', '52:54:00:00:00:01'),
      sriov: {
        total: 7,
        active: 2,
        ...VFS,
        vf: (index) => ({ group: 8 + index, resetMethods: 'flr', capabilities: [capability.msiX(3)] }),
      },
    }),
    nvmeController(AT.drive, { under: '0000:00:07.0', group: 7, resetMethods: 'flr' }),
  ];
  return functions.map((each) => ({ ...each, ...changes[each.address] }));
}

function putProcessor(tree: HostTree): void {
  const lines = [
    'vendor_id\t: GenuineIntel',
    'flags\t\t: fpu vmx',
    'address sizes\t: 39 bits physical, 48 bits virtual',
  ];
  tree.text('/proc/cpuinfo', `${lines.join('\n')}\n`);
  tree.text('/proc/meminfo', 'MemTotal:       16777216 kB\nMemFree: 1 kB\n');
  tree.text('/proc/iomem', '00001000-0009fbff : System RAM\n');
  tree.text('/proc/cgroups', '#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t0\t1\t1\n');
  tree.attribute('/sys/fs/cgroup/cgroup.controllers', 'cpuset cpu io memory hugetlb pids');
  tree.attribute('/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages', '512');
  tree.attribute('/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages', '500');
  for (const [number, chip] of ['IR-IO-APIC', 'IR-PCI-MSI-0000:02:00.0'].entries()) {
    tree.attribute(`/sys/kernel/irq/${number}/chip_name`, chip);
  }
  for (const name of ['DMAR', 'FACP']) tree.attribute(`/sys/firmware/acpi/tables/${name}`, '');
  tree.attribute('/sys/devices/virtual/iommu/dmar0/intel-iommu/cap', '1c0000c40660462');
}

function putKernel(tree: HostTree): void {
  tree.attribute('/sys/kernel/security/lockdown', '[none] integrity confidentiality');
  tree.bytes(SECURE_BOOT, new Uint8Array([6, 0, 0, 0, 0]));
  tree.text(
    `/boot/config-${RELEASE}`,
    'CONFIG_CGROUP_BPF=y\nCONFIG_PCI_IOV=y\nCONFIG_VFIO_PCI=m\nCONFIG_INTEL_IOMMU=y\n',
  );
  const modules = [
    ...['pci/vfio-pci', 'vfio', 'vfio_iommu_type1'].map((name) => `drivers/vfio/${name}`),
    ...['arch/x86/kvm/kvm-intel', 'drivers/vhost/vhost_net', 'drivers/net/tun'],
  ].map((name) => `kernel/${name}.ko.xz:\n`);
  tree.text(`/lib/modules/${RELEASE}/modules.dep`, modules.join(''));
  tree.text(`/lib/modules/${RELEASE}/modules.builtin`, 'kernel/fs/ext4/ext4.ko\n');
  tree.text('/usr/lib/modprobe.d/fbdev-blacklist.conf', 'blacklist arcfb\n');
  for (const name of ['vfio', 'vfio_pci', 'vfio_iommu_type1']) tree.directory(`/sys/module/${name}`);
  tree.attribute('/sys/module/apparmor/parameters/enabled', 'Y');
  tree.attribute('/sys/module/kvm_intel/parameters/nested', 'Y');
}

/** The GRUB files of Debian. Its grub-mkconfig reads a folder of settings. */
function putGrub(tree: HostTree): void {
  for (const path of ['/etc/default/grub', '/usr/sbin/update-grub', '/boot/grub/grub.cfg']) {
    putStatus(tree, path, { kind: 'file', mode: 0o644 });
  }
  tree.text('/usr/sbin/grub-mkconfig', `#! /bin/sh\nfor x in \${sysconfdir}/default/grub.d/*.cfg ; do\n`);
}

export const SECURE_BOOT = '/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c';

function putSystem(tree: HostTree): void {
  const lines = ['PRETTY_NAME="Debian GNU/Linux 13 (trixie)"', 'ID=debian'];
  tree.text('/etc/os-release', `${lines.join('\n')}\n`);
  putStatus(tree, '/dev/kvm', { mode: 0o660, groupId: KVM_GROUP });
  putStatus(tree, '/dev/vhost-net', { mode: 0o660, groupId: KVM_GROUP });
  putStatus(tree, '/dev/net/tun');
  putStatus(tree, '/dev/vfio/vfio');
  tree.text(
    '/etc/passwd',
    `libvirt-qemu:x:64055:${KVM_GROUP}:Libvirt Qemu:/var/lib/libvirt:/usr/sbin/nologin\n`,
  );
  tree.text('/etc/group', `kvm:x:${KVM_GROUP}:\n`);
  tree.text('/etc/libvirt/qemu.conf', '#user = "libvirt-qemu"\n');
  tree.directory('/etc/libvirt/hooks');
  const program = { kind: 'file', mode: 0o755 } as const;
  putStatus(tree, '/usr/bin/qemu-system-x86_64', program);
  putStatus(tree, '/usr/libexec/virtiofsd', program);
  putStatus(tree, '/run/libvirt/libvirt-sock', { kind: 'other' });
  putStatus(tree, '/usr/share/OVMF/OVMF_CODE_4M.fd', { kind: 'file', mode: 0o644 });
  const mapping = { device: 'flash', executable: { filename: '/usr/share/OVMF/OVMF_CODE_4M.fd' } };
  tree.text(
    '/usr/share/qemu/firmware/60-edk2-x86_64.json',
    JSON.stringify({ 'interface-types': ['uefi'], mapping }),
  );
}

/** A device that a VM uses as a whole, and that libvirt binds. */
export function neededDevice(address: PciAddress, more: Partial<NeededDevice> = {}): NeededDevice {
  return {
    kind: 'hostdev',
    name: address,
    address,
    functions: [address],
    carriers: [],
    isManaged: true,
    requester: null,
    ...more,
  };
}

/** A VM without special requirements, with the graphics card of {@link goodHost}. */
export function machineWith(facts: Partial<MachineNeeds> = {}): MachineNeeds {
  return {
    name: 'router0',
    isRunning: false,
    hasManagedSave: false,
    type: 'kvm',
    memoryBytes: 2 ** 31,
    hardLimitBytes: null,
    hugePageBytes: null,
    iommu: null,
    wantsUefi: false,
    wantsVirtiofs: false,
    files: new Map([['/usr/bin/qemu-system-x86_64', true]]),
    devices: [neededDevice(AT.graphics)],
    ...facts,
  };
}

/** A described host, read for validation. */
export function readValidated(spec: HostSpec, more: Partial<ValidatedHost> = {}): ValidatedHost {
  const host = new SnapshotHost(buildHost(spec));
  const { devices } = readHost(host, [...new Set([...VALIDATION_FIELDS, ...SAFETY_FIELDS])]);
  return {
    facts: readHostFacts(host),
    devices,
    asked: null,
    groups: groupDevices(devices, (group) => readGroupAttributes(host, group)),
    plainGroups: 0,
    use: readHostUse(host),
    tellsResetMethods: tellsResetMethods(host, devices),
    machines: [],
    session: null,
    folderDrivers: ['path', 'virtiofs'],
    persistence: [],
    findings: new Map(devices.map(({ address }) => [address, []] as const)),
    ...more,
  };
}
