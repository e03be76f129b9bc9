import { quote } from '../../../base/shell-command.ts';
import type { PciAddress } from '../../../pci/address.ts';
import type { ChangeKind } from '../../change-kind.ts';
import { isAddress, isDriverState } from '../../change-parts.ts';
import { DEFAULT_DRIVER, type DriverState, isOfHost } from '../../change-states.ts';
import { moveLine } from '../shell-lines.ts';

/** A function changes its driver. */
export interface DriverChange {
  readonly kind: 'driver';
  readonly address: PciAddress;
  readonly from: DriverState;
  /** Its driver may be {@link DEFAULT_DRIVER}. */
  readonly to: DriverState;
}

export const driverKind = {
  hasForm: ({ address, from, to }) => isAddress(address) && isDriverState(from) && isDriverState(to),
  words({ address, from, to }) {
    const goal =
      to.driver === DEFAULT_DRIVER ? 'the driver that the kernel finds' : (to.driver ?? 'no driver');
    return `${address}: from ${from.driver ?? 'no driver'} to ${goal}`;
  },
  script: {
    parts: () => [],
    checks: ({ address, to }, except) => [
      isOfHost(to) ? `unheld ${address}` : `take ${address} ${quote(to.driver ?? '')}${except}`,
    ],
    lines: ({ address, to }) => [moveLine(address, to)],
  },
  madeBy: 'this-machine',
  functions: ({ address }) => [address],
  removesFunctions: false,
  safety({ address, ...change }, direction) {
    const functions = [address];
    if (isOfHost(change[direction])) return { asks: 'returning', functions };
    return { asks: direction === 'to' ? 'taking' : 'losing', functions };
  },
  loads: () => null,
  touches: ({ address }) => [address],
  endsWithBoot: () => true,
  unlessUndone: 'left-if-held',
} satisfies ChangeKind<DriverChange>;
