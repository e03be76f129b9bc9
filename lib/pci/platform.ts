/** The architecture of a host's processors. */
export type Architecture = 'x86' | 'arm' | 'power' | 's390' | 'riscv' | 'loongarch' | 'mips' | 'other';

/** The hypervisor of a host. */
export interface Hypervisor {
  readonly kind: 'xen' | 'hyper-v' | 'kvm' | 'vmware' | 'other';
  /** Whether the host has the hardware, and is not a VM of the hypervisor: dom0 of Xen. */
  readonly isHost: boolean;
}

/** How to get an IOMMU in a VM of a hypervisor, or that it is impossible, as a clause about the host. */
export function virtualIommuAdvice({ kind }: Hypervisor, architecture: Architecture | undefined): string {
  switch (kind) {
    case 'xen':
      return 'this host is a VM of Xen, which provides no IOMMU: pass devices through on the host that runs it';
    case 'hyper-v':
      return 'this host is a VM of Hyper-V, which provides no IOMMU: pass devices through on a physical host';
    case 'vmware':
      return 'this host is a VM: enable "Expose IOMMU to the guest OS" in its processor settings';
    default: {
      const models =
        architecture === 'arm'
          ? "<iommu model='smmuv3'/> or <iommu model='virtio'/>"
          : "<iommu model='intel'/> or <iommu model='virtio'/>";
      return `this host is a VM: add a virtual IOMMU to it on the host that runs it (libvirt: ${models})`;
    }
  }
}

/** How to enable the IOMMU on an architecture other than x86, as a clause. */
export function architectureAdvice(
  architecture: Exclude<Architecture, 'x86'>,
  firmwareTables: readonly string[] | null | undefined,
): string {
  switch (architecture) {
    case 'arm':
      if (firmwareTables === null) {
        return 'without ACPI, the device tree must describe an SMMU for PCI (iommu-map), and the board must have one: no firmware setting enables it';
      }
      return firmwareTables?.includes('IORT')
        ? 'enable the SMMU in the firmware setup; if it is enabled, see the kernel messages, dmesg | grep -i smmu'
        : 'enable the SMMU in the firmware setup: its IORT table must describe one';
    case 'power':
      return 'the IOMMU of POWER is always on: the kernel needs CONFIG_SPAPR_TCE_IOMMU; see its messages, dmesg | grep -i iommu';
    case 's390':
      return 'the IOMMU of PCI on s390 is always on: the kernel needs CONFIG_S390_IOMMU; see its messages, dmesg | grep -i iommu';
    case 'riscv':
      return 'the RIMT table or the device tree must describe a RISC-V IOMMU, and the kernel needs CONFIG_RISCV_IOMMU; see its messages, dmesg | grep -i iommu';
    default:
      return 'the kernel must support an IOMMU of this architecture: see its messages, dmesg | grep -i iommu';
  }
}
