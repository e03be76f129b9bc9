import { automount } from './rules/automount.ts';
import { bcache } from './rules/bcache.ts';
import { blockHolder } from './rules/block-holder.ts';
import { blockOpen } from './rules/block-open.ts';
import { bootDisplay } from './rules/boot-display.ts';
import { busReset } from './rules/bus-reset.ts';
import { console } from './rules/console.ts';
import { crypt } from './rules/crypt.ts';
import { deviceMapper } from './rules/device-mapper.ts';
import { drmInUse } from './rules/drm-in-use.ts';
import { exported } from './rules/exported.ts';
import { groupUnknown } from './rules/group-unknown.ts';
import { inputOpen } from './rules/input-open.ts';
import { isaBridge } from './rules/isa-bridge.ts';
import { kernelUse } from './rules/kernel-use.ts';
import { lastInputUsb } from './rules/last-input-usb.ts';
import { lvm } from './rules/lvm.ts';
import { machineHasIt } from './rules/machine-has-it.ts';
import { md } from './rules/md.ts';
import { mediatedDevice } from './rules/mediated-device.ts';
import { mounted } from './rules/mounted.ts';
import { netAddress } from './rules/net-address.ts';
import { netDefaultRoute } from './rules/net-default-route.ts';
import { netElsewhere } from './rules/net-elsewhere.ts';
import { netListener } from './rules/net-listener.ts';
import { netRoute } from './rules/net-route.ts';
import { netStack } from './rules/net-stack.ts';
import { netStorage } from './rules/net-storage.ts';
import { netUser } from './rules/net-user.ts';
import { noAcs } from './rules/no-acs.ts';
import { noReset } from './rules/no-reset.ts';
import { nodeOpen } from './rules/node-open.ts';
import { reservedRegion } from './rules/reserved-region.ts';
import { session } from './rules/session.ts';
import { sharedFolder } from './rules/shared-folder.ts';
import { smbus } from './rules/smbus.ts';
import { soundInUse } from './rules/sound-in-use.ts';
import { storageMember } from './rules/storage-member.ts';
import { swap } from './rules/swap.ts';
import { systemDisk } from './rules/system-disk.ts';
import { systemMemory } from './rules/system-memory.ts';
import { tpm } from './rules/tpm.ts';
import { tunnel } from './rules/tunnel.ts';
import { vdpa } from './rules/vdpa.ts';
import { vfsInUse } from './rules/vfs-in-use.ts';
import { watchdog } from './rules/watchdog.ts';
import { zfs } from './rules/zfs.ts';
import type { SafetyRule } from './safety-rule.ts';

/** Every rule, in the order in which findings of one function are told. The reference is generated from this table. */
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
