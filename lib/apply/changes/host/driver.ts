import { isUnknown, type Known } from '../../../base/known.ts';
import { Problem } from '../../../base/problem.ts';
import type { HostWriter, Writing } from '../../../host/host-writer.ts';
import type { PciAddress } from '../../../pci/address.ts';
import { isPassthroughDriver } from '../../../pci/vfio-state.ts';
import { DEFAULT_DRIVER, type DriverState } from '../../../plan/change-states.ts';
import type { DriverChange } from '../../../plan/changes/host/driver.ts';
import { isOnBus, readDriverNow, readOverrideNow } from '../../../sysfs/device/driver-state.ts';
import { busEntryPath, driverPath, SYS_PATHS } from '../../../sysfs/paths.ts';
import type { ChangeMaker } from '../../change-maker.ts';
import type { ChangeableHost } from '../../changeable-host.ts';

/**
 * Changes the driver of one function by `driver_override`, `unbind` and `drivers_probe`
 * (Documentation/ABI/testing/sysfs-bus-pci), and never by `new_id`, which binds all devices with the same ids.
 */
export const driverMaker: ChangeMaker<DriverChange> = {
  async isReached({ reader }, { address }, goal) {
    if (!isOnBus(reader, address)) return false;
    return (
      isDriver(readDriverNow(reader, address), goal) && readOverrideNow(reader, address) === goal.override
    );
  },

  async reach(host, { address }, goal) {
    const { reader } = host;
    if (!isOnBus(reader, address)) return new Problem('DEVICE_GONE', 'it is no longer on the PCI bus');
    // Every write would wait for the blocked one.
    if (isHeldByKernel(host.writer, address)) return HELD;
    const driver = readDriverNow(reader, address);
    if (isUnknown(driver))
      return new Problem('DRIVER_UNREADABLE', `cannot read its driver: ${driver.unknown}`);
    // A function without a driver may be about to get one, so the kernel probes again.
    const isThere = isDriver(driver, goal) && !(driver === null && goal.driver === DEFAULT_DRIVER);
    const problem = isThere ? null : await changeDriver(host, address, driver, goal);
    return problem ?? (await setOverride(host, address, goal.override));
  },
};

const HELD = new Problem(
  'HELD_BY_KERNEL',
  'the kernel waits, probably for a process that uses the device, and continues when the process releases it',
);

/**
 * Whether the kernel has started to change the driver of a function, and waits for a process that holds the function.
 */
export function isHeldByKernel(writer: HostWriter, address: PciAddress): boolean {
  return (writer.blocked?.() ?? []).some(
    ({ path, text }) => text === address || path.includes(`/${address}/`),
  );
}

function isDriver(driver: Known<string>, goal: DriverState): boolean {
  if (isUnknown(driver)) return false;
  if (goal.driver === DEFAULT_DRIVER) return driver === null || !isPassthroughDriver(driver);
  return driver === goal.driver;
}

async function changeDriver(
  host: ChangeableHost,
  address: PciAddress,
  driver: string | null,
  goal: DriverState,
): Promise<Problem | null> {
  const { reader, writer } = host;
  // Then no other driver can bind it in between, and the probe asks only this one, whatever ids it lists.
  const asked = goal.driver === DEFAULT_DRIVER ? null : goal.driver;
  const problem =
    (asked === null && goal.driver === null ? null : await setOverride(host, address, asked)) ??
    (driver === null
      ? null
      : await written(
          writer,
          `${driverPath(driver)}/unbind`,
          address,
          new Problem('UNBIND_FAILED', `${driver} did not release it`),
        ));
  if (problem !== null || goal.driver === null) return problem;
  const refusal = await written(
    writer,
    `${SYS_PATHS.pciBus}/drivers_probe`,
    address,
    new Problem('PROBE_FAILED', 'the kernel did not probe for a driver'),
  );
  if (refusal !== null || isDriver(readDriverNow(reader, address), goal)) return refusal;
  return new Problem('DRIVER_DECLINED', `${goal.driver} did not bind to it`);
}

async function setOverride(
  { reader, writer }: ChangeableHost,
  address: PciAddress,
  override: string | null,
): Promise<Problem | null> {
  if (readOverrideNow(reader, address) === override) return null;
  // An empty write would change nothing; a line end clears it.
  const path = `${busEntryPath(address)}/driver_override`;
  return written(
    writer,
    path,
    `${override ?? ''}\n`,
    new Problem('OVERRIDE_FAILED', 'cannot write driver_override'),
  );
}

async function written(
  writer: HostWriter,
  path: string,
  text: string,
  otherwise: Problem,
): Promise<Problem | null> {
  const writing: Writing = await writer.write(path, text);
  if (writing === 'written') return null;
  return writing === 'blocked'
    ? HELD.of(otherwise.message)
    : new Problem(otherwise.code, `${otherwise.message}: ${writing.failed}`);
}
