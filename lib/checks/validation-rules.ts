import { deviceAnswers } from './device-rules/device-answers.ts';
import { deviceBars } from './device-rules/device-bars.ts';
import { deviceDomain } from './device-rules/device-domain.ts';
import { deviceFramebuffer } from './device-rules/device-framebuffer.ts';
import { deviceGroup } from './device-rules/device-group.ts';
import { deviceKind } from './device-rules/device-kind.ts';
import { deviceNeighbours } from './device-rules/device-neighbours.ts';
import { deviceOwnGroup } from './device-rules/device-own-group.ts';
import { deviceRegion } from './device-rules/device-region.ts';
import { deviceReset } from './device-rules/device-reset.ts';
import { deviceRom } from './device-rules/device-rom.ts';
import { deviceSpare } from './device-rules/device-spare.ts';
import { deviceVfs } from './device-rules/device-vfs.ts';
import { acsOverride } from './host-rules/acs-override.ts';
import { bootFramebuffer } from './host-rules/boot-framebuffer.ts';
import { boundElsewhere } from './host-rules/bound-elsewhere.ts';
import { cgroupBlkio } from './host-rules/cgroup-blkio.ts';
import { cgroupCpu } from './host-rules/cgroup-cpu.ts';
import { cgroupCpuacct } from './host-rules/cgroup-cpuacct.ts';
import { cgroupCpuset } from './host-rules/cgroup-cpuset.ts';
import { cgroupDevices } from './host-rules/cgroup-devices.ts';
import { cgroupMemory } from './host-rules/cgroup-memory.ts';
import { firmwareRegions } from './host-rules/firmware-regions.ts';
import { folders9p } from './host-rules/folders-9p.ts';
import { groupIsolation } from './host-rules/group-isolation.ts';
import { hardwareVirtualization } from './host-rules/hardware-virtualization.ts';
import { hooks } from './host-rules/hooks.ts';
import { hugePages } from './host-rules/huge-pages.ts';
import { interruptRemapping } from './host-rules/interrupt-remapping.ts';
import { iommuAddressWidth } from './host-rules/iommu-address-width.ts';
import { iommuDmaType } from './host-rules/iommu-dma-type.ts';
import { iommuFirmware } from './host-rules/iommu-firmware.ts';
import { iommuInEffect } from './host-rules/iommu-in-effect.ts';
import { iommuLargePages } from './host-rules/iommu-large-pages.ts';
import { kvmAccessible } from './host-rules/kvm-accessible.ts';
import { kvmDevice } from './host-rules/kvm-device.ts';
import { libvirt } from './host-rules/libvirt.ts';
import { lockdown } from './host-rules/lockdown.ts';
import { nested } from './host-rules/nested.ts';
import { persisted } from './host-rules/persisted.ts';
import { qemu } from './host-rules/qemu.ts';
import { reset } from './host-rules/reset.ts';
import { secureBoot } from './host-rules/secure-boot.ts';
import { secureGuest } from './host-rules/secure-guest.ts';
import { securityDriver } from './host-rules/security-driver.ts';
import { spareDisplay } from './host-rules/spare-display.ts';
import { sriovDevices } from './host-rules/sriov-devices.ts';
import { sriovDriver } from './host-rules/sriov-driver.ts';
import { sriovFirmware } from './host-rules/sriov-firmware.ts';
import { sriovIsolation } from './host-rules/sriov-isolation.ts';
import { tun } from './host-rules/tun.ts';
import { uefi } from './host-rules/uefi.ts';
import { unassignedBars } from './host-rules/unassigned-bars.ts';
import { vfioBlocked } from './host-rules/vfio-blocked.ts';
import { vfioModules } from './host-rules/vfio-modules.ts';
import { vfioNode } from './host-rules/vfio-node.ts';
import { vhostNet } from './host-rules/vhost-net.ts';
import { virtiofsd } from './host-rules/virtiofsd.ts';
import { machineAlone } from './machine-rules/machine-alone.ts';
import { machineDevices } from './machine-rules/machine-devices.ts';
import { machineFiles } from './machine-rules/machine-files.ts';
import { machineGuestIommu } from './machine-rules/machine-guest-iommu.ts';
import { machineHugePages } from './machine-rules/machine-huge-pages.ts';
import { machineMemlock } from './machine-rules/machine-memlock.ts';
import { machineMemory } from './machine-rules/machine-memory.ts';
import { machineNeighbours } from './machine-rules/machine-neighbours.ts';
import { machineSaved } from './machine-rules/machine-saved.ts';
import { machineType } from './machine-rules/machine-type.ts';
import { machineUefi } from './machine-rules/machine-uefi.ts';
import { machineUplink } from './machine-rules/machine-uplink.ts';
import { machineVirtiofs } from './machine-rules/machine-virtiofs.ts';
import type { DeviceRule, HostRule, MachineRule } from './validation-rule.ts';

/*
 * Every rule of `pci validate`, in the order in which they are told. The reference is generated from these tables.
 */

/** About a host. */
export const HOST_RULES: readonly HostRule[] = [
  hardwareVirtualization,
  kvmDevice,
  kvmAccessible,
  nested,
  vhostNet,
  tun,
  cgroupCpu,
  cgroupCpuacct,
  cgroupCpuset,
  cgroupMemory,
  cgroupDevices,
  cgroupBlkio,
  secureGuest,
  iommuFirmware,
  iommuInEffect,
  iommuDmaType,
  interruptRemapping,
  iommuAddressWidth,
  iommuLargePages,
  vfioModules,
  vfioBlocked,
  vfioNode,
  groupIsolation,
  acsOverride,
  firmwareRegions,
  reset,
  unassignedBars,
  sriovDevices,
  sriovDriver,
  sriovFirmware,
  sriovIsolation,
  bootFramebuffer,
  spareDisplay,
  lockdown,
  secureBoot,
  qemu,
  libvirt,
  securityDriver,
  hooks,
  uefi,
  virtiofsd,
  folders9p,
  hugePages,
  persisted,
  boundElsewhere,
];

/** About giving a device to a machine. */
export const DEVICE_RULES: readonly DeviceRule[] = [
  deviceKind,
  deviceAnswers,
  deviceDomain,
  deviceGroup,
  deviceNeighbours,
  deviceOwnGroup,
  deviceRegion,
  deviceSpare,
  deviceReset,
  deviceBars,
  deviceFramebuffer,
  deviceRom,
  deviceVfs,
];

/** About starting a machine. */
export const MACHINE_RULES: readonly MachineRule[] = [
  machineType,
  machineMemory,
  machineMemlock,
  machineHugePages,
  machineFiles,
  machineUefi,
  machineVirtiofs,
  machineDevices,
  machineNeighbours,
  machineAlone,
  machineUplink,
  machineGuestIommu,
  machineSaved,
];
