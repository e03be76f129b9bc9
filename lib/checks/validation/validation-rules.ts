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
import { acsOverride } from './host-rules/iommu/acs-override.ts';
import { firmwareRegions } from './host-rules/iommu/firmware-regions.ts';
import { groupIsolation } from './host-rules/iommu/group-isolation.ts';
import { interruptRemapping } from './host-rules/iommu/interrupt-remapping.ts';
import { iommuAddressWidth } from './host-rules/iommu/iommu-address-width.ts';
import { iommuDmaType } from './host-rules/iommu/iommu-dma-type.ts';
import { iommuFirmware } from './host-rules/iommu/iommu-firmware.ts';
import { iommuInEffect } from './host-rules/iommu/iommu-in-effect.ts';
import { iommuLargePages } from './host-rules/iommu/iommu-large-pages.ts';
import { lockdown } from './host-rules/kernel/lockdown.ts';
import { secureBoot } from './host-rules/kernel/secure-boot.ts';
import {
  cgroupBlkio,
  cgroupCpu,
  cgroupCpuacct,
  cgroupCpuset,
  cgroupDevices,
  cgroupMemory,
} from './host-rules/machines/cgroups.ts';
import { folders9p } from './host-rules/machines/folders-9p.ts';
import { hardwareVirtualization } from './host-rules/machines/hardware-virtualization.ts';
import { hugePages } from './host-rules/machines/huge-pages.ts';
import { kvmAccessible } from './host-rules/machines/kvm-accessible.ts';
import { kvmDevice } from './host-rules/machines/kvm-device.ts';
import { libvirt } from './host-rules/machines/libvirt.ts';
import { nested } from './host-rules/machines/nested.ts';
import { qemu } from './host-rules/machines/qemu.ts';
import { secureGuest } from './host-rules/machines/secure-guest.ts';
import { securityDriver } from './host-rules/machines/security-driver.ts';
import { tun } from './host-rules/machines/tun.ts';
import { uefi } from './host-rules/machines/uefi.ts';
import { vhostNet } from './host-rules/machines/vhost-net.ts';
import { virtiofsd } from './host-rules/machines/virtiofsd.ts';
import { sriovDevices } from './host-rules/sriov/sriov-devices.ts';
import { sriovDriver } from './host-rules/sriov/sriov-driver.ts';
import { sriovFirmware } from './host-rules/sriov/sriov-firmware.ts';
import { sriovIsolation } from './host-rules/sriov/sriov-isolation.ts';
import { bootFramebuffer } from './host-rules/vfio/boot-framebuffer.ts';
import { boundElsewhere } from './host-rules/vfio/bound-elsewhere.ts';
import { hooks } from './host-rules/vfio/hooks.ts';
import { persisted } from './host-rules/vfio/persisted.ts';
import { reset } from './host-rules/vfio/reset.ts';
import { spareDisplay } from './host-rules/vfio/spare-display.ts';
import { unassignedBars } from './host-rules/vfio/unassigned-bars.ts';
import { vfioBlocked } from './host-rules/vfio/vfio-blocked.ts';
import { vfioModules } from './host-rules/vfio/vfio-modules.ts';
import { vfioNode } from './host-rules/vfio/vfio-node.ts';
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
 * Every rule of `pci validate`, in the order of the output. The reference is generated from these tables.
 */

/** For a host. */
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

/** For passing a device to a VM. */
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

/** For starting a VM. */
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
