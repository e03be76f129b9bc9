import { mapKnown } from '../../base/known.ts';
import { type HostFacts, MACHINE_NODES } from '../../facts/host-facts.ts';
import { type HostReader, knownOf } from '../../host/host-reader.ts';
import { readDriverClaims } from '../device/driver-claims.ts';
import { readIommuState } from '../iommu-state.ts';
import { MACHINE_PATHS, SYS_PATHS } from '../paths.ts';
import { readBootLoader } from './boot-loader.ts';
import { readCgroups } from './cgroups.ts';
import { readCpu, readHugePages, readMemory } from './cpu-and-memory.ts';
import { readDistribution } from './distribution.ts';
import { readInterruptRemapping, readIommuUnits } from './iommu-units.ts';
import { readKernel, readSecureBoot } from './kernel.ts';
import {
  readConfinement,
  readHooks,
  readQemuSettings,
  readQemuUser,
  readUefiImages,
} from './libvirt-setup.ts';
import { readModules, readParameters } from './modules.ts';
import { PartialHost } from './partial-host.ts';
import { readPresent, readPresentAmong } from './present-files.ts';

/**
 * Reads the facts of a host that decide whether VMs run on it and can have its devices. Nothing in it throws;
 * unreadable facts are unknown. Some require root, and a snapshot contains only those that its creator could read.
 */
export function readHostFacts(whole: HostReader): HostFacts {
  const host = new PartialHost(whole);
  const iommu = readIommuState(host);
  const kernel = readKernel(host);
  return {
    distribution: readDistribution(host),
    bootLoader: readBootLoader(host),
    kernel,
    secureBoot: readSecureBoot(host),
    cpu: readCpu(host),
    memoryBytes: readMemory(host),
    hugePages: readHugePages(host),
    cgroups: readCgroups(host, kernel.options),
    iommu,
    iommuGroups: mapKnown(knownOf(host.list(SYS_PATHS.iommuGroups)), (names) => names.length),
    iommuUnits: readIommuUnits(host, iommu.units),
    interruptRemapping: readInterruptRemapping(host),
    modules: readModules(host),
    parameters: readParameters(host),
    driverClaims: readDriverClaims(host),
    nodes: {
      kvm: readPresent(host, MACHINE_NODES.kvm),
      vhostNet: readPresent(host, MACHINE_NODES.vhostNet),
      tun: readPresent(host, MACHINE_NODES.tun),
      vfio: readPresent(host, MACHINE_NODES.vfio),
    },
    qemu: {
      programs: readPresentAmong(host, MACHINE_PATHS.qemuPrograms),
      user: readQemuUser(host),
      settings: readQemuSettings(host),
    },
    libvirtSockets: readPresentAmong(host, MACHINE_PATHS.libvirtSockets),
    uefiImages: readUefiImages(host),
    virtiofsd: mapKnown(readPresentAmong(host, MACHINE_PATHS.virtiofsd), ([path]) => path ?? null),
    hooks: readHooks(host),
    confinement: readConfinement(host),
  };
}
