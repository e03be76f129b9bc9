import type { HostUse } from '../../facts/host-use.ts';
import type { StorageUse } from '../../facts/storage-use.ts';
import type { HostReader } from '../../host/host-reader.ts';
import type { PciAddress } from '../../pci/address.ts';
import { readConsoles } from './console/consoles.ts';
import {
  readDisplayClaims,
  readFramebufferConsole,
  readFramebufferMap,
  readFramebuffers,
  readTpms,
} from './console/displays.ts';
import { readBluetoothAdapters, readInputs } from './console/inputs.ts';
import { readSoundStreams } from './console/sound.ts';
import { readFunctionPorts } from './network/function-ports.ts';
import { readInterfaces } from './network/interfaces.ts';
import { askNetwork } from './network/ip-answers.ts';
import { readIpv4, readIpv6 } from './network/ip-use.ts';
import { readDeviceNames } from './node/device-names.ts';
import { readDeviceNodes } from './node/device-nodes.ts';
import { readKernelWork } from './node/kernel-work.ts';
import { readMadeDevices } from './node/made-devices.ts';
import { readTunnels } from './node/tunnels.ts';
import { readWatchdogs } from './node/watchdogs.ts';
import { readAutomounts } from './storage/automounts.ts';
import { readBlocks } from './storage/blocks.ts';
import { readExports } from './storage/exports.ts';
import { readFileSystems, readPools } from './storage/file-systems.ts';
import { readHibernation, readMounts, readSwaps } from './storage/mounts.ts';
import { readShares } from './storage/share-devices.ts';
import { readSystemMemory } from './storage/system-memory.ts';
import { readTargetPorts } from './storage/target-ports.ts';

/**
 * Reads the uses of the hardware by the host: disks, file systems, swap, network, displays, input, TPM, sound.
 * Nothing in it throws; unreadable facts are unknown. Display memory and many facts about processes require root.
 *
 * @param isAsked the functions of the question, all by default; facts that only the directory of another function
 * contains are unread
 */
export function readHostUse(
  host: HostReader,
  isAsked: (address: PciAddress) => boolean = () => true,
): HostUse {
  const mounts = readMounts(host);
  // A host whose /proc was not captured lacks every file of it, which does not mean that it has no swap.
  const isProcThere = Array.isArray(mounts);
  const answers = askNetwork(host);
  return {
    ...readStorage(host, mounts, isProcThere),
    tunnels: readTunnels(host),
    interfaces: readInterfaces(host, answers?.links),
    ipv4: answers?.ipv4 ?? readIpv4(host, isProcThere),
    ipv6: readIpv6(host, isProcThere),
    network: readFunctionPorts(host, isAsked),
    targetPorts: readTargetPorts(host),
    displayClaims: readDisplayClaims(host),
    framebuffers: readFramebuffers(host),
    framebufferConsole: readFramebufferConsole(host),
    framebufferMap: readFramebufferMap(host),
    consoles: readConsoles(host),
    inputs: readInputs(host),
    bluetoothAdapters: readBluetoothAdapters(host),
    tpms: readTpms(host),
    soundStreams: readSoundStreams(host, isProcThere),
    deviceNodes: readDeviceNodes(host),
    watchdogs: readWatchdogs(host),
    systemMemory: readSystemMemory(host),
    mediatedDevices: readMadeDevices(host, 'mdev'),
    vdpaDevices: readMadeDevices(host, 'vdpa'),
    kernelWork: readKernelWork(host),
  };
}

function readStorage(host: HostReader, mounts: StorageUse['mounts'], isProcThere: boolean): StorageUse {
  const use = {
    blocks: readBlocks(host),
    mounts,
    fileSystems: readFileSystems(host),
    swaps: readSwaps(host, isProcThere),
    hibernation: readHibernation(host),
    pools: readPools(host, isProcThere),
    exports: readExports(host),
    shares: readShares(host),
    automounts: readAutomounts(host, mounts),
  };
  return { ...use, deviceNames: readDeviceNames(host, use) };
}
