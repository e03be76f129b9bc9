import { bootDisplay } from './rules/console/boot-display.ts';
import { console } from './rules/console/console.ts';
import { drmInUse } from './rules/console/drm-in-use.ts';
import { inputOpen } from './rules/console/input-open.ts';
import { lastInputUsb } from './rules/console/last-input-usb.ts';
import { soundInUse } from './rules/console/sound-in-use.ts';
import { busReset } from './rules/group/bus-reset.ts';
import { groupUnknown } from './rules/group/group-unknown.ts';
import { isaBridge } from './rules/group/isa-bridge.ts';
import { noAcs } from './rules/group/no-acs.ts';
import { noReset } from './rules/group/no-reset.ts';
import { reservedRegion } from './rules/group/reserved-region.ts';
import { smbus } from './rules/group/smbus.ts';
import { tunnel } from './rules/group/tunnel.ts';
import { vfsInUse } from './rules/group/vfs-in-use.ts';
import { netAddress } from './rules/network/net-address.ts';
import { netDefaultRoute } from './rules/network/net-default-route.ts';
import { netElsewhere } from './rules/network/net-elsewhere.ts';
import { netListener } from './rules/network/net-listener.ts';
import { netRoute } from './rules/network/net-route.ts';
import { netStack } from './rules/network/net-stack.ts';
import { netStorage } from './rules/network/net-storage.ts';
import { netUser } from './rules/network/net-user.ts';
import { session } from './rules/network/session.ts';
import { automount } from './rules/storage/automount.ts';
import { blockHolder } from './rules/storage/block-holder.ts';
import { blockOpen } from './rules/storage/block-open.ts';
import { exported } from './rules/storage/exported.ts';
import { mounted } from './rules/storage/mounted.ts';
import { sharedFolder } from './rules/storage/shared-folder.ts';
import { bcache, crypt, deviceMapper, lvm, md } from './rules/storage/stacks.ts';
import { storageMember } from './rules/storage/storage-member.ts';
import { swap } from './rules/storage/swap.ts';
import { systemDisk } from './rules/storage/system-disk.ts';
import { zfs } from './rules/storage/zfs.ts';
import { kernelUse } from './rules/use/kernel-use.ts';
import { machineHasIt } from './rules/use/machine-has-it.ts';
import { mediatedDevice } from './rules/use/mediated-device.ts';
import { nodeOpen } from './rules/use/node-open.ts';
import { systemMemory } from './rules/use/system-memory.ts';
import { tpm } from './rules/use/tpm.ts';
import { vdpa } from './rules/use/vdpa.ts';
import { watchdog } from './rules/use/watchdog.ts';
import type { SafetyRule } from './safety-rule.ts';

/**
 * Every rule, in the order in which findings of one function are reported. The reference is generated from this table.
 */
export const SAFETY_RULES: readonly SafetyRule[] = [
  systemDisk,
  sharedFolder,
  machineHasIt,
  reservedRegion,
  groupUnknown,
  mounted,
  swap,
  lvm,
  md,
  crypt,
  deviceMapper,
  bcache,
  zfs,
  blockHolder,
  exported,
  blockOpen,
  session,
  netAddress,
  netDefaultRoute,
  netRoute,
  netStack,
  netUser,
  netStorage,
  netElsewhere,
  bootDisplay,
  console,
  drmInUse,
  lastInputUsb,
  tpm,
  watchdog,
  systemMemory,
  isaBridge,
  smbus,
  soundInUse,
  inputOpen,
  nodeOpen,
  kernelUse,
  mediatedDevice,
  vdpa,
  vfsInUse,
  tunnel,
  netListener,
  storageMember,
  automount,
  noReset,
  busReset,
  noAcs,
];
