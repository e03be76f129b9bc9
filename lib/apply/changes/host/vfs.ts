import { isUnknown } from '../../../base/known.ts';
import { Problem } from '../../../base/problem.ts';
import type { PciAddress } from '../../../pci/address.ts';
import { DEFAULT_DRIVER, type VfState, type VfsState } from '../../../plan/change-states.ts';
import type { DriverChange } from '../../../plan/changes/host/driver.ts';
import type { VfsChange } from '../../../plan/changes/host/vfs.ts';
import { isOnBus, readDriverNow, readVfsNow } from '../../../sysfs/device/driver-state.ts';
import { busEntryPath, SYS_PATHS } from '../../../sysfs/paths.ts';
import type { ChangeMaker } from '../../change-maker.ts';
import type { ChangeableHost } from '../../changeable-host.ts';
import { driverMaker } from './driver.ts';
import { areSet, setVfs } from './vf-settings.ts';

/**
 * Sets the number of VFs of a PF by `sriov_numvfs` (Documentation/ABI/testing/sysfs-bus-pci), through 0 as the kernel
 * requires, and configures them. A driver that binds a VF without a MAC generates a permanent one, so VFs with
 * settings must not be bound before they are configured.
 */
export const vfsMaker: ChangeMaker<VfsChange> = {
  async isReached(host, { address }, goal) {
    const { count, autoprobe, addressOf } = readVfsNow(host.reader, address);
    if (count !== goal.count || (goal.autoprobe !== null && autoprobe !== goal.autoprobe)) return false;
    for (const vf of goal.vfs) {
      const at = addressOf(vf.index);
      if (at === null) return false;
      if (isAnyDrivers(vf)) continue;
      if (!(await driverMaker.isReached(host, driverOf(at, vf), vf.driver))) return false;
    }
    return areSet(host, address, goal.vfs);
  },

  async reach(host, { address }, goal) {
    if (!isOnBus(host.reader, address)) return new Problem('DEVICE_GONE', 'it is no longer on the PCI bus');
    return (
      (await setCount(host, address, goal)) ??
      (await setVfs(host, address, goal.vfs)) ??
      (await setAutoprobe(host, address, goal.autoprobe)) ??
      (await setDrivers(host, address, goal))
    );
  },
};

async function setCount(host: ChangeableHost, address: PciAddress, goal: VfsState): Promise<Problem | null> {
  const { count } = readVfsNow(host.reader, address);
  if (isUnknown(count))
    return new Problem('VFS_UNREADABLE', `cannot read its number of VFs: ${count.unknown}`);
  if (count === null) return new Problem('NO_VFS', 'it does not support VFs');
  if (count === goal.count) return null;
  const waits = goal.vfs.length > 0 && goal.autoprobe !== null;
  return (
    (await setAutoprobe(host, address, waits ? false : goal.autoprobe)) ??
    (count === 0 ? null : await writeCount(host, address, 0)) ??
    (goal.count === 0 ? null : await writeCount(host, address, goal.count))
  );
}

function writeCount(host: ChangeableHost, address: PciAddress, count: number): Promise<Problem | null> {
  return written(
    host,
    address,
    'sriov_numvfs',
    String(count),
    new Problem('VF_COUNT_FAILED', `cannot set its number of VFs to ${count}`),
  );
}

async function setAutoprobe(
  host: ChangeableHost,
  address: PciAddress,
  goal: boolean | null,
): Promise<Problem | null> {
  if (goal === null || readVfsNow(host.reader, address).autoprobe === goal) return null;
  return written(
    host,
    address,
    'sriov_drivers_autoprobe',
    goal ? '1' : '0',
    new Problem('AUTOPROBE_FAILED', 'cannot set autoprobe'),
  );
}

async function setDrivers(
  host: ChangeableHost,
  address: PciAddress,
  goal: VfsState,
): Promise<Problem | null> {
  const { addressOf } = readVfsNow(host.reader, address);
  for (const vf of goal.vfs) {
    const at = addressOf(vf.index);
    if (at === null) return new Problem('VF_MISSING', `there is no VF ${vf.index}`);
    const problem = isAnyDrivers(vf)
      ? await probe(host, at, goal)
      : await driverMaker.reach(host, driverOf(at, vf), vf.driver);
    if (problem !== null) return problem.of(`VF ${vf.index}`);
  }
  return null;
}

/** Any driver may bind a new VF: if it is persisted, udev binds it when it appears. */
function isAnyDrivers({ driver: { driver } }: VfState): boolean {
  return driver === DEFAULT_DRIVER;
}

/** Lets the kernel probe for a driver, if it would have probed by itself. */
async function probe(
  { reader, writer }: ChangeableHost,
  address: PciAddress,
  { autoprobe }: VfsState,
): Promise<Problem | null> {
  if (autoprobe === false || readDriverNow(reader, address) !== null) return null;
  const writing = await writer.write(`${SYS_PATHS.pciBus}/drivers_probe`, address);
  return writing === 'written' ? null : new Problem('PROBE_FAILED', 'the kernel did not probe for a driver');
}

function driverOf(address: PciAddress, { driver }: VfState): DriverChange {
  return { kind: 'driver', address, from: driver, to: driver };
}

async function written(
  { writer }: ChangeableHost,
  address: PciAddress,
  attribute: string,
  text: string,
  otherwise: Problem,
): Promise<Problem | null> {
  const writing = await writer.write(`${busEntryPath(address)}/${attribute}`, text);
  if (writing === 'written') return null;
  const { code, message } = otherwise;
  return writing === 'blocked'
    ? HELD.of(message)
    : new Problem(code, `${message}: ${writing.failed}${REASONS[writing.failed] ?? ''}`);
}

const HELD = new Problem(
  'HELD_BY_KERNEL',
  'the kernel waits, probably for a driver or a process that uses a VF',
);

/** The meaning of an error of `sriov_numvfs`. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: ' (its driver does not support VFs)',
  ERANGE: ' (more than it supports)',
  ENOMEM: ' (the firmware reserved too few bus numbers or too little memory for them)',
  EBUSY: ' (another program created VFs in the meantime, or uses one)',
};
