import type { HostReader } from '../../host/host-reader.ts';
import type { HostUse } from '../../pci/host-use.ts';
import type { StorageUse } from '../../pci/storage-use.ts';
import { readAutomounts } from './automounts.ts';
import { readBlocks } from './blocks.ts';
import { readConsoles } from './consoles.ts';
import { readDeviceNames } from './device-names.ts';
import { readDeviceNodes } from './device-nodes.ts';
import {
  readDisplayClaims,
  readFramebufferConsole,
  readFramebufferMap,
  readFramebuffers,
  readTpms,
} from './displays.ts';
import { readExports } from './exports.ts';
import { readFileSystems, readPools } from './file-systems.ts';
import { readFunctionPorts } from './function-ports.ts';
import { readBluetoothAdapters, readInputs } from './inputs.ts';
import { readInterfaces } from './interfaces.ts';
import { askNetwork } from './ip-answers.ts';

import { readIpv4, readIpv6 } from './ip-use.ts';
import { readKernelWork } from './kernel-work.ts';
import { readMadeDevices } from './made-devices.ts';
import { readHibernation, readMounts, readSwaps } from './mounts.ts';
import { readShares } from './share-devices.ts';
import { readSoundStreams } from './sound.ts';
import { readSystemMemory } from './system-memory.ts';
import { readTargetPorts } from './target-ports.ts';
import { readTunnels } from './tunnels.ts';
import { readWatchdogs } from './watchdogs.ts';

/**
 * Reads what a host uses its hardware for: disks, file systems, swap, network, displays, input, TPM, sound. Nothing in
 * it throws; what can't be read is not known. Display memory and much of what processes do are for root alone.
 */
export function readHostUse(host: HostReader): HostUse {
  const mounts = readMounts(host);
  // A host whose /proc was not captured lacks every file of it, and has not therefore no swap.
  const isProcThere = Array.isArray(mounts);
  const answers = askNetwork(host);
  return {
    ...readStorage(host, mounts, isProcThere),
    tunnels: readTunnels(host),
    interfaces: readInterfaces(host, answers?.links),
    ipv4: answers?.ipv4 ?? readIpv4(host, isProcThere),
    ipv6: readIpv6(host, isProcThere),
    network: readFunctionPorts(host),
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
