/** The architecture of a host's processors. */
export type Architecture = 'x86' | 'arm' | 'power' | 's390' | 'riscv' | 'loongarch' | 'mips' | 'other';

/** What a host runs under. */
export interface Hypervisor {
  readonly kind: 'xen' | 'hyper-v' | 'kvm' | 'vmware' | 'other';
  /** Whether the host is not one of its machines, but the one that has the hardware: dom0 of Xen. */
  readonly isHost: boolean;
}

/** How a hypervisor shows an IOMMU to a machine of its own, or that it does not, as a clause about such a host. */
export function virtualIommuAdvice({ kind }: Hypervisor, architecture: Architecture | undefined): string {
  switch (kind) {
    case 'xen':
      return 'this host is a virtual machine of Xen, which shows no IOMMU to it: pass devices through on the host that runs it';
    case 'hyper-v':
      return 'this host is a virtual machine of Hyper-V, which shows no IOMMU to it: pass devices through on a physical host';
    case 'vmware':
      return 'this host is a virtual machine: enable "Expose IOMMU to the guest OS" in its processor settings';
    default: {
      const models =
        architecture === 'arm'
          ? "<iommu model='smmuv3'/> or <iommu model='virtio'/>"
          : "<iommu model='intel'/> or <iommu model='virtio'/>";
      return `this host is a virtual machine: give it a virtual IOMMU on the host that runs it (libvirt: ${models})`;
    }
  }
}

/** What to do on an architecture other than x86 whose kernel runs without an IOMMU, as a clause. */
export function architectureAdvice(
  architecture: Exclude<Architecture, 'x86'>,
  firmwareTables: readonly string[] | null | undefined,
): string {
  switch (architecture) {
    case 'arm':
      if (firmwareTables === null) {
        return 'without ACPI the device tree has to describe an SMMU for PCI (iommu-map), and the board has to have one: no setting of a firmware helps';
      }
      return firmwareTables?.includes('IORT')
        ? 'enable the SMMU in the firmware setup; if it is enabled, see the kernel messages, dmesg | grep -i smmu'
        : 'enable the SMMU in the firmware setup: its IORT table has to describe one';
    case 'power':
      return 'the IOMMU of POWER is always on: the kernel needs CONFIG_SPAPR_TCE_IOMMU; see its messages, dmesg | grep -i iommu';
    case 's390':
      return 'the IOMMU of PCI on s390 is always on: the kernel needs CONFIG_S390_IOMMU; see its messages, dmesg | grep -i iommu';
    case 'riscv':
      return 'the RIMT table or the device tree has to describe a RISC-V IOMMU, and the kernel needs CONFIG_RISCV_IOMMU; see its messages, dmesg | grep -i iommu';
    default:
      return 'the kernel has to support an IOMMU of this architecture: see its messages, dmesg | grep -i iommu';
  }
}
